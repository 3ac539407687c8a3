package proxy

import "net/http"

// moveTimeBounds makes a request that filters by the time at which it is sent
// ask for what it would have asked for at the beginning of the freshness
// interval. Without this each poll of such a client is a resource of its own. The
// answer is what the client would have got at most one interval ago, and says so.
func (h *Handler) moveTimeBounds(x *exchange) {
	if x.Request.URL.RawQuery == "" {
		return
	}
	interval := h.options.Policy.Decide(x.resource.Path, http.StatusOK, nil, x.Start).Lifetime
	moved, ok := x.resource.Moved(x.Start, interval)
	if !ok {
		return
	}
	x.resource, x.moved = &moved, true
	x.windows = planWindows(&moved, h.resolver.widths)
}

// movedDetail tells that time bounds were moved.
const movedDetail = "time-bound-moved"
