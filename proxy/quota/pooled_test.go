package quota

import (
	"errors"
	"slices"
	"testing"
	"time"
)

const hold = 40 * time.Second

// newMember is a harness of the replica called me, which has yet to reach the ledger
// that all share.
func newMember(t *testing.T, limit int) *harness {
	d := newHarness(t, limit, limits{})
	d.budget.pool = newPooled("me", "me", hold, d.now)
	return d
}

// clock is what the ledger's clock shows, which has nothing to do with ours.
func (d *harness) clock() int64 { return d.now.Sub(start).Milliseconds() + 1_000_000 }

// answer is that of a ledger that two replicas share, in which this one holds 5 in
// escrow.
func (d *harness) answer() Answer {
	return Answer{
		Word: Read, Now: d.clock(), Epoch: "epoch", Seq: d.budget.pool.seq + 1, Members: []string{"me", "other"},
		Escrow: 5, Parts: 2,
	}
}

// hear writes a letter and reads that answer. If it does not say so, the escrow
// grows from what the letter says.
func (d *harness) hear(a Answer) *post {
	x := d.write(nil, false, d.now)
	if a.Base == 0 {
		a.Base = x.Base
	}
	d.read(x, a, nil, nil, d.now)
	return x
}

// fail writes a letter that fails.
func (d *harness) fail(err error) *post {
	x := d.write(nil, false, d.now)
	d.read(x, Answer{}, err, nil, d.now)
	return x
}

// joined is a member that has reached the ledger.
func joined(t *testing.T, limit int) *harness {
	d := newMember(t, limit)
	d.hear(d.answer())
	return d
}

// allotted is a demand that the broker has allotted a slot, but not yet the ledger.
func (d *harness) allotted(client string) *fetchRequest {
	d.t.Helper()
	w := d.request(Waiting, 0, client)
	d.ask(w, d.now)
	if w.slot == nil {
		d.t.Fatalf("%s was not allotted a slot: %+v", client, w.refusal)
	}
	return w
}

// given is one that the ledger has given a slot.
func (d *harness) given(client string) *fetchRequest {
	d.t.Helper()
	w := d.allotted(client)
	x, a := d.write(w.slot, false, d.now), d.answer()
	a.Taken, a.Base = true, x.Base+1
	if !d.read(x, a, nil, w.slot, d.now) {
		d.t.Fatal("the slot was not taken")
	}
	return w
}

// spentAlone is one that is spent without the ledger.
func (d *harness) spentAlone(client string) *fetchRequest {
	d.t.Helper()
	w := d.allotted(client)
	if !d.budget.pool.spend(w.slot) {
		d.t.Fatal("the slot was not spent")
	}
	return w
}

// theirs is a slot of the other replica's that was taken so long ago.
func (d *harness) theirs(id string, ago time.Duration, client string) SharedSlot {
	return SharedSlot{ID: id, Reserved: d.clock() - ago.Milliseconds(), Charges: map[string]int64{client: wholeRequest}}
}

func (s SharedSlot) endedAt(at int64) SharedSlot {
	s.Ended = &at
	return s
}

var errLost = errors.New("no answer in time")

// Four slots are known when a replica loses the ledger. Two return ten minutes
// before the others, and are worth one.
func TestAllowanceGrowsByAPartOfWhatReturns(t *testing.T) {
	d := joined(t, 15)
	a := d.answer()
	a.Escrow = 2
	for i, id := range []string{"a", "b", "c", "d"} {
		ago := time.Duration(i/2) * 10 * time.Minute
		a.Slots = append(a.Slots, d.theirs(id, ago, "alice").endedAt(d.clock()-ago.Milliseconds()))
	}
	d.hear(a)
	d.fail(ErrUnsent)
	for _, tt := range []struct {
		at   time.Duration
		want int
	}{
		{0, 2},
		{50*time.Minute + margin + lag - 1, 2},
		{50*time.Minute + margin + lag, 3},
		{time.Hour + margin + lag - 1, 3},
		{time.Hour + margin + lag, 4},
		{100 * time.Hour, 4},
	} {
		d.now = at(tt.at)
		d.advance(d.now)
		if got := d.budget.allowance(); got != tt.want {
			t.Errorf("after %v %d may be spent alone, want %d", tt.at, got, tt.want)
		}
	}
	d.spentAlone("bob")
	if got := d.budget.free(); got != 3 {
		t.Errorf("%d free after one was spent, want 3", got)
	}
}

// Who has never been heard spends what is its part if there are two more.
func TestStrangersAllowance(t *testing.T) {
	for _, tt := range []struct{ limit, foreign, want int }{
		{15, 0, 5}, {15, 6, 3}, {15, 14, 0}, {15, 40, 0}, {2, 0, 0},
	} {
		d := newMember(t, tt.limit)
		d.budget.foreign = foreign{count: tt.foreign, at: d.now}
		if got := d.budget.free(); got != tt.want {
			t.Errorf("limit %d, %d foreign: %d free, want %d", tt.limit, tt.foreign, got, tt.want)
		}
	}
}

// A slot that was allotted before there was news might not be allotted any more.
func TestNewsOutdatesWhatWasAllotted(t *testing.T) {
	for _, tt := range []struct {
		name   string
		happen func(d *harness, w *fetchRequest)
		want   bool
	}{
		{"nothing", func(*harness, *fetchRequest) {}, false},
		{"an answer without news", func(d *harness, _ *fetchRequest) { d.hear(d.answer()) }, false},
		{"a slot of another", func(d *harness, _ *fetchRequest) {
			a := d.answer()
			a.Slots = []SharedSlot{d.theirs("b", 0, "bob")}
			d.hear(a)
		}, true},
		{"a report of another", func(d *harness, _ *fetchRequest) {
			a := d.answer()
			a.Report = &SharedReport{From: "other", Asked: a.Now, Answered: a.Now, Limit: 15, Period: 3_600_000, Used: 3}
			d.hear(a)
		}, true},
		{"more is held", func(d *harness, _ *fetchRequest) { a := d.answer(); a.Away, a.Held = 1, 4; d.hear(a) }, true},
		{"the ledger is lost", func(d *harness, _ *fetchRequest) { d.fail(ErrUnsent) }, true},
		{"it stays lost", func(d *harness, w *fetchRequest) {
			d.fail(ErrUnsent)
			w.slot.news = d.budget.pool.news
			d.fail(ErrUnsent)
		}, false},
		{"but the slot was given before", func(d *harness, w *fetchRequest) {
			delete(d.budget.pool.pending, w.slot)
			d.fail(ErrUnsent)
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := joined(t, 15)
			w := d.allotted("alice")
			tt.happen(d, w)
			if got := d.budget.pool.outdated(w.slot); got != tt.want {
				t.Errorf("outdated: got %t, want %t", got, tt.want)
			}
		})
	}
}

// A hit on a page that one would rather have anew has no patience. With other
// replicas it got nothing whenever they were just told of something else.
func TestEvenTheImpatientWaitForTheLedger(t *testing.T) {
	for _, tt := range []struct {
		blocked []time.Duration // since the demand was asked, until when, one after the other
		want    string
	}{
		{nil, "granted after 0s"},
		{[]time.Duration{settleLeast}, "granted after 20ms"},
		{[]time.Duration{settleMost, 2 * settleMost}, "granted after 500ms"},
		{[]time.Duration{2*settleMost + 1}, "refused after 0s"},
		{[]time.Duration{settleMost, 2*settleMost + 1}, "refused after 250ms"},
	} {
		d := joined(t, 15)
		if len(tt.blocked) > 0 {
			d.budget.pool.blocked = at(tt.blocked[0])
		}
		w := d.request(Waiting, 0, "alice")
		d.ask(w, d.now)
		for i, until := range tt.blocked {
			if !slices.Contains(d.queue, w) {
				break
			}
			d.now = at(until)
			if i+1 < len(tt.blocked) {
				d.budget.pool.blocked = at(tt.blocked[i+1])
			}
			d.pump(d.now)
		}
		got := "refused after "
		if w.slot != nil {
			got = "granted after "
		}
		if got += d.now.Sub(start).String(); got != tt.want || w.queued {
			t.Errorf("blocked until %v: %s, want %s", tt.blocked, got, tt.want)
		}
	}
}
