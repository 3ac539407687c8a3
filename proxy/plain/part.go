package plain

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/respond"
)

// part says which bytes of a representation an entry with status 206 holds.
type part struct {
	first, total int64
	last         bool   // it reaches the end
	asked        string // the Range field it was the answer to; "": not known
}

// partOf reads the Content-Range of a response with one part (RFC 9110, section
// 14.4). A body shorter than that is taken for as much of it as there is.
func partOf(h http.Header, length int) (p part, ok bool) {
	value, bytes := strings.CutPrefix(h.Get("Content-Range"), "bytes ")
	span, total, _ := strings.Cut(value, "/")
	first, last, _ := strings.Cut(span, "-")
	a, errA := strconv.ParseInt(first, 10, 63)
	b, errB := strconv.ParseInt(last, 10, 63)
	n, errN := strconv.ParseInt(total, 10, 63)
	if !bytes || errA != nil || errB != nil || errN != nil || a > b || b >= n || int64(length) > b-a+1 || length == 0 {
		return part{}, false
	}
	return part{first: a, total: n, last: b == n-1}, true
}

// servePart answers a request for a range from a part that is held, if that is
// fresh and has all of it (RFC 9111, section 3.3).
func (h *Handler) servePart(x *exchange) bool {
	rng := x.Request.Header["Range"]
	if x.Request.Method != http.MethodGet || len(rng) != 1 ||
		x.Request.Header["If-None-Match"] != nil || x.Request.Header["If-Modified-Since"] != nil {
		return false
	}
	e, ok := h.shelf.tier.Get(partKey(x.target))
	if !ok || x.wish.Reuse(e, h.traits(e), x.Start) != rfc9111.ServeFresh {
		return false
	}
	if names, _ := rfc9111.VaryNames(e.Header); len(names) > 0 || x.Request.Header["If-Range"] != nil && !sameTag(x.Request.Header, e) {
		return false
	}
	p, ok := e.Derived.(part)
	if !ok {
		if p, ok = partOf(e.Header, len(e.Body)); !ok {
			return false
		}
	}
	v := respond.Handling{Outcome: respond.Hit, TTL: e.FreshUntil.Sub(x.Start)}
	if p.asked == rng[0] {
		x.answer(e, v)
		return true
	}
	return x.answerPart(e, p, v)
}

// sameTag reports whether If-Range names the very representation that e is of.
func sameTag(request http.Header, e *cache.Entry) bool {
	tag := e.Header.Get("Etag")
	return strings.HasPrefix(tag, `"`) && request.Get("If-Range") == tag
}

// answerPart cuts a smaller range out of a part.
func (x *exchange) answerPart(e *cache.Entry, p part, v respond.Handling) bool {
	rep := representation(e)
	rep.Length = p.total
	r := respond.Select(http.MethodGet, http.Header{"Range": x.Request.Header["Range"]}, rep)
	if r.Status != http.StatusPartialContent || len(r.Spans) != 1 {
		return false
	}
	if p.last {
		// What upstream sent as the end is the end, even if it miscounted. The
		// answer says how much of the range it is (RFC 9110, section 15.3.7).
		r.Spans[0].End = min(r.Spans[0].End, p.first+int64(len(e.Body)))
		r.Length = r.Spans[0].Len()
	}
	from, to := r.Spans[0].Start-p.first, r.Spans[0].End-p.first
	if from < 0 || from >= to || to > int64(len(e.Body)) {
		return false
	}
	header := x.Header()
	status, _ := x.head(header, e, v)
	r.Apply(header)
	x.Send(status, e.Body[from:to])
	return true
}

// receivePart stores a part, put together with what is held of the same
// representation (RFC 9111, section 3.4).
func (f *fetcher) receivePart(a *ask, land *landing, resp *http.Response, j *rfc9111.StoreDecision) (*landing, error) {
	names, _ := rfc9111.VaryNames(resp.Header)
	if !j.Store || !f.takes(resp) || len(names) > 0 || len(a.client["Range"]) != 1 {
		land.resp = resp
		return land, nil
	}
	body, whole, err := f.read(resp)
	if err != nil {
		return nil, err
	}
	p, ok := partOf(resp.Header, len(body))
	if !whole || !ok {
		land.resp = resp
		return land, nil
	}
	p.asked = a.client["Range"][0]
	land.entry = entryOf(&a.told, j, body)
	land.entry.Derived = p
	land.stored = f.handler.shelf.putPart(a.tenure, land.entry, p)
	return land, nil
}

// putPart stores a part, or the whole that it completes.
func (s *shelf) putPart(t *tenure, e *cache.Entry, p part) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.ended {
		return false
	}
	target, kept := t.target, *e
	if held, ok := s.tier.Get(partKey(target)); ok && held.State(time.Now()) == cache.Fresh {
		if body, first, ok := combine(held, e, p); ok {
			kept.Body, kept.Header = body, kept.Header.Clone()
			p = part{first: first, total: p.total, last: first+int64(len(body)) == p.total}
		}
	}
	kept.Derived, kept.Key = p, partKey(target)
	if p.first == 0 && int64(len(kept.Body)) == p.total {
		delete(kept.Header, "Content-Range")
		kept.Status, kept.Derived, kept.Key = http.StatusOK, nil, baseKey(target)
		kept.Header["Content-Length"] = []string{strconv.Itoa(len(kept.Body))}
	}
	return s.tier.Put(&kept) == nil
}

// combine joins two parts that are of the same representation, as a strong entity
// tag says, and have no gap between them.
func combine(held, e *cache.Entry, p part) (body []byte, first int64, ok bool) {
	old, known := held.Derived.(part)
	if !known {
		old, known = partOf(held.Header, len(held.Body))
	}
	tag := e.Header.Get("Etag")
	if !known || !strings.HasPrefix(tag, `"`) || held.Header.Get("Etag") != tag || old.total != p.total {
		return nil, 0, false
	}
	low, high := held.Body, e.Body
	lowFirst, highFirst := old.first, p.first
	if lowFirst > highFirst {
		low, high, lowFirst, highFirst = high, low, highFirst, lowFirst
	}
	overlap := lowFirst + int64(len(low)) - highFirst
	switch {
	case overlap < 0:
		return nil, 0, false
	case overlap >= int64(len(high)):
		return low, lowFirst, true
	}
	return slices.Concat(low, high[overlap:]), lowFirst, true
}
