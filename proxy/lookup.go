package proxy

import (
	"net/http"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/respond"
)

// lookUp answers from the store if it can without waiting for upstream: with what
// is fresh, with what may be served while it is refreshed, and with what the
// client itself says is good enough. Otherwise it notes why not.
func (h *Handler) lookUp(x *exchange) bool {
	x.fwd = respond.FwdURIMiss
	wish := wishOf(x.Request)
	held, ok := h.held(x)
	if !ok {
		return h.onlyHeld(x, &wish)
	}
	entry := held.entry
	v := respond.Handling{Outcome: respond.Stale, TTL: entry.FreshUntil.Sub(x.Start)}
	switch wish.Reuse(entry, rfc9111.ReuseRules{}, x.Start) {
	case rfc9111.ServeFresh:
		v.Outcome = respond.Hit
	case rfc9111.ServeWhileRevalidate:
		v.Detail = h.filler.refresh(x.resource)
	case rfc9111.ServeStale:
		v.Detail = "stale-allowed"
	case rfc9111.ValidateRequested:
		x.fwd = respond.FwdRequest
		if wish.OnlyIfCached || h.mayReload(entry, x.Start) {
			return h.onlyHeld(x, &wish)
		}
		v.Outcome, v.Detail = respond.Hit, "reload-limited"
		if v.TTL <= 0 {
			v.Outcome = respond.Stale
		}
	default:
		x.fwd = respond.FwdStale
		return h.onlyHeld(x, &wish)
	}
	if held.element != nil {
		h.observer.ObjectFromList()
	}
	x.answer(held, v)
	return true
}

// wishOf reads what the client says about the answers it will take. Its no-store
// is of no account here: what is fetched is public and for all, and nothing of
// the client is in it.
func wishOf(r *http.Request) rfc9111.RequestDirectives {
	if r.Header["Cache-Control"] == nil && r.Header["Pragma"] == nil {
		return rfc9111.RequestDirectives{}
	}
	return rfc9111.ParseRequest(r.Header)
}

// mayReload reports whether a client that wants a newer answer is heeded. Each
// reload costs a request of everybody's quota, so that a resource is not fetched
// again for that reason before the interval is over.
func (h *Handler) mayReload(e *cache.Entry, now time.Time) bool {
	return now.Sub(e.Answered) >= h.options.ReloadInterval
}

// onlyHeld refuses a request that will not have upstream asked (RFC 9111
// §5.2.1.7). It reports whether it did.
func (h *Handler) onlyHeld(x *exchange, wish *rfc9111.RequestDirectives) bool {
	if !wish.OnlyIfCached {
		return false
	}
	x.writeProblem(&respond.Problem{
		Status: http.StatusGatewayTimeout, Reason: "only-if-cached",
		Detail: "Nothing held answers this request, and its only-if-cached forbids to ask upstream.",
	})
	return true
}
