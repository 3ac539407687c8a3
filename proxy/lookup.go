package proxy

import (
	"net/http"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/cachestatus"
)

// lookUp answers from the store if it can without waiting for upstream: with what
// is fresh, with what may be served while it is refreshed, and with what the
// client itself says is good enough. Otherwise it notes why not.
func (h *Handler) lookUp(x *exchange) bool {
	x.fwd = cachestatus.URIMiss
	wish := wishOf(x.r)
	held, ok := h.held(x)
	if !ok {
		return h.onlyHeld(x, &wish)
	}
	entry := held.entry
	v := verdict{outcome: Stale, ttl: entry.FreshUntil.Sub(x.start)}
	switch wish.Reuse(entry, rfc9111.ReuseRules{}, x.start) {
	case rfc9111.ServeFresh:
		v.outcome = Hit
	case rfc9111.ServeWhileRevalidate:
		v.detail = h.filler.refresh(x.resource)
	case rfc9111.ServeStale:
		v.detail = "stale-allowed"
	case rfc9111.ValidateRequested:
		x.fwd = cachestatus.Request
		if wish.OnlyIfCached || h.mayReload(entry, x.start) {
			return h.onlyHeld(x, &wish)
		}
		v.outcome, v.detail = Hit, "reload-limited"
		if v.ttl <= 0 {
			v.outcome = Stale
		}
	default:
		x.fwd = cachestatus.Stale
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
	x.writeProblem(&problem{
		status: http.StatusGatewayTimeout, reason: "only-if-cached",
		detail: "Nothing held answers this request, and its only-if-cached forbids to ask upstream.",
	})
	return true
}
