package cache

import (
	"net/http"
	"net/url"
	"time"
)

// Shared is the rules of HTTP for a cache that many clients share: RFC 9111 with
// its extensions, nothing assumed where they are silent. It is pure: it reads no
// clock and remembers nothing.
type Shared struct {
	// StaleIfError is how long after its freshness an answer may be served when
	// upstream fails, if it says nothing itself: the configuration that RFC 9111,
	// section 4.2.4, allows. If zero, no time at all.
	StaleIfError time.Duration
	// Surrogate is the name by which Surrogate-Control calls this cache. If
	// empty, that field is ignored.
	Surrogate string
}

// Exchange is a request that went upstream and what came back.
type Exchange struct {
	Method  string
	URL     *url.URL    // as the client asked; only its path and query count
	Request http.Header // as it was sent
	Status  int
	// Response is the head of the response.
	Response http.Header
	// Asked is when the request was sent, Answered when the head came, by our clock.
	Asked, Answered time.Time
}

// Judgement is what the rules say about one answer.
type Judgement struct {
	// Store tells whether the answer may be kept. If not, Why is the reason, a
	// token, and the rest is zero.
	Store bool
	Why   string
	// Lifetime is how long the answer is fresh, counted from its generation.
	Lifetime time.Duration
	// What belongs into the fields of Entry that have these names.
	FreshUntil, StaleWhileRevalidateUntil, StaleIfErrorUntil time.Time
	Age                                                      time.Duration
	Date                                                     time.Time
	// Omit are the fields that may not be kept with the answer, as
	// no-cache="…" and private="…" name them.
	Omit   []string
	Traits Traits
}

// Judge says whether and how long an answer may be kept (RFC 9111, sections 3
// and 4.2).
func (s *Shared) Judge(x *Exchange) Judgement {
	said := s.directives(x.Response)
	life, explicit := lifetime(x, &said)
	if why := refusal(x, &said, explicit); why != "" {
		return Judgement{Why: why}
	}
	age, known := ageOf(x.Response)
	if !known {
		life = 0
	}
	j := Judgement{
		Store: true, Lifetime: life, Age: age, Date: dateOf(x),
		Omit: said.omitted(), Traits: said.traits(),
	}
	if said.noCache && said.noCacheFields == "" {
		life = 0 // section 5.2.2.4: never used without validation
	}
	e := Entry{Asked: x.Asked, Answered: x.Answered, Age: j.Age, Date: j.Date}
	j.FreshUntil = x.Answered.Add(life - e.CurrentAge(x.Answered))
	swr, sie := s.windows(x.Status, &said, j.Traits)
	j.StaleWhileRevalidateUntil, j.StaleIfErrorUntil = j.FreshUntil.Add(swr), j.FreshUntil.Add(sie)
	if life <= 0 && !hasValidator(x.Response) && swr <= 0 && !said.staleIfError.said {
		return Judgement{Why: "no-validator"}
	}
	return j
}

// windows returns how long a stale answer may be used (RFC 5861). What must be
// validated when it is stale has neither window, and a failure that was kept is no
// better than another.
func (s *Shared) windows(status int, said *directives, t Traits) (swr, sie time.Duration) {
	if t.NeverStale {
		return 0, 0
	}
	swr = said.staleWhileRevalidate.value
	switch {
	case status >= http.StatusInternalServerError:
		return swr, 0
	case said.staleIfError.said:
		return swr, said.staleIfError.value
	}
	return swr, max(s.StaleIfError, 0)
}

// Traits are what an answer says about its reuse beyond times.
type Traits struct {
	// NeverStale answers are not used after their freshness without validation,
	// whoever allows it: must-revalidate, proxy-revalidate, s-maxage, no-cache
	// (RFC 9111, section 4.2.4).
	NeverStale bool
	// Immutable answers do not change while they are fresh (RFC 8246).
	Immutable bool
}

// Traits reads them from the header of a stored answer.
func (s *Shared) Traits(h http.Header) Traits {
	said := s.directives(h)
	return said.traits()
}

// hasValidator reports whether an answer can be validated (RFC 9110, section 8.8).
func hasValidator(h http.Header) bool {
	return h.Get("Etag") != "" || h.Get("Last-Modified") != ""
}

// dateOf is when the answer was generated. One that does not say counts from when
// it came (RFC 9110, section 6.6.1).
func dateOf(x *Exchange) time.Time {
	if date, ok := parseHTTPDate(x.Response.Get("Date"), x.Answered); ok {
		return date
	}
	return x.Answered
}
