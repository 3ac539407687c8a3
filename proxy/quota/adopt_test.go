package quota

import (
	"fmt"
	"testing"
	"time"
)

// spent is what is spent, and by whom.
func (d *harness) spent() string {
	d.advance(d.now)
	return fmt.Sprint(d.budget.spent(), " ", d.top(9, d.now))
}

// What another replica says of its slots, letter by letter.
func TestSlotsOfOthers(t *testing.T) {
	type step struct {
		after time.Duration // the answer before
		slots func(d *harness) []SharedSlot
		whole bool
		want  string
	}
	taken := func(d *harness) []SharedSlot { return []SharedSlot{d.theirs("b.1", time.Second, "alice")} }
	ended := func(d *harness) []SharedSlot {
		return []SharedSlot{d.theirs("b.1", 11*time.Second, "bob").endedAt(d.clock() - 2000)}
	}
	none := func(*harness) []SharedSlot { return nil }
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"it counts while it is under way, and is paid for", []step{{0, taken, false, "1 [{alice 1}]"}}},
		{"told twice, it counts once", []step{{0, taken, false, "1 [{alice 1}]"}, {0, taken, true, "1 [{alice 1}]"}}},
		{"when it ends others pay, and it returns a period later", []step{
			{0, taken, false, "1 [{alice 1}]"},
			{10 * time.Second, ended, false, "1 [{bob 1}]"},
			{time.Hour + margin - 2*time.Second - 1, none, false, "1 [{bob 1}]"},
			{1, none, false, "0 []"},
		}},
		{"given back, it does not count", []step{{0, taken, false, "1 [{alice 1}]"}, {time.Second, none, true, "0 []"}}},
		{"what is not all there is says nothing of it", []step{{0, taken, false, "1 [{alice 1}]"}, {time.Second, none, false, "1 [{alice 1}]"}}},
		{"what has ended was not given back", []step{
			{0, taken, false, "1 [{alice 1}]"},
			{10 * time.Second, ended, false, "1 [{bob 1}]"},
			{time.Second, none, true, "1 [{bob 1}]"},
		}},
		{"its owner died: it ends when it must have", []step{
			{0, taken, false, "1 [{alice 1}]"},
			{hold + time.Hour + margin - time.Second - 1, none, false, "1 [{alice 1}]"},
			{1, none, false, "0 []"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := joined(t, 15)
			for i, s := range tt.steps {
				d.now = d.now.Add(s.after)
				a := d.answer()
				a.Slots, a.Whole = s.slots(d), s.whole
				d.hear(a)
				if got := d.spent(); got != s.want {
					t.Errorf("step %d: got %s, want %s", i, got, s.want)
				}
			}
		})
	}
}

// Of one client no more are fetched at once on all replicas together than on one.
// What a dead replica had under way kept a client out until its slot returned.
func TestSlotsOfOthersAreUnderWay(t *testing.T) {
	d := joined(t, 15)
	d.limits.fanout = 1
	a := d.answer()
	a.Slots = []SharedSlot{d.theirs("b.1", 0, "alice")}
	d.hear(a)
	if w := d.try(Waiting, "alice"); w.slot != nil || w.refusal.Reason != Busy {
		t.Errorf("got %+v, want it refused as %s", w.refusal, Busy)
	}
	d.now = d.now.Add(hold)
	if w := d.try(Waiting, "alice"); w.slot == nil {
		t.Errorf("got %+v when the other must have ended", w.refusal)
	}
}

// What this replica did itself the ledger tells back, to one that begins anew: it
// is no other's.
func TestOwnSlotsAreNotOthers(t *testing.T) {
	d := joined(t, 15)
	w := d.given("alice")
	a := d.answer()
	a.Whole, a.Slots = true, []SharedSlot{d.theirs(w.slot.id, 0, "alice").endedAt(d.clock())}
	d.hear(a)
	if got, want := d.spent(), "1 [{alice 1}]"; got != want || !w.slot.ended.IsZero() {
		t.Errorf("got %s, ended %v, want %s, and under way", got, w.slot.ended, want)
	}
	d.hear(Answer{Word: Read, Now: d.clock(), Whole: true, Members: []string{"me"}})
	if got, want := d.spent(), "1 [{alice 1}]"; got != want {
		t.Errorf("got %s from a ledger that has lost it, want %s", got, want)
	}
}

// A report comes with every answer until there is a later one. It must not count as
// news each time, nor seem to be younger than it is.
func TestReportOfAnotherIsLearnedOnce(t *testing.T) {
	d := joined(t, 15)
	report := &SharedReport{From: "other", Asked: d.clock() - 1000, Answered: d.clock(), Limit: 15, Period: 3_600_000, Used: 4}
	learned := d.now
	for range 3 {
		a := d.answer()
		a.Report = report
		d.hear(a)
		if got := d.budget.foreign; got.count != 4 || !got.at.Equal(learned) {
			t.Fatalf("got %d of others at %v, want 4 at %v", got.count, got.at, learned)
		}
		d.now = d.now.Add(time.Second)
	}
	news := d.budget.pool.news
	a := d.answer()
	a.Report = report
	a.Now -= 3 // the letter took longer, so that it seems to be younger
	d.hear(a)
	if got := d.budget.pool.news; got != news {
		t.Error("the same report was news again")
	}
}

// Who asked last asks again, a moment before all others would.
func TestReportOfAnotherPutsOffOurs(t *testing.T) {
	for from, want := range map[string]time.Duration{"": reportInterval, "other": reportInterval + replicaTurn} {
		d := joined(t, 15)
		asked := d.now
		if from == "" {
			d.learn(Report{Limit: 15, Period: time.Hour}, asked, asked, d.now)
		} else {
			a := d.answer()
			a.Report = &SharedReport{From: from, Asked: a.Now, Answered: a.Now, Limit: 15, Period: 3_600_000}
			d.hear(a)
		}
		d.now = d.now.Add(time.Second)
		d.given("alice")
		if got := d.due(d.now).Sub(asked); got != want {
			t.Errorf("from %q: the next is due after %v, want %v", from, got, want)
		}
	}
}

// A replica that has learned a report tells it once, with the age that it has.
func TestOwnReportIsTold(t *testing.T) {
	d := joined(t, 15)
	asked := d.now
	d.now = d.now.Add(2 * time.Second)
	d.learn(Report{Limit: 15, Period: time.Hour, Used: 3, Next: time.Minute}, asked, d.now, d.now)
	d.now = d.now.Add(time.Second)
	want := SharedReport{From: "me", Asked: 3000, Answered: 1000, Limit: 15, Period: 3_600_000, Used: 3, Next: 60_000}
	if x := d.fail(errLost); x.Report == nil || *x.Report != want {
		t.Errorf("got %+v, want %+v", x.Report, want)
	}
	a := d.answer()
	a.Report = &SharedReport{From: "me", Asked: a.Now - 3000, Answered: a.Now - 1000, Limit: 15, Period: 3_600_000, Used: 3}
	if x := d.hear(a); x.Report == nil {
		t.Error("it was not told again when the answer was lost")
	}
	if x := d.hear(d.answer()); x.Report != nil {
		t.Errorf("it was told again: %+v", x.Report)
	}
	if d.budget.reports.others {
		t.Error("its own report is thought to be another's")
	}
}

// A 429 of another replica closes this one, until a report that was asked for later.
func TestClosureOfAnother(t *testing.T) {
	d := joined(t, 15)
	closed := &SharedClosure{From: "other", At: d.clock(), Until: d.clock() + 600_000}
	hears := func() time.Duration {
		a := d.answer()
		a.Closed = closed
		d.hear(a)
		opens, _ := d.budget.opens(d.now)
		return opens.Sub(d.now)
	}
	if got, want := hears(), 10*time.Minute; got != want {
		t.Errorf("opens in %v, want %v", got, want)
	}
	d.now = d.now.Add(time.Minute)
	if got, want := hears(), 9*time.Minute; got != want {
		t.Errorf("told again: opens in %v, want %v", got, want)
	}
	d.learn(Report{Limit: 15, Period: time.Hour, Used: 1}, d.now, d.now, d.now)
	if opens, why := d.budget.opens(d.now); opens.After(d.now) {
		t.Errorf("%s although a report says that there is room", why)
	}
	if got := hears(); got != 0 {
		t.Errorf("the same one closes it again, for %v", got)
	}
	closed = &SharedClosure{From: "me", At: d.clock() + 1, Until: d.clock() + 600_000}
	if got := hears(); got != 0 {
		t.Errorf("its own is thought to be another's: closed for %v", got)
	}
}

// An answer that was lost may have given the slot, so the ledger has to forget it.
// It seemed to have returned then, and a part of it added to the escrow, of which
// the ledger knew nothing if it had not read the letter: when it came back only
// after a period, replicas could exceed the quota together.
func TestSlotWhoseAnswerWasLost(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{ErrUnsent, "whole, least 5, most 7, parts 2, base 0, known 0"},
		{errLost, "whole, least 5, most 7, parts 2, base 0, known 0, me.1 gone"},
	} {
		d := joined(t, 15)
		w := d.allotted("alice")
		if d.read(d.write(w.slot, false, d.now), Answer{}, tt.err, w.slot, d.now) {
			t.Errorf("%v: it was taken", tt.err)
		}
		if tt.err != ErrUnsent {
			d.unused(w, w.slot, d.now) // as the gate does
		}
		if got := says(d.write(nil, false, d.now)); got != tt.want {
			t.Errorf("%v: got  %s\nwant %s", tt.err, got, tt.want)
		}
	}
}

// A replica that joins learns upstream's report before it hears who spent what the
// report counts. It must not count that twice: a busy fleet would leave nothing to
// a replica that has just started, until the next report.
func TestWhatAReportCountedIsRecognised(t *testing.T) {
	for _, tt := range []struct {
		name  string
		ended time.Duration // before the report was asked for
		lost  bool
		want  int // spent, with two that are of others
	}{
		{"counted for certain", time.Second, false, 3},
		{"perhaps counted, since it ended after the report", -time.Second, false, 4},
		{"perhaps not counted, since no answer came", time.Second, true, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := joined(t, 15)
			d.now = d.now.Add(2 * time.Hour)
			asked := d.now
			d.learn(Report{Limit: 15, Period: time.Hour, Used: 3}, asked, asked.Add(time.Millisecond), asked.Add(time.Millisecond))
			d.now = asked.Add(5 * time.Second)
			ago := d.now.Sub(asked) + tt.ended
			slot := d.theirs("b.1", ago+time.Second, "alice").endedAt(d.clock() - ago.Milliseconds())
			slot.Lost = tt.lost
			a := d.answer()
			a.Slots = []SharedSlot{slot}
			d.hear(a)
			d.hear(a) // told again, it is known
			d.advance(d.now)
			if got := d.budget.spent(); got != tt.want {
				t.Errorf("got %d spent, want %d", got, tt.want)
			}
		})
	}
}
