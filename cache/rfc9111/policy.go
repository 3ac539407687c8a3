package rfc9111

import (
	"net/http"
	"time"
)

// Policy says how long responses to anonymous GETs are stored where the operator's
// settings decide and upstream's Cache-Control is only advice. Negative durations
// count as zero.
type Policy struct {
	// TTL is how long a response is fresh if no rule matches its path. If zero,
	// it is stale at once.
	TTL time.Duration
	// Rules are tried in order. The first that matches replaces TTL.
	Rules []Rule
	// Floor is how far upstream may shorten the lifetime, one minute by design.
	// If zero, upstream may make every response stale at once. Floor never
	// lengthens: where TTL or the rule is shorter, upstream may not shorten it.
	Floor time.Duration
	// StaleWhileRevalidate is how long a stale response may be served while it
	// is refreshed, StaleIfError how long it may be served when upstream fails
	// (RFC 5861). Both begin when freshness ends. If zero, there is no such time.
	StaleWhileRevalidate, StaleIfError time.Duration
}

// Rule gives the paths that match Pattern a TTL of their own.
type Rule struct {
	// Pattern is compared with the whole escaped path. Each '*' stands for any
	// number of characters, '/' among them, or for none.
	Pattern string
	TTL     time.Duration
}

// Bounds that no setting changes.
const (
	// MaxLengthened is the longest lifetime that upstream can give a response
	// beyond the settings. A stray max-age=31536000 must not freeze a list of
	// launches, and one request a day costs next to nothing.
	MaxLengthened = 24 * time.Hour
	// ClientErrorTTL is how long a 400, 404 and the like is fresh: long enough to
	// absorb a client in a loop, short enough that what is published in the
	// meantime is soon found.
	ClientErrorTTL = time.Minute
	// ClientErrorStale is how long after that it is served if upstream fails.
	ClientErrorStale = 5 * time.Minute
)

// Decide says whether and for how long upstream's response to a GET of path is
// stored. upstream is its header and may be nil; answered is when it arrived.
//
// The lifetime is the one of the settings, which s-maxage or else max-age may
// lengthen up to MaxLengthened or shorten down to Floor. Upstream's Age counts
// against it, since that time was spent in a cache before this one, but also not
// below Floor: a cache upstream that never refreshes would otherwise leave no hits
// here. Date does not count: freshness would depend on how far two clocks differ.
func (p *Policy) Decide(path string, status int, upstream http.Header, answered time.Time) StoreDecision {
	d := StoreDecision{Age: parseAge(upstream)}
	d.Date, _ = ParseHTTPDateLoosely(upstream.Get("Date"), answered)
	cc := parseCacheControl(upstream.Values("Cache-Control"))
	ttl := p.ttl(path)
	whileRevalidate, ifError := max(p.StaleWhileRevalidate, 0), max(p.StaleIfError, 0)
	switch storabilityOf(status) {
	case notStored:
		d.Reason = "status"
		return d
	case storedBriefly:
		d.Lifetime = min(ClientErrorTTL, ttl)
		whileRevalidate, ifError = 0, min(ClientErrorStale, ifError)
	case stored:
		d.Lifetime = p.lifetime(ttl, d.Age, cc)
	}
	d.Store = true
	d.FreshUntil = answered.Add(d.Lifetime)
	d.StaleWhileRevalidateUntil = d.FreshUntil.Add(whileRevalidate)
	d.StaleIfErrorUntil = d.FreshUntil.Add(ifError)
	d.Overridden = cc.prohibitions()
	return d
}

// ttl returns the lifetime that the settings give to path.
func (p *Policy) ttl(path string) time.Duration {
	for _, r := range p.Rules {
		if matches(r.Pattern, path) {
			return max(r.TTL, 0)
		}
	}
	return max(p.TTL, 0)
}

// lifetime returns how long a response of that age is fresh, given the lifetime of
// the settings and upstream's directives.
func (p *Policy) lifetime(ttl, age time.Duration, cc cacheControl) time.Duration {
	floor := min(max(p.Floor, 0), ttl)
	life := ttl
	if asked, ok := cc.freshness(); ok {
		life = min(asked, max(ttl, MaxLengthened))
	}
	return max(life-age, floor)
}

// storability is how long a response with some status is stored under a Policy.
type storability uint8

const (
	// notStored: the response may depend on who asked, on when, or on the state
	// that upstream is in.
	notStored storability = iota
	// storedBriefly: it follows from the request alone, but not for ever.
	storedBriefly
	// stored: it is what was asked for.
	stored
)

// storabilityOf lists the statuses that are stored. 302 and 307 are temporary by
// definition, 206 and 304 are not whole, and 401, 403, 407, 408, 425 and 429
// depend on the client and not on the resource.
func storabilityOf(status int) storability {
	switch status {
	case http.StatusOK, http.StatusMovedPermanently, http.StatusPermanentRedirect:
		return stored
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusNotAcceptable, http.StatusGone, http.StatusRequestURITooLong:
		return storedBriefly
	}
	return notStored
}

// matches reports whether pattern covers the whole of s. Each '*' in pattern
// stands for any run of bytes, every other byte for itself.
//
// A '*' first covers nothing, and one byte more each time that what follows it
// does not fit. Only the last one that was passed is ever widened: the earlier
// ones leave it the most to choose from already. So the time is at worst
// len(pattern) × len(s), for any pattern.
func matches(pattern, s string) bool {
	var p, i int           // how far both are matched
	star, covered := -1, 0 // the last '*', and the end of what it covers
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, covered = p, i
			p++
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case star >= 0:
			covered++
			p, i = star+1, covered
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
