package drf

import (
	"sync"
	"time"
)

// Throttle is DRF's SimpleRateThrottle: a sliding log of the requests allowed, one
// log for each identity. It is safe for concurrent use.
type Throttle struct {
	limit  int
	period time.Duration
	now    func() time.Time

	mu      sync.Mutex             // guards all below
	logs    map[string][]time.Time // oldest first
	allowed int
}

// NewThrottle returns a Throttle that allows limit requests of an identity in a
// period. A negative limit is none.
func NewThrottle(limit int, period time.Duration, now func() time.Time) *Throttle {
	return &Throttle{limit: limit, period: period, now: now, logs: map[string][]time.Time{}}
}

// Allow records a request and returns nil, or returns the exception that refuses it.
// A refused request is not recorded.
func (t *Throttle) Allow(ident string) *Exception {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now() // under the lock, so that the log stays in order
	log := t.current(ident, now)
	if t.limit >= 0 && len(log) >= t.limit {
		return Throttled(t.wait(log, now))
	}
	t.logs[ident] = append(log, now)
	t.allowed++
	return nil
}

// Allowed returns how many requests of all identities were allowed so far.
func (t *Throttle) Allowed() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.allowed
}

// current drops what is as old as the period and returns the rest. The caller
// holds mu.
func (t *Throttle) current(ident string, now time.Time) []time.Time {
	log := t.logs[ident]
	for len(log) > 0 && !log[0].After(now.Add(-t.period)) {
		log = log[1:]
	}
	t.logs[ident] = log
	return log
}

// wait is how long until the oldest request of a full log no longer counts.
func (t *Throttle) wait(log []time.Time, now time.Time) time.Duration {
	return log[0].Add(t.period).Sub(now)
}

// Report is what a client may still ask.
type Report struct {
	Limit  int           // requests a period; 0: any number
	Period time.Duration // how long a request counts
	Used   int           // requests that count now
	Next   time.Duration // until the next request is allowed; 0: now
}

// Report returns what an identity may still ask.
func (t *Throttle) Report(ident string) Report {
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
