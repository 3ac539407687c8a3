package plain

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"perigee/cache/rfc9111"
	"perigee/proxy/respond"
)

// How long a failure is believed before upstream is asked for the same again.
const (
	pauseAfterFailure = 2 * time.Second // while something stale can be served
	pauseUnexplained  = time.Minute     // a 429 that does not say when to come back
	maxPause          = time.Hour       // the longest that a 429 is believed
	maxPauses         = 4096
)

// pauses remembers what must not be asked for the moment: what upstream refused
// with a 429 until its Retry-After has passed, and what just failed for as long as
// keeps a crowd from finding that out one by one. It is a plain state machine:
// every method takes now.
type pauses struct {
	mu   sync.Mutex // guards the field below
	held map[string]pause
}

// pause is why a target must not be asked for.
type pause struct {
	until     time.Time
	throttled bool
	everybody bool // and not only those who have something else to be served
}

// note remembers what a response says about asking again. A 429 to a request with
// credentials may be meant for its sender alone.
func (p *pauses) note(target string, request http.Header, resp *http.Response, now time.Time) {
	if resp.StatusCode != http.StatusTooManyRequests {
		p.fail(target, now)
		return
	}
	after, ok := retryAfter(resp.Header, now)
	if !ok {
		after = pauseUnexplained
	}
	personal := request["Authorization"] != nil || request["Cookie"] != nil
	p.set(target, pause{until: now.Add(min(after, maxPause)), throttled: true, everybody: !personal})
}

// fail remembers that upstream failed, if it is not known to throttle.
func (p *pauses) fail(target string, now time.Time) {
	p.mu.Lock()
	known := p.held[target]
	p.mu.Unlock()
	if !known.throttled || !now.Before(known.until) {
		p.set(target, pause{until: now.Add(pauseAfterFailure)})
	}
}

func (p *pauses) set(target string, v pause) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == nil || len(p.held) >= maxPauses {
		p.held = make(map[string]pause)
	}
	p.held[target] = v
}

// clear forgets the pause of a target that was answered well.
func (p *pauses) clear(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.held, target)
}

// check returns the pause of a target, if there is one.
func (p *pauses) check(target string, now time.Time) (pause, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, ok := p.held[target]
	if ok && !now.Before(v.until) {
		delete(p.held, target)
		return pause{}, false
	}
	return v, ok
}

// paused says why upstream must not be asked for this now, nil if it may. A pause
// after a failure binds only those who have something stale to be served.
func (h *Handler) paused(x *exchange) *respond.Problem {
	now := time.Now()
	v, ok := h.fetcher.pauses.check(x.target, now)
	switch {
	case !ok, !v.everybody && !h.mayFallBack(x):
		return nil
	case !v.throttled:
		return &respond.Problem{Status: http.StatusBadGateway, Reason: "backoff", Detail: "Upstream failed a moment ago."}
	}
	left := v.until.Sub(now)
	return &respond.Problem{
		Status: http.StatusTooManyRequests, Reason: "throttled", RetryAfter: left,
		Detail: "Upstream refuses this for the next " + respond.Seconds(left) + " seconds.",
	}
}

// retryAfter reads the Retry-After field (RFC 9110, section 10.2.3).
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	value := h.Get("Retry-After")
	if n, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(n) * time.Second, true
	}
	if date, ok := rfc9111.ParseHTTPDate(value, now); ok {
		return max(date.Sub(now), 0), true
	}
	return 0, false
}
