package proxy

import (
	"net/http"
	"slices"
)

// Fields that scripts may send and read. Authorization must be named: the
// wildcard does not cover it (Fetch standard, CORS protocol).
const (
	corsRequestHeaders = "*, Accept, Authorization, Cache-Control, Content-Type, If-None-Match, Prefer, X-Requested-With"
	corsExposed        = "Age, Allow, Cache-Status, ETag, Link, Perigee-Ignored, RateLimit, RateLimit-Policy, Retry-After"
	corsMaxAge         = "86400" // seconds that a preflight's answer holds
)

// cors grants browsers what LL2 grants them: any origin, without credentials.
type cors struct {
	off     bool
	any     bool
	origins []string
	exposed []string // shared field values, so that a hit allocates none
	star    []string
}

// newCORS takes the origins that may read answers: "*" alone for any, none for off.
func newCORS(origins []string) *cors {
	return &cors{
		off: len(origins) == 0, any: slices.Contains(origins, "*"), origins: origins,
		exposed: []string{corsExposed}, star: []string{"*"},
	}
}

// grant writes the fields of an answer. With a list of origins the answer
// depends on who asks, which Vary must tell even to those who sent no Origin.
func (c *cors) grant(h http.Header, r *http.Request) {
	switch {
	case c.off:
		return
	case c.any:
		h["Access-Control-Allow-Origin"] = c.star
	default:
		h.Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		if !slices.Contains(c.origins, origin) {
			return
		}
		h["Access-Control-Allow-Origin"] = []string{origin}
	}
	h["Access-Control-Expose-Headers"] = c.exposed
}

// preflight adds what only the answer to OPTIONS needs.
func (c *cors) preflight(h http.Header, r *http.Request) {
	if h.Get("Access-Control-Allow-Origin") == "" || r.Header.Get("Access-Control-Request-Method") == "" {
		return
	}
	h.Del("Access-Control-Expose-Headers")
	h.Set("Access-Control-Allow-Methods", allowed)
	h.Set("Access-Control-Allow-Headers", corsRequestHeaders)
	h.Set("Access-Control-Max-Age", corsMaxAge)
}
