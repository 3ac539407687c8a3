package quota

import (
	"fmt"
	"testing"
	"time"
)

// says is what a letter says, in short.
func says(x *post) string {
	s := fmt.Sprintf("least %d, most %d, parts %d, base %d, known %d", x.Least, x.Most, x.Parts, x.Base, x.Known)
	if x.Whole {
		s = "whole, " + s
	}
	for _, slot := range x.Slots {
		state := "under way"
		switch {
		case slot.Lost:
			state = "lost"
		case slot.Ended != nil:
			state = "ended"
		}
		s += ", " + slot.ID + " " + state
	}
	for _, id := range x.Gone {
		s += ", " + id + " gone"
	}
	if x.Take != nil {
		s += ", take " + x.Take.ID
	}
	if x.Leave {
		s += ", leave"
	}
	return s
}

func TestLetterBeforeItWasEverHeard(t *testing.T) {
	d := newMember(t, 15)
	x := d.write(nil, false, d.now)
	if got, want := says(x), "whole, least 0, most 15, parts 0, base 0, known 0"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if x.Room != 15 || x.Span != 3_601_000 || x.Hold != 40_000 {
		t.Errorf("got room %d, span %d, hold %d", x.Room, x.Span, x.Hold)
	}
}

// Each letter comes after another, which gave the replica 5 in escrow.
func TestLetter(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(d *harness)
		want string
	}{
		{"nothing has happened", func(*harness) {}, "least 5, most 7, parts 2, base 0, known 0"},
		{"one was given: it is known", func(d *harness) { d.given("a") },
			"least 5, most 7, parts 2, base 1, known 1"},
		{"one has ended", func(d *harness) { w := d.given("a"); d.answered(w, w.slot, d.now, d.now) },
			"least 5, most 7, parts 2, base 1, known 1, me.1 ended"},
		{"one has ended and was told", func(d *harness) {
			w := d.given("a")
			d.answered(w, w.slot, d.now, d.now)
			d.hear(d.answer())
		}, "least 5, most 7, parts 2, base 1, known 1"},
		{"one was lost", func(d *harness) { w := d.given("a"); d.lose(w, w.slot, d.now) },
			"least 5, most 7, parts 2, base 1, known 1, me.1 lost"},
		{"one was given back", func(d *harness) { w := d.given("a"); d.unused(w, w.slot, d.now) },
			"least 5, most 7, parts 2, base 0, known 0, me.1 gone"},
		{"two are allotted, not given", func(d *harness) { d.allotted("a"); d.allotted("b") },
			"least 5, most 6, parts 2, base 0, known 0"},
		{"the ledger was lost", func(d *harness) { d.fail(ErrUnsent) },
			"whole, least 5, most 7, parts 2, base 0, known 0"},
		{"it was, and two are allotted", func(d *harness) { d.fail(ErrUnsent); d.allotted("a"); d.allotted("b") },
			"whole, least 5, most 6, parts 2, base 0, known 0"},
		{"one was spent alone", func(d *harness) { d.fail(ErrUnsent); d.spentAlone("a") },
			"whole, least 4, most 7, parts 2, base 1, known 1, me.1 under way"},
		{"one was, and the letter that told it was not read", func(d *harness) {
			d.fail(ErrUnsent)
			d.spentAlone("a")
			d.fail(ErrUnsent)
		}, "whole, least 4, most 7, parts 2, base 1, known 1, me.1 under way"},
		{"one was, and the answer to that letter was lost", func(d *harness) {
			d.fail(ErrUnsent)
			d.spentAlone("a")
			d.fail(errLost)
		}, "whole, least 4, most 7, parts 2, base 1, known 1, me.1 under way"},
		{"one was, and that letter was answered", func(d *harness) {
			d.fail(ErrUnsent)
			d.spentAlone("a")
			a := d.answer()
			a.Escrow, a.Base = 4, 1
			d.hear(a)
		}, "least 4, most 7, parts 2, base 1, known 1"},
		{"another ledger", func(d *harness) { d.given("a"); a := d.answer(); a.Word = Stranger; d.hear(a) },
			"whole, least 5, most 7, parts 2, base 1, known 1, me.1 under way"},
		{"two more replicas: one part in four from now on", func(d *harness) {
			a := d.answer()
			a.Members = []string{"me", "b", "c", "d"}
			d.hear(a)
		}, "least 3, most 3, parts 4, base 0, known 0"},
		{"what is held for one that is away", func(d *harness) { a := d.answer(); a.Away, a.Held = 1, 4; d.hear(a) },
			"least 5, most 11, parts 2, base 0, known 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := joined(t, 15)
			tt.do(d)
			if got := says(d.write(nil, false, d.now)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// The slot that is asked for is neither told nor paid out of the escrow.
func TestLetterTakes(t *testing.T) {
	d := joined(t, 15)
	w := d.allotted("a")
	if got, want := says(d.write(w.slot, false, d.now)), "least 5, most 7, parts 2, base 0, known 0, take me.1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhoLeavesHoldsNothing(t *testing.T) {
	d := joined(t, 15)
	d.given("a")
	if got, want := says(d.write(nil, true, d.now)), "least 0, most 0, parts 0, base 1, known 1, leave"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if p := d.budget.pool; p.escrow != 0 || p.parts != 0 || !p.virgin {
		t.Errorf("got %d in escrow, one part in %d, virgin %t, want nothing", p.escrow, p.parts, p.virgin)
	}
}

// holding is what a replica goes by when it is alone.
type holding struct {
	escrow, parts, known, untold, told int
	virgin                             bool
}

func (d *harness) holds() holding {
	p := d.budget.pool
	return holding{p.escrow, p.parts, p.known, len(p.untold), len(p.told), p.virgin}
}

// A letter that nobody has read has changed nothing. After any other failure the
// ledger may believe what the letter said, and only less may be spent.
func TestOnlyWhatWasNotReadIsTakenBack(t *testing.T) {
	for _, tt := range []struct {
		name         string
		from         func(t *testing.T) *harness
		unsent, lost holding
	}{
		{"never heard", func(t *testing.T) *harness { return newMember(t, 15) },
			holding{virgin: true}, holding{}},
		{"never heard, with one spent", func(t *testing.T) *harness {
			d := newMember(t, 15)
			d.now = d.now.Add(joining)
			d.spentAlone("a")
			return d
		}, holding{untold: 1, virgin: true}, holding{told: 1, known: 1}},
		{"in step", func(t *testing.T) *harness { return joined(t, 15) },
			holding{escrow: 5, parts: 2}, holding{escrow: 5, parts: 2}},
		{"alone, with two spent", func(t *testing.T) *harness {
			d := joined(t, 15)
			d.given("z")
			d.fail(ErrUnsent)
			d.spentAlone("a")
			d.spentAlone("b")
			return d
		}, holding{escrow: 5, parts: 2, known: 1, told: 1, untold: 2}, holding{escrow: 3, parts: 2, known: 3, told: 3}},
		{"more than is left for it", func(t *testing.T) *harness {
			d := joined(t, 15)
			d.learn(Report{Limit: 15, Period: time.Hour, Used: 9}, d.now, d.now, d.now)
			return d
		}, holding{escrow: 5, parts: 2}, holding{escrow: 3, parts: 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, failure := range []struct {
				err  error
				want holding
			}{{ErrUnsent, tt.unsent}, {errLost, tt.lost}} {
				d := tt.from(t)
				d.fail(failure.err)
				if got := d.holds(); got != failure.want {
					t.Errorf("%v: got %+v, want %+v", failure.err, got, failure.want)
				}
			}
		})
	}
}
