package rfc9111

import (
	"net/http"
	"strings"
	"time"

	"perigee/cache"
)

// RequestDirectives are the cache directives of a request (RFC 9111, section
// 5.2.1; RFC 5861, section 4). The zero value accepts any fresh response.
type RequestDirectives struct {
	// NoCache wants a response that upstream has just validated, NoStore one that
	// was not and will not be stored, OnlyIfCached one without a request upstream.
	NoCache, NoStore, OnlyIfCached bool

	maxAge, minFresh, maxStale, staleIfError delta
	anyStale                                 bool // max-stale without an argument
}

// Insist reports whether the client may want a newer response than others are served
// (RFC 9111, section 5.2.1).
func (d *RequestDirectives) Insist() bool { return d.NoCache || d.maxAge.present || d.minFresh.present }

// ParseRequest reads the Cache-Control field of a request, and Pragma if there is
// none (RFC 9111, section 5.4), as net/http's server does too.
func ParseRequest(h http.Header) RequestDirectives {
	var d RequestDirectives
	lines := h["Cache-Control"]
	if len(lines) == 0 {
		for _, line := range h["Pragma"] {
			if strings.EqualFold(strings.Trim(line, " \t"), "no-cache") {
				d.NoCache = true
			}
		}
		return d
	}
	eachDirective(lines, d.add)
	return d
}

func (d *RequestDirectives) add(name, arg string) {
	switch name {
	case "no-cache":
		d.NoCache = true
	case "no-store":
		d.NoStore = true
	case "only-if-cached":
		d.OnlyIfCached = true
	case "max-age":
		d.maxAge.add(arg)
	case "min-fresh":
		d.minFresh.add(arg)
	case "max-stale":
		d.anyStale = d.anyStale || arg == ""
		d.maxStale.add(arg)
	case "stale-if-error":
		d.staleIfError.add(arg)
	}
}

// Action is what to do with a stored response for one request.
type Action uint8

const (
	// Validate is to ask upstream first, since the response is stale.
	Validate Action = iota
	// ValidateRequested is to ask upstream first, since the request demands it.
	ValidateRequested
	// ServeFresh is to serve the response.
	ServeFresh
	// ServeWhileRevalidate is to serve the response while it is refreshed.
	ServeWhileRevalidate
	// ServeStale is to serve the response since the request allows stale ones.
	ServeStale
)

// Reuse says what to do with a stored response for this request (RFC 9111, section
// 4). It does not consider NoStore and OnlyIfCached, which are about the look-up
// and about what follows a miss.
func (d *RequestDirectives) Reuse(e *cache.Entry, r ReuseRules, now time.Time) Action {
	state := e.State(now)
	fresh := state == cache.Fresh
	validate := Validate
	if fresh {
		validate = ValidateRequested
	}
	switch {
	case d.NoCache:
		return ValidateRequested
	case d.maxAge.present && e.CurrentAge(now) > d.maxAge.value && !(fresh && r.Immutable):
		// RFC 8246, section 2: a reload does not make a cache validate what is
		// immutable. no-cache does, it was handled above.
		return validate
	case d.minFresh.present && e.FreshUntil.Sub(now) < d.minFresh.value:
		return validate
	case fresh:
		return ServeFresh
	case r.NeverStale:
		return Validate
	case state == cache.Revalidate:
		return ServeWhileRevalidate
	case d.anyStale || d.maxStale.present && now.Sub(e.FreshUntil) <= d.maxStale.value:
		return ServeStale
	}
	return Validate
}

// ReuseOnError reports whether a stored response may be served in place of a
// failure (RFC 9111, section 4.2.4; RFC 5861, section 4): for as long as the
// response allows, or the request.
func (d *RequestDirectives) ReuseOnError(e *cache.Entry, r ReuseRules, now time.Time) bool {
	if e.State(now) == cache.Fresh {
		return !d.NoCache
	}
	if r.NeverStale || d.NoCache || e.Status >= http.StatusInternalServerError {
		return false
	}
	if d.staleIfError.present && now.Sub(e.FreshUntil) <= d.staleIfError.value {
		return true
	}
	return e.State(now) != cache.Dead
}
