package httpcache

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"slices"
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
//
// Upstream may tell clients apart by any field, an API key or the name of a program,
// and which one is not known here. So a 429 is for the requests that are the same,
// see sameRequest. A failure is one of the target.
type backoff struct {
	mu        sync.Mutex // guards the fields below
	throttled map[string]time.Time
	failing   map[string]time.Time
}

// answered remembers what a failure says about asking again; request has the fields
// that upstream was sent.
func (b *backoff) answered(target string, request http.Header, resp *http.Response, now time.Time) {
	if resp.StatusCode != http.StatusTooManyRequests {
		b.failed(target, now)
		return
	}
	after, ok := rfc9111.RetryAfter(resp.Header, now)
	if !ok {
		after = backoffUnexplained
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	set(&b.throttled, sameRequest(target, request), now.Add(min(after, maxBackoff)))
}

// failed remembers that upstream failed.
func (b *backoff) failed(target string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	set(&b.failing, target, now.Add(backoffAfterFailure))
}

func set(m *map[string]time.Time, key string, until time.Time) {
	if *m == nil || len(*m) >= maxBackoffs {
		*m = make(map[string]time.Time)
	}
	(*m)[key] = until
}

// succeeded forgets the failures of a target, and that a request was refused.
func (b *backoff) succeeded(target string, request http.Header) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.failing, target)
	if len(b.throttled) > 0 {
		delete(b.throttled, sameRequest(target, request))
	}
}

// check says why upstream must not be asked for a target now, nil if it may. A
// failure binds only those who have something stale to be served.
func (b *backoff) check(target string, request http.Header, hasStale bool, now time.Time) *respond.Problem {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.throttled) > 0 {
		if left := b.throttled[sameRequest(target, request)].Sub(now); left > 0 {
			return &respond.Problem{
				Status: http.StatusTooManyRequests, Reason: "throttled", RetryAfter: left,
				Detail: "Upstream refuses this for the next " + respond.Seconds(left) + " seconds.",
			}
		}
	}
	if hasStale && now.Before(b.failing[target]) {
		return &respond.Problem{Status: http.StatusBadGateway, Reason: "backoff", Detail: "Upstream failed a moment ago."}
	}
	return nil
}

// sameRequest is the same for requests for a target that upstream cannot tell apart,
// but for what they say about caches and parts.
func sameRequest(target string, request http.Header) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(request)) {
		switch name {
		case "Cache-Control", "Pragma", "Range", "If-Range", "If-None-Match", "If-Modified-Since", "Connection",
			"Via", "Surrogate-Capability", // and those by which each request is followed:
			"Traceparent", "Tracestate", "X-Request-Id", "X-Correlation-Id", "X-Amzn-Trace-Id":
			continue
		}
		for _, value := range request[name] {
			_, _ = fmt.Fprintf(h, "%s: %s\n", name, value)
		}
	}
	return string(h.Sum(nil)) + target
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
