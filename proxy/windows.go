package proxy

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/collection"
	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
	"perigee/proxy/respond"
)

// widths are how many elements of a list are asked for at once; 0 is off.
type widths struct{ normal, detailed int }

// windowPlan says from which windows a page is cut.
type windowPlan struct {
	list    string // ll2.Resource.List
	needed  []ll2.Resource
	offsets []int64
	first   ll2.Resource // of the list, which tells its count
}

// maxWindows is how many windows one answer may need. One that needs more is
// asked for as it is.
const maxWindows = 2

// planWindows returns nil for what is asked for as it is.
func planWindows(res *ll2.Resource, w widths) *windowPlan {
	width := w.normal
	if res.Mode == "detailed" {
		width = w.detailed
	}
	needed := res.Windows(width)
	if len(needed) == 0 || len(needed) > maxWindows {
		return nil
	}
	plan := &windowPlan{list: res.List(), needed: needed}
	for i := range needed {
		offset, _ := needed[i].Page.OffsetInt() // Windows has counted it
		plan.offsets = append(plan.offsets, offset)
	}
	top := *res
	top.Page.Offset = "0"
	plan.first = top.Windows(width)[0]
	return plan
}

// cuttable reports whether x is answered from windows.
func (h *Handler) cuttable(x *exchange) bool {
	return x.windows != nil && !h.lists.isExact(x.resource)
}

// lookUpWindows is lookUp for a page that is cut from windows.
func (h *Handler) lookUpWindows(x *exchange) bool {
	x.fwd = respond.FwdURIMiss
	wish := wishOf(x.Request)
	held, beyond := h.heldWindows(x)
	if isFresh(beyond, x.Start) {
		x.answer(subject{entry: beyond, page: &x.resource.Page}, respond.Handling{Outcome: respond.Hit, TTL: beyond.FreshUntil.Sub(x.Start)})
		return true
	}
	v := respond.Handling{Outcome: respond.Hit}
	for i, e := range held {
		if e == nil {
			return h.lookUp(x) // the page itself may be held
		}
		switch use := wish.Reuse(e, rfc9111.ReuseRules{}, x.Start); use {
		case rfc9111.ServeFresh:
		case rfc9111.ServeWhileRevalidate:
			v.Outcome, v.Detail = respond.Stale, h.filler.refresh(&x.windows.needed[i])
		case rfc9111.ServeStale:
			v.Outcome, v.Detail = respond.Stale, "stale-allowed"
		case rfc9111.ValidateRequested:
			x.fwd = respond.FwdRequest
			if wish.OnlyIfCached || h.mayReload(e, x.Start) {
				return h.onlyHeld(x, &wish)
			}
			v.Detail = "reload-limited"
		default:
			x.fwd = respond.FwdStale
			return h.onlyHeld(x, &wish)
		}
	}
	client := h.client(x)
	picked, choice := h.lists.choose(x, client, held)
	if choice.Renew >= 0 && v.Detail == "" {
		x.fwd = respond.FwdStale
		return h.onlyHeld(x, &wish)
	}
	s, ok := h.subject(x, picked)
	if !ok {
		return false
	}
	h.lists.step(x, client, choice.Generation)
	h.tellCut(&v, s, choice)
	v.TTL = s.oldest().FreshUntil.Sub(x.Start)
	x.answer(s, v)
	return true
}

// heldWindows returns what is held of the windows that x needs, nil for each that
// is not. Windows beyond the end of the list, as those held tell it, are not
// needed; if the whole page lies there, beyond is an entry that says so.
func (h *Handler) heldWindows(x *exchange) (held []*cache.Entry, beyond *cache.Entry) {
	plan := x.windows
	held = make([]*cache.Entry, 0, len(plan.needed))
	for i := range plan.needed {
		if i > 0 && held[i-1] != nil && !x.resource.Page.Reaches(plan.offsets[i], windowOf(held[i-1]).Count) {
			break
		}
		held = append(held, h.heldWindow(&plan.needed[i]))
	}
	if held[0] == nil && plan.offsets[0] > 0 {
		top := h.heldWindow(&plan.first)
		if top != nil && x.resource.Page.Beyond(windowOf(top).Count) {
			return held, top
		}
	}
	return held, nil
}

// heldWindow returns the entry of a window if one is held that can be cut from.
func (h *Handler) heldWindow(res *ll2.Resource) *cache.Entry {
	e, ok := h.options.Store.Get(res.Key)
	if !ok || windowOf(e) == nil {
		return nil
	}
	h.learn(res, e)
	return e
}

// subject makes the windows the subject of an answer, if the page can be cut
// from them. The envelope is the newest: its count is the truest.
func (h *Handler) subject(x *exchange, entries []*cache.Entry) (subject, bool) {
	s := subject{entry: entries[0], others: entries[1:], page: &x.resource.Page}
	if len(s.others) == 0 { // one window covers the page, and no other count contradicts
		return s, true
	}
	_, ok := s.cut()
	return s, ok
}

// cut cuts the page out of the entries.
func (s subject) cut() (*body.Cut, bool) {
	envelope := s.envelope
	if envelope == nil {
		envelope = s.newest()
	}
	windows := []*body.Window{windowOf(s.entry)}
	for _, e := range s.others {
		windows = append(windows, windowOf(e))
	}
	return body.NewCut(*s.page, windowOf(envelope), windows...)
}

// tellCut counts a cut page, and tells the client if its parts do not belong
// together.
func (h *Handler) tellCut(v *respond.Handling, s subject, choice collection.Choice) {
	h.observer.PageCut(len(s.others) > 0, choice.Mixed)
	switch {
	case choice.Mixed:
		v.Detail = "mixed-generations"
	case choice.Left && v.Detail == "":
		v.Detail = "new-generation"
	}
}

// renderCut makes the rendering of a page that is cut from windows.
func renderCut(s subject, x *exchange) *variant {
	cut, ok := s.cut()
	if !ok { // it was tried before; see Handler.subject
		return &variant{base: x.base}
	}
	sub := body.SubstitutionFor(x.resource, x.base.String(), cut.Count())
	v := &variant{base: x.base, body: cut.Append(make([]byte, 0, cut.Len(sub)), sub)}
	sum := sha256.New()
	sum.Write(cut.AppendIdentity(nil))
	for _, text := range []string{sub.Base, sub.Suffix, sub.Next, sub.Previous} {
		sum.Write([]byte(text))
		sum.Write([]byte{0})
	}
	v.etag = `"` + hex.EncodeToString(sum.Sum(nil)[:12]) + `"`
	v.hit = respond.Handling{Outcome: respond.Hit}.Member(x.resource.Key).Prepare(nil)
	v.fields = append(fields(s.entry, x.resource, v.etag), field{"Content-Length", []string{strconv.Itoa(len(v.body))}})
	return v
}

// roundTripWindows is roundTrip for a page that is cut from windows.
func (h *Handler) roundTripWindows(x *exchange, out *http.Request) (*http.Response, error) {
	g := gathering{h: h, x: x, out: out}
	return g.run()
}
