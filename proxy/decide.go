package proxy

import (
	"errors"
	"net/http"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/collection"
	"perigee/proxy/fetch"
	"perigee/proxy/ll2"
	"perigee/proxy/quota"
	"perigee/proxy/render"
	"perigee/proxy/respond"
	"perigee/proxy/upstream"
)

// decision is what becomes of a request: exactly one of source, fwd and err is set.
type decision struct {
	// source is what to serve, and handling how that came about.
	source   render.Source
	handling respond.Handling
	// selection is the windows that a served page is cut from; nil: it is not cut.
	selection *collection.Selection
	// fwd is why upstream is to be asked.
	fwd respond.Fwd
	// err is why there is no answer.
	err error
	// refresh is to be fetched meanwhile, with nobody waiting.
	refresh []*ll2.Resource
}

// rules are what a decision depends on beside what is cached and asked for.
type rules struct {
	now time.Time
	// offline: there is nobody to ask.
	offline bool
	// reloadInterval is how often at most a resource is fetched because a client
	// insists. Each reload costs a request of everybody's quota.
	reloadInterval time.Duration
}

// decide says what to do with what is cached for a question, asked with the
// directives d: serve it, serve it while it is refreshed, ask upstream, or refuse
// (RFC 9111, section 4). It is pure.
func decide(q *question, c *cached, d *rfc9111.RequestDirectives, r rules) decision {
	switch {
	case r.offline:
		return decideOffline(c, d, r.now)
	case q.plan == nil:
		return decideWhole(q, c, d, r)
	}
	return decidePage(q, c, d, r)
}

// decideWhole is decide for a resource itself.
func decideWhole(q *question, c *cached, d *rfc9111.RequestDirectives, r rules) decision {
	if c.whole == nil {
		return ask(respond.FwdURIMiss, d)
	}
	handling, fwd, refresh := reuse(c.whole.Entry(), d, r)
	if fwd != respond.NotForwarded {
		return ask(fwd, d)
	}
	decided := decision{source: c.whole, handling: handling}
	if refresh {
		decided.refresh = []*ll2.Resource{q.resource}
	}
	return decided
}

// decidePage is decide for a page that is cut from windows.
func decidePage(q *question, c *cached, d *rfc9111.RequestDirectives, r rules) decision {
	if beyond := c.windows.Beyond; beyond != nil && beyond.State(r.now) == cache.Fresh {
		return decision{source: emptyPage(c), handling: respond.Handling{
			Outcome: respond.Hit, TTL: beyond.FreshUntil.Sub(r.now),
		}}
	}
	decided := decision{source: c.page, handling: respond.Handling{Outcome: respond.Hit}, selection: c.selection}
	for i, e := range c.windows.Entries {
		if e == nil { // the page itself may be cached
			whole := decideWhole(q, c, d, r)
			whole.refresh = append(decided.refresh, whole.refresh...)
			return whole
		}
		handling, fwd, refresh := reuse(e, d, r)
		if fwd != respond.NotForwarded {
			again := ask(fwd, d)
			again.refresh = decided.refresh
			return again
		}
		if refresh {
			decided.refresh = append(decided.refresh, &c.windows.Plan.Windows[i])
		}
		if handling.Outcome == respond.Stale {
			decided.handling.Outcome = respond.Stale
		}
		if handling.Detail != "" {
			decided.handling.Detail = handling.Detail
		}
	}
	switch {
	case c.selection.Renew >= 0 && decided.handling.Detail == "" && decided.refresh == nil:
		return ask(respond.FwdStale, d) // for windows that belong together
	case c.page == nil:
		again := ask(respond.FwdURIMiss, d)
		again.refresh = decided.refresh
		return again
	}
	if decided.handling.TTL = c.page.Oldest().FreshUntil.Sub(r.now); decided.handling.TTL < 0 {
		decided.handling.Outcome = respond.Stale // a walker reads on in what others are not given any more
	}
	return decided
}

// emptyPage is the page that lies beyond the end of its list.
func emptyPage(c *cached) render.Source {
	page, _ := render.NewPage(c.windows.Plan.Page, []*cache.Entry{c.windows.Beyond})
	return page
}

// reuse says how an entry is served, and whether it is refreshed meanwhile, or why
// it must not be served.
func reuse(e *cache.Entry, d *rfc9111.RequestDirectives, r rules) (h respond.Handling, fwd respond.Fwd, refresh bool) {
	h = respond.Handling{Outcome: respond.Stale, TTL: e.FreshUntil.Sub(r.now)}
	switch d.Reuse(e, rfc9111.ReuseRules{}, r.now) {
	case rfc9111.ServeFresh:
		h.Outcome = respond.Hit
	case rfc9111.ServeWhileRevalidate:
		refresh = true
	case rfc9111.ServeStale:
		h.Detail = "stale-allowed"
	case rfc9111.ValidateRequested:
		if d.OnlyIfCached || r.now.Sub(e.Answered) >= r.reloadInterval {
			return respond.Handling{}, respond.FwdRequest, false
		}
		h.Detail = "reload-limited"
		if h.TTL > 0 {
			h.Outcome = respond.Hit
		}
	default:
		return respond.Handling{}, respond.FwdStale, false
	}
	return h, respond.NotForwarded, refresh
}

// ask has upstream asked, unless the request forbids that (RFC 9111, section
// 5.2.1.7).
func ask(fwd respond.Fwd, d *rfc9111.RequestDirectives) decision {
	if !d.OnlyIfCached {
		return decision{fwd: fwd}
	}
	return decision{err: &respond.Problem{
		Status: http.StatusGatewayTimeout, Reason: "only-if-cached",
		Detail: "Nothing cached answers this request, and its only-if-cached forbids to ask upstream.",
	}}
}

// decideOffline serves what is cached, however old. It is as if every request said
// only-if-cached and max-stale (RFC 9111, section 5.2.1), whatever else it says:
// nobody is there who could give anything newer.
func decideOffline(c *cached, d *rfc9111.RequestDirectives, now time.Time) decision {
	decided := decision{source: c.whole}
	switch {
	case c.windows.Beyond != nil:
		decided.source = emptyPage(c)
	case c.page != nil:
		decided.source, decided.selection = c.page, c.selection
	case c.whole == nil:
		return decision{err: &respond.Problem{
			Status: http.StatusGatewayTimeout, Reason: "offline",
			Detail: "Nothing cached answers this request, and the proxy is offline (PERIGEE_OFFLINE): it serves what it has cached and asks nobody.",
		}}
	}
	h := respond.Handling{Outcome: respond.Hit, TTL: decided.source.Entry().FreshUntil.Sub(now)}
	for _, e := range decided.source.Entries() {
		h.TTL = min(h.TTL, e.FreshUntil.Sub(now))
		switch {
		case e.State(now) != cache.Fresh:
			h.Outcome, h.Detail = respond.Stale, "stale-offline"
		case h.Outcome == respond.Hit && d.Reuse(e, rfc9111.ReuseRules{}, now) != rfc9111.ServeFresh:
			h.Detail = "reload-offline"
		}
	}
	decided.handling = h
	return decided
}

// fetched is what came of a fetch.
type fetched struct {
	result  *fetch.Result // nil if there is an error
	started bool          // by this request, and not another
	err     error
}

// billed reports whether a request was sent upstream for this request.
func (f fetched) billed() bool {
	if !f.started {
		return false
	}
	if f.result != nil {
		return f.result.Origin != fetch.FromCache
	}
	failure, ok := errors.AsType[*upstream.Error](f.err)
	return ok && failure.Sent
}

// good reports whether the fetch brought an answer that may be stored.
func (f fetched) good() bool { return f.err == nil && f.result.Fault == "" }

// throttled reports whether there was no quota for the fetch, or upstream said so.
func (f fetched) throttled() bool {
	_, refused := errors.AsType[*quota.RefusedError](f.err)
	return refused || f.result != nil && f.result.Entry.Status == http.StatusTooManyRequests
}

// conclude is decide once more, with what the fetch for the reason fwd has brought:
// serve it, or what is cached in its place (RFC 5861, section 4; throttling counts
// as failure here), or relay what upstream said. It is pure.
func conclude(f fetched, fallback render.Source, fwd respond.Fwd, now time.Time) decision {
	switch {
	case f.good():
		return decision{source: render.Whole(f.result.Entry), handling: fetchHandling(f, fwd, now)}
	case fallback != nil && servable(fallback, now):
		return decision{source: fallback, handling: fallbackHandling(fallback.Oldest(), f, now)}
	case f.throttled():
		return decision{err: errThrottled}
	case f.err != nil:
		return decision{err: f.err}
	case f.result.Fault == fetch.FaultMalformed, f.result.Fault == fetch.FaultMediaType, f.result.Fault == fetch.FaultRedirect:
		// What upstream said is passed on, but not what it only half said.
		return decision{err: faultyProblem(f.result.Fault)}
	}
	return decision{source: render.Whole(f.result.Entry), handling: fetchHandling(f, fwd, now)}
}

// servable reports whether all that a source is made of may be served in place of
// a failure.
func servable(s render.Source, now time.Time) bool {
	for _, e := range s.Entries() {
		if e.State(now) == cache.Dead {
			return false
		}
	}
	return true
}

// fetchHandling says how a request was handled that is answered with what was
// fetched.
func fetchHandling(f fetched, fwd respond.Fwd, now time.Time) respond.Handling {
	switch {
	case f.result.Origin == fetch.FromCache:
		return respond.Handling{Outcome: respond.Hit, TTL: f.result.Entry.FreshUntil.Sub(now)}
	case f.started:
		return respond.Handling{Outcome: respond.Miss, Fwd: fwd, FwdStatus: f.result.Entry.Status, Stored: f.result.Stored}
	}
	return respond.Handling{Outcome: respond.Collapsed, Fwd: fwd, Stored: f.result.Stored}
}

// fallbackHandling says why what is cached is given in place of something newer.
func fallbackHandling(cached *cache.Entry, f fetched, now time.Time) respond.Handling {
	h := respond.Handling{Outcome: respond.Stale, TTL: cached.FreshUntil.Sub(now)}
	if cached.State(now) == cache.Fresh { // the client wanted a newer one
		h.Outcome = respond.Hit
	}
	switch {
	case f.throttled():
		h.Detail = "stale-quota"
	case f.err != nil:
		h.Detail = "stale-" + problemOf(f.err).Reason
	default:
		h.Detail = "stale-upstream-" + f.result.Fault
	}
	return h
}
