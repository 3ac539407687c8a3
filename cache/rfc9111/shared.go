package rfc9111

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"perigee/cache"
)

// Shared is the rules for a cache that many clients share: RFC 9111 with its
// extensions, and nothing assumed where they are silent.
type Shared struct {
	// StaleIfError is how long a stale response may be served when upstream
	// fails, if the response does not say: the configuration that RFC 9111,
	// section 4.2.4, allows. If zero, no time at all.
	StaleIfError time.Duration
	// Surrogate is the name by which Surrogate-Control addresses this cache. If
	// empty, that field is ignored.
	Surrogate string
}

// Exchange is a request that was sent upstream and the response to it.
type Exchange struct {
	Method  string
	URL     *url.URL    // as the client sent it; only path and query count
	Request http.Header // as it was sent upstream
	Status  int
	// Response is the header of the response.
	Response http.Header
	// Asked is when the request was sent, Answered when the header of the
	// response arrived (request_time and response_time of RFC 9111, section 4.2.3).
	Asked, Answered time.Time
}

// StoreDecision says whether a response may be stored, and for how long.
type StoreDecision struct {
	// Store tells whether the response may be stored. If not, Reason is a token
	// that says why, and everything that depends on storing is zero.
	Store  bool
	Reason string
	// Lifetime is how long the response is fresh. Shared counts it from when the
	// response was generated (RFC 9111, section 4.2.1), Policy from its arrival.
	Lifetime time.Duration
	// The values for the fields of cache.Entry that have these names.
	FreshUntil, StaleWhileRevalidateUntil, StaleIfErrorUntil time.Time
	Age                                                      time.Duration
	Date                                                     time.Time
	// Overridden are the directives that a Policy overrides: any of no-cache,
	// no-store and private, in this order, each once. Shared overrides none.
	Overridden []string
	// Omit are the fields that may not be stored with the response, as
	// no-cache="…" and private="…" list them.
	Omit []string
	// ReuseRules are those that apply once the response is stored. A Policy has
	// none.
	ReuseRules ReuseRules
}

// ReuseRules are what a stored response says about its reuse besides times. The
// zero value restricts and allows nothing.
type ReuseRules struct {
	// NeverStale responses are not used without validation once they are stale,
	// whoever allows it: must-revalidate, proxy-revalidate, s-maxage, no-cache
	// (RFC 9111, section 4.2.4).
	NeverStale bool
	// Immutable responses do not change while they are fresh (RFC 8246).
	Immutable bool
}

// Decide says whether and for how long a response may be stored (RFC 9111,
// sections 3 and 4.2).
func (s *Shared) Decide(x *Exchange) StoreDecision {
	d := parseDirectives(x.Response, s.Surrogate)
	life, explicit := lifetime(x, &d)
	if why := refusal(x, &d, explicit); why != "" {
		return StoreDecision{Reason: why}
	}
	decision := StoreDecision{
		Store: true, Lifetime: life, Age: parseAge(x.Response), Date: dateOf(x),
		Omit: d.omitted(), ReuseRules: d.reuseRules(),
	}
	if d.neverWithoutValidation() {
		life = 0
	}
	e := cache.Entry{Asked: x.Asked, Answered: x.Answered, Age: decision.Age, Date: decision.Date}
	decision.FreshUntil = x.Answered.Add(life - e.CurrentAge(x.Answered))
	whileRevalidate, ifError := s.staleFor(x.Status, &d, decision.ReuseRules)
	decision.StaleWhileRevalidateUntil = decision.FreshUntil.Add(whileRevalidate)
	decision.StaleIfErrorUntil = decision.FreshUntil.Add(ifError)
	if life <= 0 && !hasValidator(x.Response) && whileRevalidate <= 0 && !d.staleIfError.present {
		return StoreDecision{Reason: "no-validator"}
	}
	return decision
}

// ReuseRules reads the rules from the header of a stored response.
func (s *Shared) ReuseRules(h http.Header) ReuseRules {
	d := parseDirectives(h, s.Surrogate)
	return d.reuseRules()
}

// staleFor returns how long a stale response may be served while it is refreshed,
// and when upstream fails (RFC 5861). There is no such time where it must be
// validated, and a stored failure is no better than a new one.
func (s *Shared) staleFor(status int, d *directives, r ReuseRules) (whileRevalidate, ifError time.Duration) {
	if r.NeverStale {
		return 0, 0
	}
	whileRevalidate = d.staleWhileRevalidate.value
	switch {
	case status >= http.StatusInternalServerError:
		return whileRevalidate, 0
	case d.staleIfError.present:
		return whileRevalidate, d.staleIfError.value
	}
	return whileRevalidate, max(s.StaleIfError, 0)
}

// refusal returns the reason why a response may not be stored (RFC 9111, section
// 3), or "" if it may.
func refusal(x *Exchange, d *directives, explicit bool) string {
	switch {
	case parseCacheControl(x.Request["Cache-Control"]).noStore:
		return "request-no-store"
	case !storableStatus(x.Status):
		return "status"
	case d.mustUnderstand && http.StatusText(x.Status) == "":
		return "must-understand" // section 5.2.2.3
	case d.noStore && !d.mustUnderstand:
		return "no-store"
	case d.private && d.privateFields == "":
		return "private"
	case variesTooMuch(x.Response):
		return "vary"
	case !storableMethod(x, explicit):
		return "method"
	case len(x.Request["Authorization"]) > 0 && !d.allowsAuthorized():
		return "authorization"
	case !explicit && !d.public && !heuristicStatus(x.Status):
		return "no-freshness"
	case !d.public && setsCookie(x.Response) && !slices.Contains(d.omitted(), "Set-Cookie"):
		return "set-cookie" // section 7.3: who is given it becomes the one it was made for
	}
	return ""
}

// storableStatus reports whether responses with a status may be stored at all. Not
// those that are about one request, its credentials, conditions, range, content or
// connection: they would answer others, whose requests are good. RFC 6585 forbids
// it for the statuses that it defines.
func storableStatus(status int) bool {
	switch status {
	case http.StatusNotModified, http.StatusUnauthorized, http.StatusProxyAuthRequired,
		http.StatusRequestTimeout, http.StatusLengthRequired, http.StatusPreconditionFailed,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusRequestedRangeNotSatisfiable, http.StatusExpectationFailed,
		http.StatusMisdirectedRequest, http.StatusTooEarly, http.StatusUpgradeRequired,
		http.StatusPreconditionRequired, http.StatusTooManyRequests,
		http.StatusRequestHeaderFieldsTooLarge, http.StatusHTTPVersionNotSupported,
		http.StatusNetworkAuthenticationRequired:
		return false
	}
	return status >= http.StatusOK
}

// storableMethod reports whether the response answers a GET or can be reused for
// one: the response to a POST may be the resource that it was sent to, for an
// explicit time (RFC 9110, section 9.3.3).
func storableMethod(x *Exchange, explicit bool) bool {
	switch x.Method {
	case http.MethodGet:
		return true
	case http.MethodPost:
		location := x.Response.Get("Content-Location")
		if !explicit || location == "" || x.Status != http.StatusOK {
			return false
		}
		target, err := x.URL.Parse(location)
		return err == nil && target.Host == x.URL.Host && target.RequestURI() == x.URL.RequestURI()
	}
	return false
}

// heuristicStatus reports whether a status is heuristically cacheable (RFC 9110,
// section 15.1).
func heuristicStatus(status int) bool {
	return slices.Contains([]int{
		http.StatusOK, http.StatusNonAuthoritativeInfo, http.StatusNoContent, http.StatusPartialContent,
		http.StatusMultipleChoices, http.StatusMovedPermanently, http.StatusPermanentRedirect,
		http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone,
		http.StatusRequestURITooLong, http.StatusNotImplemented,
	}, status)
}

// Heuristic freshness (RFC 9111, section 4.2.2): a tenth of the time since the
// response was last modified, as that section suggests, and never more than a day.
const (
	heuristicFraction = 10
	maxHeuristic      = 24 * time.Hour
)

// lifetime returns how long a response is fresh, counted from when it was
// generated (RFC 9111, section 4.2.1): s-maxage, else max-age, else Expires minus
// Date, else a heuristic. explicit is false for the last.
func lifetime(x *Exchange, d *directives) (life time.Duration, explicit bool) {
	if life, ok := d.freshness(); ok {
		return life, true
	}
	if lines := x.Response["Expires"]; len(lines) > 0 && !d.targeted {
		expires, ok := ParseHTTPDate(lines[0], x.Answered)
		if !ok || len(lines) > 1 {
			return 0, true // section 5.3: what is not one valid date is in the past
		}
		return clampDelta(expires.Sub(dateOf(x))), true
	}
	return heuristicLifetime(x, d), false
}

// heuristicLifetime estimates a lifetime where upstream states none. A response
// that sets a cookie was made for one client: it is not served to others on a guess.
func heuristicLifetime(x *Exchange, d *directives) time.Duration {
	modified, ok := ParseHTTPDateLoosely(x.Response.Get("Last-Modified"), x.Answered)
	if !ok || !heuristicStatus(x.Status) && !d.public || setsCookie(x.Response) {
		return 0
	}
	return min(clampDelta(dateOf(x).Sub(modified))/heuristicFraction, maxHeuristic)
}

// dateOf returns when a response was generated. Without a valid Date that is when
// it arrived (RFC 9110, section 6.6.1).
func dateOf(x *Exchange) time.Time {
	if date, ok := ParseHTTPDateLoosely(x.Response.Get("Date"), x.Answered); ok {
		return date
	}
	return x.Answered
}

func setsCookie(h http.Header) bool { return len(h["Set-Cookie"]) > 0 }

// hasValidator reports whether a response can be validated (RFC 9110, section 8.8).
func hasValidator(h http.Header) bool {
	return h.Get("Etag") != "" || h.Get("Last-Modified") != ""
}

// allowsAuthorized reports whether the response to an authenticated request may be
// served to other clients (RFC 9111, section 3.5).
func (d *directives) allowsAuthorized() bool {
	return d.public || d.mustRevalidate || d.sMaxAge.present
}

// neverWithoutValidation reports whether no-cache applies to the whole response
// (RFC 9111, section 5.2.2.4).
func (d *directives) neverWithoutValidation() bool {
	return d.noCache && d.noCacheFields == ""
}

// reuseRules returns what applies after the response is stored.
func (d *directives) reuseRules() ReuseRules {
	return ReuseRules{
		NeverStale: d.mustRevalidate || d.proxyReval || d.sMaxAge.present || d.neverWithoutValidation(),
		Immutable:  d.immutable,
	}
}

// omitted returns the fields that no-cache and private list (RFC 9111, sections
// 5.2.2.4 and 5.2.2.7). Without them the response may be stored and reused.
func (d *directives) omitted() []string {
	var names []string
	for _, list := range [...]string{d.noCacheFields, d.privateFields} {
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.Trim(name, " \t"); name != "" {
				names = append(names, http.CanonicalHeaderKey(name))
			}
		}
	}
	return names
}
