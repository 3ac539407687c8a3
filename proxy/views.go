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
	viewAge  = time.Second // as long a client is told the same
	maxViews = 4096
)

// views are the RateLimit fields of clients, each kept for a second: a hit costs
// no quota, and should not have to ask for it either.
type views struct {
	mu   sync.RWMutex // guards held
	held map[string]heldView
}

type heldView struct {
	until  time.Time
	fields [2][]string // RateLimit and RateLimit-Policy
}

// fields returns the two fields for a client. They are shared and not to be changed.
func (v *views) fields(gate *quota.Gate, client string, now time.Time) (limit, policy []string) {
	v.mu.RLock()
	held, ok := v.held[client]
	v.mu.RUnlock()
	if !ok || !now.Before(held.until) {
		held = heldView{now.Add(viewAge), rateLimit(gate.View(client, now))}
		v.keep(client, held)
	}
	return held.fields[0], held.fields[1]
}

func (v *views) keep(client string, held heldView) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.held == nil || len(v.held) >= maxViews {
		v.held = make(map[string]heldView)
	}
	v.held[client] = held
}

// rateLimit writes the fields: how many requests remain to this client, and, when
// none does, in how many seconds the next.
func rateLimit(view quota.View) [2][]string {
	limit := policyName + ";r=" + strconv.Itoa(view.Remaining)
	if view.Remaining == 0 {
		limit += ";t=" + respond.Seconds(view.Next)
	}
	policy := policyName + ";q=" + strconv.Itoa(view.Limit) + ";w=" + respond.Seconds(view.Period)
	return [2][]string{{limit}, {policy}}
}

// tellQuota writes the RateLimit fields, if they are wanted and the request came
// so far that it is known who asks.
func (h *Handler) tellQuota(header http.Header, x *exchange) {
	if !h.options.RateLimitFields || x.resource == nil {
		return
	}
	header[rateLimitField], header[rateLimitPolicyField] = h.views.fields(h.options.Gate, h.client(x), x.Start)
}
