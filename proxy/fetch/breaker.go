package fetch

import (
	"sync"
	"time"
)

// How long a failure is believed before upstream is asked again. It doubles each time
// that one resource fails again, up to longestPause: a client that polls a broken page
// must not spend everybody's quota on it.
const (
	pauseAfterAnswer = 10 * time.Second // a request was spent: 5xx, a broken body, a timeout
	pauseAfterUnsent = time.Second      // nothing left: refused, no route, no name
	longestPause     = 5 * time.Minute
	forgetAfter      = 30 * time.Minute // a resource that has not failed for so long begins anew
	maxFailed        = 1024
)

// When upstream counts as down for everything, and how often it is probed then.
const (
	tripAfter    = 5 // resources of which no byte came, one after the other
	firstProbe   = 15 * time.Second
	longestProbe = 5 * time.Minute
	// precedence is for how long the probe is left to a resource that has not failed.
	precedence = 15 * time.Second
	// probing is when to come back while upstream is probed.
	probing = 2 * time.Second
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

// breaker is the circuit breaker: it remembers what must not be asked for the moment,
// so that clients that try again at once do not spend the quota on what just failed.
//
// What upstream answered, however badly, is about the resource, and pauses that alone.
// Only where several resources in a row got no byte of an answer is upstream down for
// all: then one fetch at a time is the probe, and each that fails makes the next come
// later. A probe is a fetch that is about to be sent, not one that waits, and of those
// that ask a resource that has not failed comes first; any answer to it ends the outage.
//
// It is a plain state machine: every method takes now.
type breaker struct {
	mu      sync.Mutex // guards the fields below
	failed  map[string]failure
	silent  map[string]bool // resources of which no byte came since upstream last answered
	rounds  int             // probes that failed since upstream is down
	probe   time.Time       // when upstream may be probed, if it is down
	probing bool            // a probe is under way
}

type failure struct {
	until  time.Time
	reason string
	row    int // failures, one after the other
}

// isDown reports whether upstream is down. The caller holds the lock.
func (b *breaker) isDown() bool { return len(b.silent) >= tripAfter }

// fail notes that upstream has answered, but not with anything of use.
func (b *breaker) fail(key string, now time.Time, pause time.Duration, reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.recover()
	b.pause(key, now, pause, reason)
}

// silence notes that no byte of an answer came: upstream could not be reached, or
// said nothing.
func (b *breaker) silence(key string, now time.Time, pause time.Duration, reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pause(key, now, pause, reason)
	if b.silent == nil {
		b.silent = make(map[string]bool)
	}
	if len(b.silent) < maxFailed {
		b.silent[key] = true
	}
	b.probing = false
	if b.isDown() {
		b.probe = now.Add(min(firstProbe<<min(b.rounds, 10), longestProbe))
		b.rounds++
	}
}

// succeed notes that upstream has answered well.
func (b *breaker) succeed(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.recover()
	delete(b.failed, key)
}

// answered notes that upstream has answered, and nothing of the resource.
func (b *breaker) answered() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.recover()
}

// recover notes that upstream answers. The caller holds the lock.
func (b *breaker) recover() {
	clear(b.silent)
	b.rounds, b.probing = 0, false
}

// pause closes one resource for a while. The caller holds the lock.
func (b *breaker) pause(key string, now time.Time, pause time.Duration, reason string) {
	f := b.failed[key]
	if now.Sub(f.until) > forgetAfter {
		f.row = 0
	}
	if b.failed == nil || len(b.failed) >= maxFailed {
		b.failed = make(map[string]failure)
	}
	b.failed[key] = failure{until: now.Add(min(pause<<min(f.row, 10), longestPause)), reason: reason, row: f.row + 1}
}

// check returns why key must not be asked now, nil if it may.
func (b *breaker) check(key string, now time.Time) *UnavailableError {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refusal(key, now)
}

// admit is check for a fetch that is about to be sent, which is the probe if upstream
// is down. Its end must be told: by fail, silence, succeed, or else unsent.
func (b *breaker) admit(key string, now time.Time) *UnavailableError {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.refusal(key, now); err != nil {
		return err
	}
	b.probing = b.isDown()
	return nil
}

// unsent notes that a fetch that was admitted has told nothing of upstream.
func (b *breaker) unsent() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
}

// refusal is check. The caller holds the lock.
func (b *breaker) refusal(key string, now time.Time) *UnavailableError {
	if b.isDown() {
		next := b.probe
		if b.silent[key] {
			next = next.Add(precedence)
		}
		switch left := next.Sub(now); {
		case left > 0:
			return &UnavailableError{reasonDown, left}
		case b.probing:
			return &UnavailableError{reasonDown, probing}
		}
	}
	f := b.failed[key]
	if left := f.until.Sub(now); left > 0 {
		return &UnavailableError{f.reason, left}
	}
	return nil
}
