package quota

import (
	"testing"
	"time"
)

// take has the ledger hold a request that was under way from sent to ended.
func take(l *budget, sent, ended time.Time, lost bool) *slot {
	s := l.reserve(sent, Waiting)
	l.dispatch(s, sent)
	l.advance(ended)
	l.commit(s, ended, lost)
	return s
}

func at(d time.Duration) time.Time { return start.Add(d) }

func TestSlotReturns(t *testing.T) {
	l := newBudget(1, time.Hour, start)
	s := l.reserve(start, Waiting)
	for _, tt := range []struct {
		at   time.Duration
		do   func(now time.Time)
		free int
	}{
		{at: 0, free: 0},
		{at: 2 * time.Hour, free: 0}, // under way: whoever knows when it is stamped
		{at: 2 * time.Hour, do: func(now time.Time) { l.commit(s, now, false) }, free: 0},
		{at: 3 * time.Hour, free: 0},
		{at: 3*time.Hour + margin - 1, free: 0},
		{at: time.Hour, free: 0}, // the clock ran backwards
		{at: 3*time.Hour + margin, free: 1},
		{at: time.Hour, free: 1},
	} {
		now, _ := l.advance(at(tt.at))
		if tt.do != nil {
			tt.do(now)
		}
		if got := l.free(); got != tt.free {
			t.Errorf("at %v %d free, want %d", tt.at, got, tt.free)
		}
	}
}

func TestRefund(t *testing.T) {
	l := newBudget(2, time.Hour, start)
	s := l.reserve(start, Waiting)
	if !l.refund(s) || l.free() != 2 {
		t.Errorf("not refunded: %d free", l.free())
	}
	s = l.reserve(start, Waiting)
	l.dispatch(s, start)
	if l.refund(s) || l.free() != 1 {
		t.Errorf("refunded although a byte left: %d free", l.free())
	}
}

// TestLearn has one report come in that was asked for after 10 minutes and took a
// second.
func TestLearn(t *testing.T) {
	minute := time.Minute
	for _, tt := range []struct {
		name    string
		limit   int // 0: auto
		own     func(l *budget)
		report  Report
		useless bool
		want    int // free afterwards
	}{
		{name: "nothing spent", report: Report{Limit: 15, Period: time.Hour}, want: 15},
		{name: "others have spent", report: Report{Limit: 15, Period: time.Hour, Used: 4}, want: 11},
		{name: "ours are not others'", want: 10,
			own:    func(l *budget) { take(l, at(minute), at(minute), false); take(l, at(minute), at(minute), false) },
			report: Report{Limit: 15, Period: time.Hour, Used: 5}},
		{name: "ours that upstream did not count stay counted", want: 14,
			own:    func(l *budget) { take(l, at(minute), at(minute), false) },
			report: Report{Limit: 15, Period: time.Hour, Used: 0}},
		{name: "one under way may or may not be in it", want: 13,
			own:    func(l *budget) { l.reserve(at(minute), Waiting) },
			report: Report{Limit: 15, Period: time.Hour, Used: 1}},
		{name: "so may one that ended while the report was made", want: 13,
			own:    func(l *budget) { take(l, at(minute), at(10*minute+500*time.Millisecond), false) },
			report: Report{Limit: 15, Period: time.Hour, Used: 1}},
		{name: "a lost one is upstream's to count", want: 14,
			own:    func(l *budget) { take(l, at(minute), at(2*minute), true) },
			report: Report{Limit: 15, Period: time.Hour, Used: 1}},
		{name: "and is free if upstream has not", want: 15,
			own:    func(l *budget) { take(l, at(minute), at(2*minute), true) },
			report: Report{Limit: 15, Period: time.Hour}},
		{name: "but not if it was lost just now", want: 13,
			own:    func(l *budget) { take(l, at(minute), at(10*minute), true) },
			report: Report{Limit: 15, Period: time.Hour, Used: 1}},
		{name: "a higher limit", report: Report{Limit: 100, Period: time.Minute, Used: 4}, want: 96},
		{name: "more than the limit is spent", report: Report{Limit: 3, Period: time.Hour, Used: 9}, want: 0},
		{name: "a limit beyond reason", report: Report{Limit: maxRequests, Period: time.Hour}, want: MaxLimit},
		{name: "no limit says nothing", report: Report{Period: time.Hour}, useless: true, want: 15},
		{name: "fixed: not raised", limit: 10, report: Report{Limit: 15, Period: time.Hour, Used: 2}, want: 8},
		{name: "fixed: lowered", limit: 10, report: Report{Limit: 5, Period: time.Hour, Used: 2}, want: 3},
		{name: "fixed: another period", limit: 10, report: Report{Limit: 5, Period: time.Minute, Used: 2}, useless: true, want: 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newBudget(tt.limit, time.Hour, start)
			if tt.own != nil {
				tt.own(l)
			}
			l.advance(at(10*minute + time.Second))
			if got := l.learn(tt.report, at(10*minute), at(10*minute+time.Second)); got == tt.useless {
				t.Errorf("of use: %v", got)
			}
			if got := l.free(); got != tt.want {
				t.Errorf("%d free, want %d", got, tt.want)
			}
			if !tt.useless && l.learn(Report{Limit: 1, Period: time.Hour}, at(minute), at(minute)) {
				t.Error("an older report was believed")
			}
		})
	}
}

// What others have spent counts from the report on, and a later report replaces it.
func TestForeignAges(t *testing.T) {
	l := newBudget(0, 0, start)
	l.learn(Report{Limit: 15, Period: time.Hour, Used: 15, Next: 20 * time.Minute}, start, start)
	for _, tt := range []struct {
		at   time.Duration
		want int
	}{{0, 0}, {time.Hour, 0}, {time.Hour + margin, 15}} {
		l.advance(at(tt.at))
		if got := l.free(); got != tt.want {
			t.Errorf("after %v %d free, want %d", tt.at, got, tt.want)
		}
	}
	l.learn(Report{Limit: 15, Period: time.Hour, Used: 3}, at(2*time.Hour), at(2*time.Hour))
	l.learn(Report{Limit: 15, Period: time.Hour, Used: 2}, at(2*time.Hour), at(2*time.Hour))
	if got := l.free(); got != 13 {
		t.Errorf("%d free, want 13", got)
	}
}

// What others have spent returns after a period at the latest, but the report says
// when the first slot frees, if all are spent.
func TestNextOfForeign(t *testing.T) {
	for _, tt := range []struct {
		used      int
		next      time.Duration
		own       int
		remaining int
		want      time.Duration
	}{
		{used: 15, next: 20 * time.Minute, want: 20*time.Minute + margin},
		{used: 20, next: 20 * time.Minute, want: time.Hour + margin},
		{used: 14, own: 1, want: time.Hour + margin},
		{used: 13, remaining: 2},
	} {
		d := newDesk(t, 0, limits{fanout: 2})
		d.learn(Report{Limit: 15, Period: time.Hour, Used: tt.used, Next: tt.next}, d.now, d.now, d.now)
		d.spend("a", tt.own)
		if got := d.view("a", d.now); got.Remaining != tt.remaining || got.Next != tt.want {
			t.Errorf("%+v: %d remain, the next in %v", tt, got.Remaining, got.Next)
		}
	}
}

func TestColdStart(t *testing.T) {
	type step struct {
		at     time.Duration
		report bool // comes with use 2 of 30
		failed bool
		want   int // slots to be had one after the other
	}
	for _, tt := range []struct {
		name  string
		limit int
		steps []step
	}{
		{name: "fixed: all at once", limit: 15, steps: []step{{want: 15}}},
		{name: "auto waits for the first report", steps: []step{
			{want: 0}, {at: firstReport - 1, want: 0}, {at: firstReport - 1, report: true, want: 28},
		}},
		{name: "auto without one spaces its requests", steps: []step{
			{failed: true, want: 1}, {at: 4*time.Minute - 1}, {at: 4 * time.Minute, want: 1},
			{at: 30 * time.Minute, want: 1}, {at: 31 * time.Minute, report: true, want: 25},
		}},
		{name: "auto waits no longer than it must", steps: []step{{at: firstReport, want: 1}}},
		{name: "auto knows a window in the end", steps: []step{
			{failed: true, want: 1}, {at: time.Hour, want: 1}, {at: time.Hour + margin, want: 14},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newBudget(tt.limit, time.Hour, start)
			for _, s := range tt.steps {
				now, _ := l.advance(at(s.at))
				if s.failed {
					l.reports.failed()
				}
				if s.report {
					l.learn(Report{Limit: 30, Period: time.Hour, Used: 2 + l.spent()}, now, now)
				}
				got := 0
				for {
					if opens, _ := l.opens(now); opens.After(now) || l.free() == 0 {
						break
					}
					l.commit(l.reserve(now, Waiting), now, false)
					got++
				}
				if got != s.want {
					t.Errorf("after %v %d slots, want %d", s.at, got, s.want)
				}
			}
		})
	}
}

func TestClosure(t *testing.T) {
	for _, tt := range []struct {
		name    string
		refused []time.Duration // when
		after   time.Duration
		report  time.Duration // when one is asked for; 0: none is
		want    time.Duration // when it opens
	}{
		{name: "Retry-After is believed, and then requests are spaced", refused: []time.Duration{0}, after: 10 * time.Minute, want: 10 * time.Minute},
		{name: "up to a period", refused: []time.Duration{0}, after: 48 * time.Hour, want: time.Hour + margin},
		{name: "at least until the next is due", refused: []time.Duration{0}, after: time.Second, want: 4 * time.Minute},
		{name: "a report opens it", refused: []time.Duration{0}, after: time.Hour, report: time.Second, want: time.Second},
		{name: "refused again: later", refused: []time.Duration{0, 10}, after: time.Hour, report: time.Second, want: 10 + time.Minute},
		{name: "and again: twice as late", refused: []time.Duration{0, 5, 10}, after: time.Hour, report: time.Second, want: 10 + 2*time.Minute},
		{name: "never later than upstream said", refused: []time.Duration{0, 5, 10}, after: 90 * time.Second, report: time.Second, want: 90*time.Second + 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newBudget(15, time.Hour, start)
			for _, d := range tt.refused {
				l.advance(at(d))
				l.throttled(at(d), tt.after)
			}
			now := l.last
			if tt.report != 0 {
				now, _ = l.advance(at(tt.report))
				l.learn(Report{Limit: 15, Period: time.Hour}, now, now)
			}
			if got, _ := l.opens(now); !got.Equal(at(tt.want)) {
				t.Errorf("opens after %v, want %v", got.Sub(start), tt.want)
			}
		})
	}
}

// An answer between two refusals makes the second a first one again.
func TestClosureForgives(t *testing.T) {
	for _, answered := range []bool{true, false} {
		d := newDesk(t, 15, limits{})
		refuse := func() {
			w := d.want(Waiting, 0, "a")
			d.ask(w, d.now)
			d.throttled(w.slot, d.now, time.Hour, d.now)
			d.now = d.now.Add(10 * time.Second)
			d.learn(Report{Limit: 15, Period: time.Hour}, d.now, d.now, d.now)
		}
		refuse()
		if answered {
			d.spend("a", 1)
		}
		refuse()
		if opens, _ := d.budget.opens(d.now); opens.After(d.now) == answered {
			t.Errorf("answered %v: opens after %v", answered, opens.Sub(d.now))
		}
	}
}

// A request that never left must not space out those after it: at the start, when
// the window is not known, they would be refused for minutes.
func TestRefundDoesNotSpace(t *testing.T) {
	l := newBudget(0, 0, start)
	now := start.Add(2 * firstReport)
	s := l.reserve(now, Waiting)
	if at, _ := l.opens(now); !at.After(now) {
		t.Fatal("the window is not known, and yet nothing is spaced")
	}
	if !l.refund(s) {
		t.Fatal("got no refund")
	}
	if at, why := l.opens(now); at.After(now) {
		t.Errorf("got %v until %v after a refund, want open", why, at)
	}
}
