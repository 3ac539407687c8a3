package quota

import (
	"testing"
	"time"
)

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
		{name: "a limit beyond reason", report: Report{Limit: maxRequests, Period: time.Hour}, want: 15},
		{name: "a period beyond reason", report: Report{Limit: 15, Period: 31 * 24 * time.Hour}, useless: true, want: 15},
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

func TestCooldown(t *testing.T) {
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
func TestCooldownForgives(t *testing.T) {
	for _, answered := range []bool{true, false} {
		d := newHarness(t, 15, limits{})
		refuse := func() {
			w := d.request(Waiting, 0, "a")
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

// TestReportDue has the latest report asked for at the start and answered a second
// later, and is at three minutes.
func TestReportDue(t *testing.T) {
	const second, minute = time.Second, time.Minute
	never := -second
	for _, tt := range []struct {
		name    string
		do      func(*budget)
		waiting bool
		want    time.Duration // since the start
	}{
		{name: "nothing is spent", do: func(*budget) {}, want: never},
		{name: "there is none", do: func(b *budget) { b.reports = reports{} }, want: 3 * minute},
		{name: "one is awaited", do: func(b *budget) { b.reports.awaited = at(4 * minute) }, want: 3 * minute},
		{name: "one was awaited", do: func(b *budget) { b.reports.awaited = at(3 * minute) }, want: never},
		{name: "one was spent since", do: func(b *budget) { b.reserve(at(0), Waiting) }, want: 50 * second},
		{name: "one was spent before", do: func(b *budget) { b.reserve(at(-1), Waiting) }, want: never},
		{name: "somebody waits", do: func(*budget) {}, waiting: true, want: 50 * second},
		{name: "somebody waits for the first slot of others", do: func(b *budget) { b.foreign.next = at(5 * minute) }, waiting: true, want: 5 * minute},
		{name: "nobody waits for that", do: func(b *budget) { b.foreign.next = at(5 * minute) }, want: never},
		{name: "after a 429", do: func(b *budget) { b.throttled(at(2*minute), 20*minute) }, want: 3 * minute},
		{name: "after a 429 before the latest", do: func(b *budget) { b.cooldown.start(at(-1), 20*minute, time.Hour) }, want: never},
		{name: "tried just now", do: func(b *budget) { b.reports = reports{}; b.reports.tried(at(3 * minute)) }, want: 3*minute + 10*second},
		{name: "tried long ago", do: func(b *budget) { b.reports = reports{}; b.reports.tried(at(minute)) }, want: 3 * minute},
		{name: "in vain", do: func(b *budget) { b.reports = reports{}; b.reports.tried(at(3 * minute)); b.reports.failed() }, want: 3*minute + 20*second},
		{name: "in vain for hours", do: func(b *budget) {
			b.reports = reports{}
			for range 99 {
				b.reports.tried(at(3 * minute))
				b.reports.failed()
			}
		}, want: 8 * minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBudget(15, time.Hour, at(-minute))
			b.reports.came(at(0), at(second))
			tt.do(b)
			due := b.reportDue(at(3*minute), tt.waiting)
			if got := due.Sub(start); due.IsZero() && tt.want != never || !due.IsZero() && got != tt.want {
				t.Errorf("due after %v, want %v", got, tt.want)
			}
		})
	}
}

// A report that is old is waited for, if one can be had.
func TestOldReportIsRefreshed(t *testing.T) {
	for _, tt := range []struct {
		name    string
		reports reports
		want    bool
	}{
		{"there is none", reports{}, false},
		{"a minute old", reports{answered: at(0)}, false},
		{"older", reports{answered: at(-1)}, true},
		{"older, but the last one failed", reports{answered: at(-1), failures: 1}, false},
		{"older, and waited for", reports{answered: at(-1), awaited: at(time.Minute + 1)}, false},
	} {
		before := tt.reports.awaited
		tt.reports.awaitFresh(at(time.Minute))
		if got := !tt.reports.awaited.Equal(before); got != tt.want {
			t.Errorf("%s: waited for anew: %t, want %t", tt.name, got, tt.want)
		}
	}
}
