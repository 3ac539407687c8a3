package httpcache

import (
	"net/http"
	"sync"
	"time"

	"perigee/cache/rfc9111"
	"perigee/proxy/respond"
)

// How long a failure is remembered, and of how many targets.
const (
	backoffAfterFailure = 2 * time.Second // while something stale can be served
	backoffUnexplained  = time.Minute     // a 429 that does not say when to come back
	maxBackoff          = time.Hour       // the longest that a 429 is believed
	maxBackoffs         = 4096
)

// backoff remembers what upstream must not be asked for the moment: what it refused
// with a 429 until its Retry-After has passed, and what just failed for as long as
// keeps a crowd from finding that out one by one. It is a plain state machine:
// every method takes now.
type backoff struct {
	mu      sync.Mutex // guards the field below
	refused map[string]refusal
}

// refusal is why a target must not be asked for.
type refusal struct {
	until     time.Time
	throttled bool
	everybody bool // and not only those who have something stale to be served
}

// answered remembers what a response says about asking again. A 429 to a request
// with credentials may be meant for its sender alone.
func (b *backoff) answered(target string, request http.Header, resp *http.Response, now time.Time) {
	if resp.StatusCode != http.StatusTooManyRequests {
		b.failed(target, now)
		return
	}
	after, ok := rfc9111.RetryAfter(resp.Header, now)
	if !ok {
		after = backoffUnexplained
	}
	personal := request["Authorization"] != nil || request["Cookie"] != nil
	b.set(target, refusal{until: now.Add(min(after, maxBackoff)), throttled: true, everybody: !personal})
}

// failed remembers that upstream failed, if it is not known to throttle.
func (b *backoff) failed(target string, now time.Time) {
	if known, ok := b.get(target, now); !ok || !known.throttled {
		b.set(target, refusal{until: now.Add(backoffAfterFailure)})
	}
}

func (b *backoff) set(target string, r refusal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refused == nil || len(b.refused) >= maxBackoffs {
		b.refused = make(map[string]refusal)
	}
	b.refused[target] = r
}

// succeeded forgets the failures of a target.
func (b *backoff) succeeded(target string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.refused, target)
}

func (b *backoff) get(target string, now time.Time) (refusal, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r, ok := b.refused[target]
	if ok && !now.Before(r.until) {
		delete(b.refused, target)
		return refusal{}, false
	}
	return r, ok
}

// check says why upstream must not be asked for a target now, nil if it may. A
// failure binds only those who have something stale to be served.
func (b *backoff) check(target string, hasStale bool, now time.Time) *respond.Problem {
	r, ok := b.get(target, now)
	switch {
	case !ok, !r.everybody && !hasStale:
		return nil
	case !r.throttled:
		return &respond.Problem{Status: http.StatusBadGateway, Reason: "backoff", Detail: "Upstream failed a moment ago."}
	}
	left := r.until.Sub(now)
	return &respond.Problem{
		Status: http.StatusTooManyRequests, Reason: "throttled", RetryAfter: left,
		Detail: "Upstream refuses this for the next " + respond.Seconds(left) + " seconds.",
	}
}

// How long it is remembered that responses cannot be shared, and of how many
// targets.
const (
	hitForMissTime = 2 * time.Minute
	maxHitForMiss  = 4096
)

// hitForMiss are the targets whose responses could not be shared the last time:
// those who ask for them do not wait for each other. The name is Varnish's.
type hitForMiss struct {
	mu    sync.Mutex // guards the field below
	until map[string]time.Time
}

func (m *hitForMiss) add(target string, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.until == nil || len(m.until) >= maxHitForMiss {
		m.until = make(map[string]time.Time)
	}
	m.until[target] = now.Add(hitForMissTime)
}

func (m *hitForMiss) remove(target string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.until, target)
}

func (m *hitForMiss) has(target string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return now.Before(m.until[target])
}
