package httpcache

import (
	"net/http"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/respond"
)

// action is what is done with a request.
type action uint8

const (
	serve           action = iota // from the store
	serveAndRefresh               // from the store, and ask upstream with nobody waiting
	forward                       // ask upstream
	refuse                        // nothing answers it
)

// decision is what is done with one request, and why.
type decision struct {
	action   action
	entry    *cache.Entry     // to serve
	handling respond.Handling // of a served request; of a forwarded one only Fwd
	problem  *respond.Problem // of a refused one
}

// decide is the one decision before upstream is asked. It is pure: found is what is
// stored for the request, which need not be looked up where the store has no part
// in the answer.
func decide(r *http.Request, d *rfc9111.RequestDirectives, found found, now time.Time) decision {
	if p := respond.Admit(r); p != nil {
		return decision{action: refuse, problem: p}
	}
	switch {
	case r.Method == http.MethodConnect:
		return decision{action: refuse, problem: &respond.Problem{
			Status: http.StatusMethodNotAllowed, Reason: "method",
			Detail: "This is a cache in front of one server, not a tunnel.",
		}}
	case !reads(r):
		return forwarded(respond.FwdMethod)
	case !cacheable(r):
		return forwarded(respond.FwdBypass)
	}
	made := reuse(d, found, now)
	if made.action == forward && d.OnlyIfCached {
		return decision{action: refuse, problem: &respond.Problem{
			Status: http.StatusGatewayTimeout, Reason: "only-if-cached",
			Detail: "Nothing that is cached answers this request, and it allows nothing else.",
		}}
	}
	return made
}

// reuse decides whether what is stored answers the request (RFC 9111, section 4).
func reuse(d *rfc9111.RequestDirectives, found found, now time.Time) decision {
	switch {
	case d.NoStore:
		return forwarded(respond.FwdRequest)
	case found.part != nil && d.Reuse(found.part, reuseRules(found.part), now) == rfc9111.ServeFresh:
		return decision{entry: found.part, handling: served(found.part, respond.Hit, now)}
	case found.entry == nil:
		return forwarded(found.why)
	}
	e := found.entry
	switch d.Reuse(e, reuseRules(e), now) {
	case rfc9111.ServeFresh:
		return decision{entry: e, handling: served(e, respond.Hit, now)}
	case rfc9111.ServeWhileRevalidate:
		return decision{action: serveAndRefresh, entry: e, handling: served(e, respond.Stale, now)}
	case rfc9111.ServeStale:
		handling := served(e, respond.Stale, now)
		handling.Detail = "max-stale"
		return decision{entry: e, handling: handling}
	case rfc9111.ValidateRequested:
		return forwarded(respond.FwdRequest)
	}
	return forwarded(respond.FwdStale)
}

func forwarded(why respond.Fwd) decision {
	return decision{action: forward, handling: respond.Handling{Fwd: why}}
}

// served is how a request is handled that e answers.
func served(e *cache.Entry, o respond.Outcome, now time.Time) respond.Handling {
	return respond.Handling{Outcome: o, TTL: e.FreshUntil.Sub(now)}
}

// reads reports whether a request asks for a representation.
func reads(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// cacheable reports whether the store may have a part in the answer. A request
// with a body means what only upstream knows, one that asks for another protocol
// wants no answer, and If-Match and If-Unmodified-Since are for the origin alone
// (RFC 9111, section 4.3.2).
func cacheable(r *http.Request) bool {
	h := r.Header
	return reads(r) && r.ContentLength == 0 && h["Upgrade"] == nil &&
		h["If-Match"] == nil && h["If-Unmodified-Since"] == nil
}

// reuseRules are those of a stored response. They are read again where the tier has
// not kept them.
func reuseRules(e *cache.Entry) rfc9111.ReuseRules {
	if r, ok := e.Derived.(rfc9111.ReuseRules); ok {
		return r
	}
	return (&rfc9111.Shared{Surrogate: surrogateName}).ReuseRules(e.Header)
}
