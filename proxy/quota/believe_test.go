package quota

import (
	"testing"
	"time"
)

// TestAbsurdReports: one report of 31 days closed the gate for 31 days and survived a
// restart, and one of 65,536 requests opened it.
func TestAbsurdReports(t *testing.T) {
	for name, tt := range map[string]struct {
		absurd Report
		free   int // after the first that is absurd
		again  int // after the second that says so
	}{
		"31 days":               {Report{Limit: 15, Period: 31 * 24 * time.Hour, Used: 15, Next: 31 * 24 * time.Hour}, 12, 12},
		"a limit of 65,536":     {Report{Limit: 65_536, Period: time.Hour, Used: 3}, 12, 65_533},
		"65,536 each second":    {Report{Limit: 65_536, Period: time.Second, Used: 0}, 15, 65_536},
		"a limit 22 times it":   {Report{Limit: 330, Period: time.Hour, Used: 3}, 12, 327},
		"a limit within reason": {Report{Limit: 300, Period: time.Hour, Used: 3}, 297, 297},
	} {
		d := newHarness(t, 0, limits{})
		free := func() int { d.advance(d.now); return d.budget.free() }
		d.learn(Report{Limit: 15, Period: time.Hour, Used: 3}, d.now, d.now, d.now)
		d.now = d.now.Add(time.Minute)
		d.learn(tt.absurd, d.now, d.now, d.now)
		if got := free(); got != tt.free {
			t.Errorf("%s: %d are free, want %d", name, got, tt.free)
		}
		next := newHarness(t, 0, limits{})
		if err := next.restore(d.save(d.now, d.now), next.now, d.now); err != nil || next.budget.period > time.Hour {
			t.Errorf("%s: after a restart the period is %v, %v", name, next.budget.period, err)
		}
		if due := d.budget.reportDue(d.now, false); tt.free != tt.again && due.After(d.now.Add(reportGap)) {
			t.Errorf("%s: the next report is due at %v, want it soon after %v", name, due, d.now)
		}
		d.now = d.now.Add(reportGap)
		d.learn(tt.absurd, d.now, d.now, d.now)
		if got := free(); got != tt.again {
			t.Errorf("%s: confirmed: %d are free, want %d", name, got, tt.again)
		}
	}
}

// A report far below what is known is heeded at once, and its limit is taken over when
// it is confirmed.
func TestAReportFarBelow(t *testing.T) {
	d := newHarness(t, 0, limits{})
	low := Report{Limit: 15, Period: time.Hour, Used: 5}
	for i, want := range []struct{ limit, free int }{{1000, 1000}, {1000, 10}, {15, 10}, {15, 10}} {
		r := low
		if i == 0 {
			r = Report{Limit: 1000, Period: time.Hour}
		}
		d.learn(r, d.now, d.now, d.now)
		d.advance(d.now)
		if b := d.budget; b.limit != want.limit || b.free() != want.free {
			t.Errorf("report %d: limit %d, %d free, want %+v", i, b.limit, b.free(), want)
		}
		d.now = d.now.Add(reportGap)
	}
	old := newBudget(0, 0, d.now)
	data := sealed(`{"at":"2026-01-01T00:00:00Z","limit":15,"period":2678400000000000,"foreign":15,"cold":0}`)
	if _, err := old.restore(data, d.now, d.now); err == nil || old.period != time.Hour {
		t.Errorf("a snapshot of a period of 31 days: %v, period %v", err, old.period)
	}
}
