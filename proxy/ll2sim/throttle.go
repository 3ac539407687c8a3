package ll2sim

import (
	"fmt"
	"math"
	"sync"
	"time"
)

// throttle is DRF's SimpleRateThrottle: a sliding log of the requests let
// through, one log for each identity. It is safe for concurrent use.
type throttle struct {
	limit  int // negative: none
	period time.Duration
	now    func() time.Time

	mu   sync.Mutex
	logs map[string][]time.Time // oldest first
}

// Report is what a client may still ask, as /api-throttle/ tells it.
type Report struct {
	Limit  int           // requests a period; 0: any number
	Period time.Duration // how long a request counts
	Used   int           // requests that count now
	Next   time.Duration // until the next request is let through; 0: it is now
}

func newThrottle(limit int, period time.Duration, now func() time.Time) *throttle {
	return &throttle{limit: limit, period: period, now: now, logs: map[string][]time.Time{}}
}

// allow records a request, or returns how long it has to wait. A refused request
// is not recorded.
func (t *throttle) allow(ident string) (wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now() // under the lock, so that the log stays in order
	log := t.current(ident, now)
	if t.limit >= 0 && len(log) >= t.limit {
		return t.wait(log, now), false
	}
	t.logs[ident] = append(log, now)
	return 0, true
}

// current forgets what is as old as the period and returns the rest. The caller
// holds mu.
func (t *throttle) current(ident string, now time.Time) []time.Time {
	log := t.logs[ident]
	for len(log) > 0 && !log[0].After(now.Add(-t.period)) {
		log = log[1:]
	}
	t.logs[ident] = log
	return log
}

// wait is how long until the oldest request of a full log no longer counts.
func (t *throttle) wait(log []time.Time, now time.Time) time.Duration {
	return log[0].Add(t.period).Sub(now)
}

// report tells what /api-throttle/ tells: no wait as long as a slot is free.
func (t *throttle) report(ident string) Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	r := Report{Period: t.period}
	if t.limit < 0 {
		return r
	}
	log := t.current(ident, now)
	r.Limit, r.Used = t.limit, len(log)
	if len(log) >= t.limit {
		r.Next = t.wait(log, now)
	}
	return r
}

// body is what /api-throttle/ answers.
func (r Report) body(ident string) object {
	return object{
		{"your_request_limit", number(r.Limit)},
		{"limit_frequency_secs", number(int(r.Period.Seconds()))},
		{"current_use", number(r.Used)},
		{"next_use_secs", number(int(r.Next.Seconds()))},
		{"ident", ident},
	}
}

// waitSeconds rounds a wait up, as DRF's Throttled does.
func waitSeconds(wait time.Duration) int {
	return int(math.Ceil(wait.Seconds()))
}

// throttledDetail is DRF's message.
func throttledDetail(seconds int) string {
	unit := "seconds"
	if seconds == 1 {
		unit = "second"
	}
	return fmt.Sprintf("Request was throttled. Expected available in %d %s.", seconds, unit)
}
