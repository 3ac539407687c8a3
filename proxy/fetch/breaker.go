package fetch

import (
	"sync"
	"time"
)

// How long a failure is believed before upstream is asked again.
const (
	pauseAfterAnswer = 10 * time.Second // a request was spent: 5xx, a broken body, a timeout
	pauseAfterUnsent = time.Second      // nothing left: refused, no route, no name
	maxFailed        = 1024
)

// When upstream counts as down for everything, and how often it is probed then.
const (
	tripAfter    = 5 // failures in a row, of whatever resources
	firstProbe   = 15 * time.Second
	longestProbe = 5 * time.Minute
)

// UnavailableError tells that upstream is not asked, since it failed a moment ago.
type UnavailableError struct {
	// Reason is why it failed, or "down" if it failed again and again: a bounded token.
	Reason string
	// RetryAfter is when it is asked again.
	RetryAfter time.Duration
}

// reasonDown is the Reason where it is not for one resource alone.
const reasonDown = "down"

// Down reports whether upstream cannot be reached at all.
func (e *UnavailableError) Down() bool { return e.Reason == reasonDown }

// Error tells why, as a sentence for clients.
func (e *UnavailableError) Error() string {
	if e.Reason == reasonDown {
		return "Upstream fails again and again."
	}
	return "Upstream failed on this a moment ago (" + e.Reason + ")."
}

// breaker is the circuit breaker: it remembers what must not be asked for the
// moment, so that clients that try again at once do not spend the quota on what
// just failed. A failure closes its own resource; many in a row close everything,
// but for one probe at a time, which comes later each time it fails.
//
// It is a plain state machine: every method takes now.
type breaker struct {
	mu     sync.Mutex // guards the fields below
	failed map[string]failure
	streak int       // failures since the last success
	probe  time.Time // when everything may be tried again, if the streak is long
}

type failure struct {
	until  time.Time
	reason string
}

// fail closes one resource for a while, and everything if that keeps happening.
func (b *breaker) fail(key string, now time.Time, pause time.Duration, reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed == nil || len(b.failed) >= maxFailed {
		b.failed = make(map[string]failure)
	}
	b.failed[key] = failure{until: now.Add(pause), reason: reason}
	if b.streak++; b.streak >= tripAfter {
		b.probe = now.Add(probeAfter(b.streak))
	}
}

// probeAfter doubles with each failure beyond those that tripped the breaker.
func probeAfter(streak int) time.Duration {
	return min(firstProbe<<min(streak-tripAfter, 10), longestProbe)
}

// succeed notes that upstream works.
func (b *breaker) succeed(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.failed, key)
	b.streak = 0
}

// check returns why key must not be asked now, nil if it may. Of those who ask
// once a tripped breaker may be tried again, the first is the probe.
func (b *breaker) check(key string, now time.Time) *UnavailableError {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.streak >= tripAfter {
		if left := b.probe.Sub(now); left > 0 {
			return &UnavailableError{reasonDown, left}
		}
		b.probe = now.Add(probeAfter(b.streak))
	}
	f, ok := b.failed[key]
	if !ok {
		return nil
	}
	if left := f.until.Sub(now); left > 0 {
		return &UnavailableError{f.reason, left}
	}
	delete(b.failed, key)
	return nil
}
