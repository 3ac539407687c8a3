package proxy

import (
	"net/http"
	"strings"
	"time"

	problems "perigee/proxy/problem"
	"perigee/proxy/quota"
)

// problem is an answer of the proxy's own that says why there is no other
// (RFC 9457). Its detail member is where Django REST Framework puts its message
// too, so that clients written for LL2 find it.
type problem struct {
	status     int
	detail     string
	allow      string        // the Allow field, for 405
	retryAfter time.Duration // rounded up to whole seconds; 0: not told
	reason     string        // the token in Cache-Status

	authenticate string      // the WWW-Authenticate field, for 401
	view         *quota.View // the quota as it was when it refused; nil: it did not
}

// Error makes a problem an error, so that a stage can return it.
func (p *problem) Error() string { return p.detail }

// outcome tells refusals for want of quota from everything else.
func (p *problem) outcome() Outcome {
	if p.status == http.StatusTooManyRequests {
		return Refused
	}
	return Failed
}

func (p *problem) body() []byte { return problems.Body(p.status, p.detail) }

// problemMedia is the media type of problems. Clients that accept plain JSON and
// nothing wider get it called that, so that they read it.
func problemMedia(accept []string) string {
	all := strings.ToLower(strings.Join(accept, ","))
	plain := strings.Contains(all, "application/json")
	for _, wider := range []string{"application/problem+json", "application/*", "*/*"} {
		plain = plain && !strings.Contains(all, wider)
	}
	if plain {
		return "application/json"
	}
	return problems.MediaType
}

// writeProblem answers with p. Problems are never stored, by anyone.
func (x *exchange) writeProblem(p *problem) {
	h := x.w.Header()
	x.settle(h, verdict{outcome: p.outcome(), detail: p.reason})
	h.Set("Content-Type", problemMedia(x.r.Header["Accept"]))
	h.Set("Cache-Control", "no-store")
	if p.allow != "" {
		h.Set("Allow", p.allow)
	}
	if p.authenticate != "" {
		h.Set("WWW-Authenticate", p.authenticate)
	}
	if p.retryAfter > 0 {
		h.Set("Retry-After", problems.Seconds(p.retryAfter))
	}
	if p.view != nil && x.proxy.options.RateLimitFields {
		fields := rateLimit(*p.view)
		h[rateLimitField], h[rateLimitPolicyField] = fields[0], fields[1]
	}
	x.write(p.status, p.body())
}
