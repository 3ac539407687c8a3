package proxy

import (
	"net/http"
	"sync"
	"time"

	"perigee/proxy/quota"
	"perigee/proxy/respond"
)

// How long a failure is believed before upstream is asked again.
const (
	pauseAfterAnswer = 10 * time.Second // a request was spent: 5xx, a broken body, a timeout
	pauseAfterUnsent = time.Second      // nothing left: refused, no route, no name
	maxPauses        = 1024
)

// When upstream counts as down for everything, and how often it is probed then.
const (
	breakAfter   = 5 // failures in a row, of whatever resources
	firstProbe   = 15 * time.Second
	longestProbe = 5 * time.Minute
)

// pauses remembers what must not be asked for the moment, so that clients that
// try again at once do not spend the quota on what just failed. A failure pauses
// its own resource; many in a row pause everything, but for one probe at a time,
// which comes later each time it fails.
//
// It is a plain state machine: every method takes now.
type pauses struct {
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
func (p *pauses) fail(key string, now time.Time, d time.Duration, reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed == nil || len(p.failed) >= maxPauses {
		p.failed = make(map[string]failure)
	}
	p.failed[key] = failure{until: now.Add(d), reason: reason}
	if p.streak++; p.streak >= breakAfter {
		p.probe = now.Add(probeAfter(p.streak))
	}
}

// probeAfter doubles with each failure beyond those that broke the circuit.
func probeAfter(streak int) time.Duration {
	return min(firstProbe<<min(streak-breakAfter, 10), longestProbe)
}

// succeed notes that upstream works.
func (p *pauses) succeed(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.failed, key)
	p.streak = 0
}

// check returns why key must not be asked now, nil if it may. Of those who ask
// once a broken circuit may be tried again, the first is the probe.
func (p *pauses) check(key string, now time.Time) *respond.Problem {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.streak >= breakAfter {
		if left := p.probe.Sub(now); left > 0 {
			return pausedProblem("down", left, "Upstream fails again and again.")
		}
		p.probe = now.Add(probeAfter(p.streak))
	}
	f, ok := p.failed[key]
	if !ok {
		return nil
	}
	if left := f.until.Sub(now); left > 0 {
		return pausedProblem(f.reason, left, "Upstream failed on this a moment ago ("+f.reason+").")
	}
	delete(p.failed, key)
	return nil
}

func pausedProblem(reason string, left time.Duration, why string) *respond.Problem {
	return &respond.Problem{
		Status: http.StatusServiceUnavailable, Reason: "upstream-" + reason, RetryAfter: left,
		Detail: why + " It is asked again in " + count(left) + ".",
	}
}

// throttledProblem reads as Django REST Framework's own refusal does. Its body,
// Retry-After and RateLimit all speak of the same view of the quota.
func throttledProblem(view quota.View, fields bool) *respond.Problem {
	wait := max(view.Next, time.Second)
	view.Remaining, view.Next = 0, wait
	p := &respond.Problem{
		Status: http.StatusTooManyRequests, Reason: "quota", RetryAfter: wait,
		Detail: "Request was throttled. Expected available in " + count(wait) + ".",
	}
	if fields {
		limits := rateLimit(view)
		p.Header = http.Header{rateLimitField: limits[0], rateLimitPolicyField: limits[1]}
	}
	return p
}

func count(d time.Duration) string {
	n := respond.Seconds(d)
	if n == "1" {
		return "1 second"
	}
	return n + " seconds"
}
