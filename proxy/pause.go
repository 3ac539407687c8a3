package proxy

import (
	"sync"
	"time"

	"perigee/proxy/quota"
)

// How long a failure is believed before upstream is asked again.
const (
	pauseAfterAnswer = 10 * time.Second // a request was spent: 5xx, a broken body, a timeout
	pauseAfterUnsent = time.Second      // nothing left: refused, no route, no name
	maxPauses        = 1024
)

// pauses remembers what must not be asked for the moment, so that clients that
// try again at once do not spend the quota on what just failed.
//
// It is a plain state machine: every method takes now.
type pauses struct {
	mu     sync.Mutex // guards failed
	failed map[string]failure
}

type failure struct {
	until  time.Time
	reason string
}

// fail closes one resource for a while.
func (p *pauses) fail(key string, now time.Time, d time.Duration, reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed == nil || len(p.failed) >= maxPauses {
		p.failed = make(map[string]failure)
	}
	p.failed[key] = failure{until: now.Add(d), reason: reason}
}

// check returns why key must not be asked now, nil if it may.
func (p *pauses) check(key string, now time.Time) *problem {
	p.mu.Lock()
	defer p.mu.Unlock()
	f, ok := p.failed[key]
	if !ok {
		return nil
	}
	if !now.Before(f.until) {
		delete(p.failed, key)
		return nil
	}
	left := f.until.Sub(now)
	return &problem{
		status: 503, reason: "upstream-" + f.reason, retryAfter: left,
		detail: "Upstream failed on this a moment ago (" + f.reason + "). It is asked again in " + count(left) + ".",
	}
}

// throttledProblem reads as Django REST Framework's own refusal does. Its body,
// Retry-After and RateLimit all speak of the same view of the quota.
func throttledProblem(view quota.View) *problem {
	wait := max(view.Next, time.Second)
	view.Remaining, view.Next = 0, wait
	return &problem{
		status: 429, reason: "quota", retryAfter: wait, view: &view,
		detail: "Request was throttled. Expected available in " + count(wait) + ".",
	}
}

func count(d time.Duration) string {
	n := seconds(d)
	if n == "1" {
		return "1 second"
	}
	return n + " seconds"
}
