package proxy

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"perigee/proxy/quota"
	"perigee/proxy/respond"
)

// The fields that tell a client the quota (draft-ietf-httpapi-ratelimit-headers-11),
// and the name of the one policy there is.
const (
	rateLimitField       = "Ratelimit"
	rateLimitPolicyField = "Ratelimit-Policy"
	policyName           = `"ll2"`
)

// Bounds of what is remembered of the quota for clients.
const (
	rateLimitAge    = time.Second // as long a client is told the same
	maxRateLimitSet = 4096
)

// rateLimits tells clients the quota as they see it. The fields of each client are
// kept for a second: a hit costs no quota, and should not have to ask for it either.
type rateLimits struct {
	gate *quota.Gate
	off  bool // answers have no such fields

	mu     sync.RWMutex // guards cached
	cached map[string]rateLimitFields
}

type rateLimitFields struct {
	until         time.Time
	limit, policy []string // shared, and not to be changed
}

// grant writes the two fields for a client.
func (l *rateLimits) grant(header http.Header, client string, now time.Time) {
	if l.off {
		return
	}
	l.mu.RLock()
	fields, ok := l.cached[client]
	l.mu.RUnlock()
	if !ok || !now.Before(fields.until) {
		fields = newRateLimitFields(l.gate.View(client, now))
		fields.until = now.Add(rateLimitAge)
		l.keep(client, fields)
	}
	header[rateLimitField], header[rateLimitPolicyField] = fields.limit, fields.policy
}

func (l *rateLimits) keep(client string, fields rateLimitFields) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cached == nil || len(l.cached) >= maxRateLimitSet {
		l.cached = make(map[string]rateLimitFields)
	}
	l.cached[client] = fields
}

// newRateLimitFields writes how many requests remain to a client, and, when none
// does, in how many seconds the next.
func newRateLimitFields(view quota.View) rateLimitFields {
	limit := policyName + ";r=" + strconv.Itoa(view.Remaining)
	if view.Remaining == 0 {
		limit += ";t=" + respond.Seconds(view.Next)
	}
	policy := policyName + ";q=" + strconv.Itoa(view.Limit) + ";w=" + respond.Seconds(view.Period)
	return rateLimitFields{limit: []string{limit}, policy: []string{policy}}
}

// problem refuses a client because the quota is spent. It reads as Django REST
// Framework's own refusal does; its body, Retry-After and RateLimit all speak of the
// same view of the quota.
func (l *rateLimits) problem(client string, now time.Time) *respond.Problem {
	view := l.gate.View(client, now)
	wait := max(view.Next, time.Second)
	p := &respond.Problem{
		Status: http.StatusTooManyRequests, Reason: "quota", RetryAfter: wait,
		Detail: "Request was throttled. Expected available in " + inSeconds(wait) + ".",
	}
	if !l.off {
		view.Remaining, view.Next = 0, wait
		fields := newRateLimitFields(view)
		p.Header = http.Header{rateLimitField: fields.limit, rateLimitPolicyField: fields.policy}
	}
	return p
}
