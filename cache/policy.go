package cache

import (
	"net/http"
	"time"
)

// Policy says how long answers to anonymous GETs are kept where the operator's
// settings decide, and upstream's Cache-Control is only advice. It is pure: it
// reads no clock and remembers nothing. Negative durations count as zero.
type Policy struct {
	// TTL is how long an answer is fresh if no rule speaks of its path. If
	// zero, it is stale at once.
	TTL time.Duration
	// Rules are tried in order, the first that matches decides instead of TTL.
	Rules []Rule
	// Floor is how far upstream may shorten that, one minute by design. If
	// zero, upstream may have everything stale at once. Floor never lengthens:
	// where TTL or the rule is shorter, upstream may not shorten it at all.
	Floor time.Duration
	// StaleWhileRevalidate is how long after it was fresh an answer may be
	// served while it is refreshed, StaleIfError how long when upstream fails.
	// Both windows begin when freshness ends. If zero, there is none.
	StaleWhileRevalidate, StaleIfError time.Duration
}

// Rule gives the paths that match Pattern a TTL of their own.
type Rule struct {
	// Pattern is compared with the whole escaped path. Each '*' stands for any
	// run of characters, none and '/' included; all else stands for itself.
	Pattern string
	TTL     time.Duration
}

// Bounds that are not for the settings to change.
const (
	// MaxLengthened is how long upstream can make an answer fresh beyond the
	// settings: a day. A stray max-age=31536000 must not freeze a list of
	// launches, and asking for a page once a day costs next to nothing.
	MaxLengthened = 24 * time.Hour
	// ClientErrorTTL is how long 400, 404 and their like are fresh: long enough
	// to take the sting out of a client in a loop, short enough that what was
	// published meanwhile is soon found.
	ClientErrorTTL = time.Minute
	// ClientErrorStale is how long after that they are served if upstream fails.
	ClientErrorStale = 5 * time.Minute
)

// Decision is what a Policy says about one answer.
type Decision struct {
	// Store tells whether the answer may be kept. If not, Lifetime and the
	// times of Entry are zero, and nothing was overridden.
	Store bool
	// Lifetime is how long the answer is fresh, counted from when it arrived.
	// What upstream's own Age took off it is gone already.
	Lifetime time.Duration
	// What belongs into the fields of Entry that have these names.
	FreshUntil, StaleWhileRevalidateUntil, StaleIfErrorUntil time.Time
	Age                                                      time.Duration
	Date                                                     time.Time
	// Overridden are the directives of upstream that the settings go against:
	// any of no-cache, no-store and private, in this order, each once.
	Overridden []string
}

// Decide says whether and how long upstream's answer to a GET of path may be
// kept. upstream is its header and may be nil, answered the moment it arrived.
//
// The lifetime is the settings', which s-maxage or else max-age may lengthen up
// to MaxLengthened or shorten down to Floor. Upstream's Age counts against it,
// since that part of the lifetime was spent in a cache before us, but also not
// below Floor: a cache upstream that never renews its answers would otherwise
// leave us without a hit. Date does not count, it would make freshness depend on
// the difference between two clocks.
func (p *Policy) Decide(path string, status int, upstream http.Header, answered time.Time) Decision {
	d := Decision{Age: parseAge(upstream), Date: parseDate(upstream)}
	said := parseCacheControl(upstream.Values("Cache-Control"))
	ttl := p.ttl(path)
	whileRevalidate, ifError := max(p.StaleWhileRevalidate, 0), max(p.StaleIfError, 0)
	switch durabilityOf(status) {
	case transient:
		return d
	case brief:
		d.Lifetime = min(ClientErrorTTL, ttl)
		whileRevalidate, ifError = 0, min(ClientErrorStale, ifError)
	case lasting:
		d.Lifetime = p.lifetime(ttl, d.Age, said)
	}
	d.Store = true
	d.FreshUntil = answered.Add(d.Lifetime)
	d.StaleWhileRevalidateUntil = d.FreshUntil.Add(whileRevalidate)
	d.StaleIfErrorUntil = d.FreshUntil.Add(ifError)
	d.Overridden = said.prohibitions()
	return d
}

// ttl returns what the settings say about path.
func (p *Policy) ttl(path string) time.Duration {
	for _, r := range p.Rules {
		if matches(r.Pattern, path) {
			return max(r.TTL, 0)
		}
	}
	return max(p.TTL, 0)
}

// lifetime is how long an answer of that age is fresh, given what the settings
// and what upstream said.
func (p *Policy) lifetime(ttl, age time.Duration, said cacheControl) time.Duration {
	floor := min(max(p.Floor, 0), ttl)
	life := ttl
	if asked, ok := said.freshness(); ok {
		life = min(asked, max(ttl, MaxLengthened))
	}
	return max(life-age, floor)
}

// durability is how long the truth of a status lasts.
type durability uint8

const (
	// transient answers are not kept: they may depend on who asked, on when,
	// or on the state upstream is in.
	transient durability = iota
	// brief answers follow from the request alone, but not for ever.
	brief
	// lasting answers are what was asked for.
	lasting
)

// durabilityOf names the statuses that are kept; every other one is transient.
// 302 and 307 are temporary by definition, 206 and 304 are no whole answers, and
// 401, 403, 407, 408, 425 and 429 speak of the asker and not of the resource.
func durabilityOf(status int) durability {
	switch status {
	case http.StatusOK, http.StatusMovedPermanently, http.StatusPermanentRedirect:
		return lasting
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusNotAcceptable, http.StatusGone, http.StatusRequestURITooLong:
		return brief
	}
	return transient
}
