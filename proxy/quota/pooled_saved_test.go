package quota

import (
	"slices"
	"testing"
	"time"
)

// restarted is a process of a replica that goes on from what d has saved, after so
// long.
func (d *harness) restarted(name string, down time.Duration) *harness {
	d.t.Helper()
	next := newHarness(d.t, 15, limits{})
	next.now = at(-1000 * time.Hour) // another process has another clock
	next.broker = newBroker(newBudget(15, time.Hour, next.now), d.limits)
	next.budget.pool = newPooled(name, "next", hold, next.now)
	if err := next.restore(d.save(d.now, d.now), next.now, d.now.Add(down)); err != nil {
		d.t.Fatal(err)
	}
	return next
}

// shared is a replica that was given a slot, knows one of another's, and has spent
// one alone since.
func shared(t *testing.T) *harness {
	d := joined(t, 15)
	a := d.answer()
	a.Slots = []SharedSlot{d.theirs("b.1", 0, "bob").endedAt(d.clock())}
	d.hear(a)
	d.now = d.now.Add(time.Second)
	w := d.given("alice")
	d.answered(w, w.slot, d.now, d.now)
	d.hear(d.answer())
	d.fail(ErrUnsent)
	d.now = d.now.Add(time.Second)
	d.spentAlone("carol")
	return d
}

func TestEscrowSurvivesARestart(t *testing.T) {
	before := shared(t)
	d := before.restarted("me", 10*time.Second)
	// It was alone, so what it spent alone is still to be told, and out of the same
	// escrow.
	if got, want := d.holds(), before.holds(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	d.now = d.now.Add(joining)
	if got := d.budget.allowance(); got != 4 {
		t.Errorf("%d may be spent alone, want 4", got)
	}
	if got, want := d.spent(), "3 [{alice 1} {bob 1} {carol 1}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	x := d.write(nil, false, d.now)
	if x.Epoch != "epoch" || x.Seq != before.budget.pool.seq || !slices.Equal(x.Members, []string{"me", "other"}) {
		t.Errorf("got ledger %q at %d, with %q", x.Epoch, x.Seq, x.Members)
	}
	if got, want := says(x), "whole, least 4, most 6, parts 2, base 3, known 3, b.1 ended, me.1 ended, me.2 lost"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// What the ledger knows of returns while the process is down, and adds to what may
// be spent alone.
func TestEscrowGrowsWhileDown(t *testing.T) {
	d := shared(t).restarted("me", time.Hour+margin+lag)
	d.advance(d.now)
	if got := d.budget.allowance(); got != 5 { // 5 and one of two parts, and one was spent
		t.Errorf("%d may be spent alone, want 5", got)
	}
}

// A folder that was copied for another replica must not double the escrow.
func TestEscrowOfAnotherReplicaIsNotBelieved(t *testing.T) {
	for _, name := range []string{"me", "copy"} {
		d := shared(t).restarted(name, 0)
		if got, want := d.budget.pool.virgin, name != "me"; got != want {
			t.Errorf("%s: virgin %t, want %t", name, got, want)
		}
		if got := d.spent(); got != "3 [{alice 1} {bob 1} {carol 1}]" {
			t.Errorf("%s: got %s, want what was spent by whomever", name, got)
		}
	}
	d := shared(t).restarted("copy", 0)
	if got, want := d.holds(), (holding{untold: 2, virgin: true}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// A slot that was under way counts, and is told to have ended.
func TestSlotUnderWayIsToldAfterARestart(t *testing.T) {
	d := joined(t, 15)
	d.given("alice")
	next := d.restarted("me", time.Second)
	if got, want := says(next.write(nil, false, next.now)), "whole, least 5, most 7, parts 2, base 1, known 1, me.1 lost"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
