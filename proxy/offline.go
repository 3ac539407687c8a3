package proxy

import (
	"iter"
	"net/http"
	"slices"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/respond"
)

// serveOffline answers with what is held, however old, or says that nothing is. It
// is as if every request said only-if-cached and max-stale (RFC 9111 §5.2.1),
// whatever else it says: nobody is there who could give anything newer.
func (h *Handler) serveOffline(x *exchange) {
	if x.windows != nil && h.cutOffline(x) || h.wholeOffline(x) {
		return
	}
	x.writeProblem(&respond.Problem{
		Status: http.StatusGatewayTimeout, Reason: "offline",
		Detail: "Nothing held answers this request, and the proxy is offline (PERIGEE_OFFLINE): it serves what it holds and asks nobody.",
	})
}

// cutOffline answers with a page cut from windows, if all that it needs are held.
func (h *Handler) cutOffline(x *exchange) bool {
	held, beyond := h.heldWindows(x)
	if beyond != nil {
		s := subject{entry: beyond, page: &x.resource.Page}
		x.answer(s, offlineVerdict(x, s))
		return true
	}
	if slices.Contains(held, nil) {
		return false
	}
	client := h.client(x)
	picked, choice := h.lists.choose(x, client, held)
	s, ok := h.subject(x, picked)
	if !ok {
		s, ok = s.oldCut()
	}
	if !ok {
		return false
	}
	h.lists.step(x, client, choice.Generation)
	v := offlineVerdict(x, s)
	h.tellCut(&v, s, choice)
	x.answer(s, v)
	return true
}

// oldCut makes the page one of the list as it was when the oldest window was
// fetched. Where the list has grown since, this window is too short for the count
// of a newer one, and nobody can be asked for the elements between.
func (s subject) oldCut() (subject, bool) {
	s.envelope = s.oldest()
	_, ok := s.cut()
	return s, ok
}

// wholeOffline answers with an entry as it is, or with an element of one. What
// upstream said to a window in place of a page it says to every page of it.
func (h *Handler) wholeOffline(x *exchange) bool {
	s, ok := h.held(x)
	if !ok && x.windows != nil {
		e, held := h.options.Store.Get(x.windows.needed[0].Key)
		s, ok = whole(e), held && e.Status != http.StatusOK
	}
	if !ok {
		return false
	}
	if s.element != nil {
		h.observer.ObjectFromList()
	}
	x.answer(s, offlineVerdict(x, s))
	return true
}

// offlineVerdict says how old what is held is, and whether the client would have
// had something newer fetched.
func offlineVerdict(x *exchange, s subject) respond.Handling {
	wish := wishOf(x.Request)
	v := respond.Handling{Outcome: respond.Hit, TTL: s.entry.FreshUntil.Sub(x.Start)}
	for _, e := range append([]*cache.Entry{s.entry}, s.others...) {
		v.TTL = min(v.TTL, e.FreshUntil.Sub(x.Start))
		switch {
		case e.State(x.Start) != cache.Fresh:
			v.Outcome, v.Detail = respond.Stale, "stale-offline"
		case v.Outcome == respond.Hit && wish.Reuse(e, rfc9111.ReuseRules{}, x.Start) != rfc9111.ServeFresh:
			v.Detail = "reload-offline"
		}
	}
	return v
}

// LearnHeld finds out which objects stand in entries that are held from earlier
// runs, as they come from where they were kept: what is derived from them is not
// there. It reads them all. Call it before the first request.
//
// Without it, of what was imported only those lists answer for their objects that
// were asked for here, and offline that may be none.
func (h *Handler) LearnHeld(entries iter.Seq[*cache.Entry]) {
	rebuild := Rebuilder(h.options.UpstreamURL)
	for e := range entries {
		res, ok := resourceOf(e)
		if !ok || !res.HasObjects() {
			continue
		}
		if e = rebuild(e); e != nil {
			h.objects.place(e, objectsIn(&res, e))
		}
	}
}
