package quota

import (
	"testing"
	"time"
)

// TestRestart kills the program again and again, with requests on their way. The
// calendar of the next life may be slow by any amount. It may be fast only if
// there are reports, because nothing else can show it: and then the first one
// must come before the first grant, as AwaitReport has it.
func TestRestart(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit int
		skew  time.Duration
	}{
		{name: "fixed limit", limit: 15},
		{name: "fixed limit, calendar went back", limit: 15, skew: -3 * time.Hour},
		{name: "auto", limit: 0},
		{name: "auto, calendar went back", limit: 0, skew: -3 * time.Hour},
		{name: "auto, calendar went forward", limit: 0, skew: 5 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, 11, tt.limit, 1)
			w.reports = tt.limit == 0
			populate(w, 20, 30*time.Minute, 10)
			for range 60 {
				w.run(21*time.Minute + w.upTo(time.Hour)) // it is up again
				w.restart(tt.limit, w.upTo(20*time.Minute), tt.skew)
			}
			if w.model.refused != 0 {
				t.Errorf("upstream refused %d requests of %d", w.model.refused, w.model.own)
			}
			if w.model.own < 200 {
				t.Errorf("only %d requests in all", w.model.own)
			}
		})
	}
}

// TestAnotherProgram has a program that we do not know spend from the same quota,
// in bursts and at any time. What it does between a report and our next request
// cannot be known: it may be one request, for which the reserve is kept as long
// as all our clients have spent something. (They are few here, so they have.)
func TestAnotherProgram(t *testing.T) {
	for _, every := range []time.Duration{10 * time.Minute, 20 * time.Minute, time.Hour} {
		t.Run(every.String(), func(t *testing.T) {
			w := newWorld(t, 5, 0, 1)
			w.reports = true
			populate(w, 3, 5*time.Minute, 1)
			taken := 0
			var other func()
			other = func() {
				w.after(time.Duration(w.rng.ExpFloat64()*float64(every)), func() {
					if w.model.allow(w.now) {
						taken++
					}
					other()
				})
			}
			other()
			w.run(3 * 24 * time.Hour)
			t.Logf("we spent %d, the other program %d", w.model.own, taken)
			if w.model.refused != 0 {
				t.Errorf("upstream refused %d requests", w.model.refused)
			}
			if all := float64(w.model.own + taken); all < 0.9*14*72 {
				t.Errorf("%v requests in all, want 90 %% of all but the reserve", all)
			}
		})
	}
}

// TestLimitChanges has upstream lower and raise its limit. That is seen in a
// report; a request that is on its way to a throttle with a lower limit than the
// last report told cannot be saved, so the change happens while none is.
func TestLimitChanges(t *testing.T) {
	w := newWorld(t, 9, 0, 1)
	w.reports = true
	populate(w, 20, 30*time.Minute, 10)
	limits := []int{15, 10, 6, 30, 3, 15}
	spent := make([]int, len(limits))
	for i, limit := range limits {
		w.onReport = func() {
			if len(w.broker.budget.open) == 0 {
				w.model.limit = limit
				w.onReport = nil
			}
		}
		w.run(2 * time.Hour)
		before := w.model.own
		w.run(10 * time.Hour)
		spent[i] = w.model.own - before
		if got, most := spent[i], 11*limit; got > most || got < 9*limit {
			t.Errorf("limit %d: %d requests in 10 hours", limit, got)
		}
	}
	if w.model.refused != 0 {
		t.Errorf("upstream refused %d requests; spent %v", w.model.refused, spent)
	}
}

// TestUnknownStart has other programs spend everything just before we start.
func TestUnknownStart(t *testing.T) {
	w := newWorld(t, 2, 0, 1)
	w.reports = true
	for range 15 {
		w.model.allow(w.now)
	}
	populate(w, 20, 30*time.Minute, 1)
	w.run(3 * time.Hour)
	if w.model.refused != 0 {
		t.Errorf("upstream refused %d requests", w.model.refused)
	}
	if w.model.own < 15 {
		t.Errorf("only %d requests in three hours", w.model.own)
	}
}

// TestBackgroundStarvesNobody has refreshes and guesses ask all the time, with
// more patience than anyone: clients get what they want nevertheless.
func TestBackgroundStarvesNobody(t *testing.T) {
	w := newWorld(t, 6, 15, 1)
	background := map[Priority]int{}
	for _, p := range []Priority{Refresh, Speculative} {
		var again func()
		again = func() {
			w.after(w.upTo(time.Minute), again)
			w.ask("", p, 10*time.Minute, func(bool) { background[p]++ }, func(time.Duration) {})
		}
		again()
	}
	users := populate(w, 5, time.Hour, 1)
	w.run(24 * time.Hour)
	if w.model.refused != 0 {
		t.Errorf("upstream refused %d requests", w.model.refused)
	}
	for _, u := range users {
		if len(u.served) < 15 || u.wants > 2 {
			t.Errorf("%s got %d pages, and still wants %d", u.name, len(u.served), u.wants)
		}
	}
	if background[Refresh] < 100 || background[Refresh] > 24*8 {
		t.Errorf("%d refreshes, want the most of what clients leave, and never more than half", background[Refresh])
	}
}
