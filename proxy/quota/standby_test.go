package quota

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// after is a snapshot of a process that has spent so many of 15.
func after(t *testing.T, spent int) []byte {
	t.Helper()
	g := newGate(t, Options{Limit: 15, Period: time.Hour})
	for range spent {
		if err := fetch(t, g, "before", Waiting, 0); err != nil {
			t.Fatal(err)
		}
	}
	return snapshotOf(g)
}

// Of two processes with one record only one spends: the other waits until that one
// has ended, keeps nothing meanwhile, and goes on from what it left.
func TestIdleGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left, saves := after(t, 5), 0
		g := newGate(t, Options{Limit: 15, Period: time.Hour, Standby: true, Save: func([]byte) error { saves++; return nil }})
		var refused *RefusedError
		if err := fetch(t, g, "a", Waiting, 0); !errors.As(err, &refused) || refused.Reason != Learning || refused.RetryAfter != standbyStep {
			t.Errorf("got %v from an idle gate, want it to be learning", err)
		}
		if v := g.View("a", time.Now()); v.Remaining != 0 || v.Next != standbyStep {
			t.Errorf("got %+v, want that nothing remains", v)
		}
		begin := time.Now()
		g.Learn(Report{Limit: 15, Period: time.Hour, Used: 5}, begin, begin)
		if err := fetch(t, g, "a", Waiting, time.Second); !errors.As(err, &refused) {
			t.Errorf("got %v after a report, want it refused", err)
		}
		waits := make(chan error)
		go func() { waits <- fetch(t, g, "a", Waiting, 20*time.Second) }()
		time.Sleep(10 * time.Second)
		if saves != 0 {
			t.Errorf("an idle gate has kept %d snapshots", saves)
		}
		if err := g.Restore(left); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * standbyStep)
		select {
		case err := <-waits:
			t.Fatalf("got %v before it began", err)
		default:
		}
		begin = time.Now()
		g.Activate()
		if err := <-waits; err != nil || !time.Now().Equal(begin) {
			t.Errorf("got %v %v after it has begun, want a slot at once", err, time.Since(begin))
		}
		if s := g.Stats(); s.Own != 6 || s.Foreign != 0 || saves == 0 {
			t.Errorf("got %+v and %d snapshots, want 6 spent, each counted once, and kept", s, saves)
		}
		granted := 0
		for i := range 15 {
			if fetch(t, g, fmt.Sprint("client ", i), Waiting, 0) == nil {
				granted++
			}
		}
		if granted != 9 {
			t.Errorf("%d more were granted, want 9", granted)
		}
	})
}

// If the other process left no record, what reports said counts.
func TestIdleGateWithoutARecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Options{Limit: 15, Period: time.Hour, Standby: true})
		now := time.Now()
		g.Learn(Report{Limit: 15, Period: time.Hour, Used: 13}, now, now)
		g.Activate()
		granted := 0
		for range 15 {
			if fetch(t, g, "a", Waiting, 0) == nil {
				granted++
			}
		}
		if granted != 2 {
			t.Errorf("%d were granted, want 2", granted)
		}
	})
}

// With a limit that is learned the gate waits for a report once more.
func TestIdleGateLearnsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := after(t, 5)
		g := newGate(t, Options{Standby: true})
		now := time.Now()
		g.Learn(Report{Limit: 100, Period: time.Hour, Used: 5}, now, now)
		time.Sleep(time.Minute)
		if err := g.Restore(left); err != nil {
			t.Fatal(err)
		}
		g.Activate()
		if err := fetch(t, g, "a", Waiting, time.Second); err == nil {
			t.Error("granted without a report")
		}
		now = time.Now()
		g.Learn(Report{Limit: 100, Period: time.Hour, Used: 6}, now, now)
		if s := g.Stats(); s.Limit != 100 || s.Own != 5 || s.Foreign != 1 {
			t.Errorf("got %+v, want 5 of its own and 1 of others", s)
		}
	})
}
