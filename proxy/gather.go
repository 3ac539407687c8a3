package proxy

import (
	"net/http"

	"perigee/cache"
	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
	"perigee/proxy/quota"
	"perigee/proxy/respond"
)

// gathering brings together the windows that one answer needs, and fetches those
// that are missing or too old, one after the other.
type gathering struct {
	h   *Handler
	x   *exchange
	out *http.Request

	held    []*cache.Entry
	fetched [maxWindows]bool
	v       respond.Handling
}

// run answers, if need be with the page asked for as it is.
func (g *gathering) run() (*http.Response, error) {
	g.v = respond.Handling{Outcome: respond.Collapsed, Fwd: g.x.fwd}
	held, _ := g.h.heldWindows(g.x)
	g.held = held
	if g.cannotAffordBoth() {
		return g.exactly()
	}
	for i := 0; i < len(g.held); i++ {
		if g.serves(g.held[i]) {
			continue
		}
		if resp, err, ok := g.fetch(i); !ok {
			return resp, err
		}
		g.reach(i)
	}
	return g.answer()
}

// serves reports whether a held window will do.
func (g *gathering) serves(e *cache.Entry) bool {
	if e == nil || g.x.fwd == respond.FwdRequest {
		return false
	}
	state := e.State(g.x.Start)
	return state == cache.Fresh || state == cache.Revalidate
}

// cannotAffordBoth reports whether two windows are missing and only one request
// is left to this client. The page itself costs but one.
func (g *gathering) cannotAffordBoth() bool {
	if len(g.held) < 2 || g.held[0] != nil || g.held[1] != nil {
		return false
	}
	return g.h.options.Gate.View(g.h.client(g.x), g.x.Start).Remaining == 1
}

// reach decides, now that window i tells the count, whether the next is needed.
func (g *gathering) reach(i int) {
	plan, next := g.x.windows, i+1
	if next >= len(plan.needed) {
		return
	}
	if !g.x.resource.Page.Reaches(plan.offsets[next], windowOf(g.held[i]).Count) {
		g.held = g.held[:next]
	}
}

// fetch fetches window i. If ok is false, resp and err are the answer.
func (g *gathering) fetch(i int) (resp *http.Response, err error, ok bool) {
	h, x, res := g.h, g.x, &g.x.windows.needed[i]
	land, led, err := h.filler.fetch(g.out.Context(), res, h.wants(x))
	g.note(land, led, err)
	switch {
	case g.out.Context().Err() != nil:
		return nil, g.out.Context().Err(), false
	case err != nil || land.fault != "" && land.fault != faultShape:
		resp, err := g.fail(land, led, err)
		return resp, err, false
	case land.entry.Status != http.StatusOK: // what upstream says to any page of this list
		return x.response(g.out, whole(land.entry), landedVerdict(x, land, led)), nil, false
	case windowOf(land.entry) == nil:
		g.doubt(res, land)
		resp, err := g.exactly()
		return resp, err, false
	}
	g.held[i], g.fetched[i] = land.entry, true
	return nil, nil, true
}

// note adds what one fetch was to the respond.Handling of the whole.
func (g *gathering) note(land *landing, led bool, err error) {
	if led && cost(land, err) {
		g.x.Record.Upstream++
		g.v.Outcome = respond.Miss
	}
	if land != nil && (land.asked || land.peer) {
		g.v.FwdStatus, g.v.Stored = land.entry.Status, land.stored
	}
}

// fail answers from what is held, however stale, or tells why not.
func (g *gathering) fail(land *landing, led bool, err error) (*http.Response, error) {
	if s, ok := g.stale(); ok {
		return g.x.response(g.out, s, staleVerdict(g.x, s.oldest(), land, err)), nil
	}
	if held, v, ok := g.h.fallBack(g.x, land, err); ok {
		return g.x.response(g.out, held, v), nil
	}
	return g.h.relayFault(g.x, g.out, land, led, err)
}

// stale is the page cut from what is held, if all of it may still be given.
func (g *gathering) stale() (subject, bool) {
	for _, e := range g.held {
		if e == nil || e.State(g.x.Start) == cache.Dead {
			return subject{}, false
		}
	}
	return g.h.subject(g.x, g.held)
}

// doubt has the list asked for as clients ask for it from now on.
func (g *gathering) doubt(res *ll2.Resource, land *landing) {
	why := string(body.RejectedShape)
	if pg, ok := land.entry.Derived.(*page); ok && pg.doubt != body.NotRejected {
		why = string(pg.doubt)
	}
	g.h.observer.WindowRejected(why)
	if g.h.lists.doubt(g.x.resource) {
		g.h.log.Warn("pages of this list are not cut from wider ones", "key", res.Key, "doubt", why)
	}
}

// exactly asks for the page as it is.
func (g *gathering) exactly() (*http.Response, error) {
	return g.h.roundTripExact(g.x, g.out)
}

// answer cuts the page, after windows that do not belong together were fetched
// anew, as far as the quota allows.
func (g *gathering) answer() (*http.Response, error) {
	client := g.h.client(g.x)
	picked, choice := g.h.lists.choose(g.x, client, g.held)
	for range maxWindows {
		if choice.Renew < 0 || g.fetched[choice.Renew] || !g.renew(choice.Renew) {
			break
		}
		picked, choice = g.h.lists.choose(g.x, client, g.held)
	}
	s, ok := g.h.subject(g.x, picked)
	if !ok {
		return g.exactly()
	}
	g.h.lists.step(g.x, client, choice.Generation)
	if g.v.FwdStatus == 0 { // others had fetched all of it meanwhile
		g.v = respond.Handling{Outcome: respond.Hit, TTL: s.oldest().FreshUntil.Sub(g.x.Start)}
	}
	g.h.tellCut(&g.v, s, choice)
	return g.x.response(g.out, s, g.v), nil
}

// renew fetches a window that is held once more. It reports whether it got one.
func (g *gathering) renew(i int) bool {
	w := g.h.wants(g.x)
	w.waiter.Priority = quota.Holding
	w.waiter.Deadline = g.x.Start.Add(holdingPatience)
	w.newer = g.held[i].Answered
	land, led, err := g.h.filler.fetch(g.out.Context(), &g.x.windows.needed[i], w)
	g.note(land, led, err)
	if err != nil || land.fault != "" || windowOf(land.entry) == nil {
		return false
	}
	g.held[i], g.fetched[i] = land.entry, true
	return true
}
