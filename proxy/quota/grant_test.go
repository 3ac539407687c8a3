package quota

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestGrantEndsOnce has each end followed by all the others.
func TestGrantEndsOnce(t *testing.T) {
	ends := map[string]func(*Grant){
		"done":      func(g *Grant) { g.Done(time.Now()) },
		"throttled": func(g *Grant) { g.Throttled(time.Now(), time.Minute) },
		"unused":    func(g *Grant) { g.Unused() },
		"closed":    func(g *Grant) { g.Close() },
	}
	for name, first := range ends {
		synctest.Test(t, func(t *testing.T) {
			g := newGate(t, Options{Limit: 5, Period: time.Hour})
			d := g.NewFetchRequest()
			d.Join(Waiter{Client: "a"})
			grant, err := g.Acquire(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			first(grant)
			want := g.Stats()
			closed := g.View("a", time.Now()).Next
			for _, end := range ends {
				end(grant)
			}
			if got := g.Stats(); got != want || g.View("a", time.Now()).Next != closed {
				t.Errorf("%s: %+v after another end, want %+v", name, got, want)
			}
		})
	}
}

// A grant that came back unused, and whose request asks again, must not end the
// second grant: symptom was a slot that returned while its request was under way.
func TestUnusedThenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Options{Limit: 1, Period: time.Hour})
		d := g.NewFetchRequest()
		d.Join(Waiter{Client: "a"})
		first, err := g.Acquire(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		first.Unused()
		second, err := g.Acquire(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		second.Sent()
		second.Unused() // too late
		first.Close()
		if got := g.View("a", time.Now()); got.Used != 1 || got.Next != time.Hour+margin {
			t.Errorf("%+v, want one slot used until an hour after now", got)
		}
		time.Sleep(time.Hour + margin)
		if got := g.View("a", time.Now()); got.Used != 0 || got.Remaining != 1 {
			t.Errorf("%+v after an hour, want one slot to be had", got)
		}
	})
}

// TestSaveBeforeGrant holds that a crash forgets no grant: the snapshot that was
// saved last before a grant is handed out counts it.
func TestSaveBeforeGrant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last []byte
		g := newGate(t, Options{Limit: 2, Period: time.Hour, Save: func(b []byte) error { last = b; return nil }})
		d := g.NewFetchRequest()
		d.Join(Waiter{Client: "a"})
		if _, err := g.Acquire(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		next := newGate(t, Options{Limit: 2, Period: time.Hour})
		if err := next.Restore(last); err != nil {
			t.Fatal(err)
		}
		if got := next.View("a", time.Now()); got.Used != 1 || got.Remaining != 1 {
			t.Errorf("%+v after the restart, want one slot spent", got)
		}
		time.Sleep(time.Hour)
		if got := next.View("a", time.Now()).Used; got != 1 {
			t.Errorf("%d spent, want 1: what was under way counts from the restart", got)
		}
		time.Sleep(margin)
		if got := next.View("a", time.Now()).Used; got != 0 {
			t.Errorf("%d spent, want 0", got)
		}
	})
}
