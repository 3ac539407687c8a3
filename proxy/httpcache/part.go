package httpcache

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"perigee/cache"
	"perigee/proxy/respond"
)

// part says which bytes of a representation an entry with status 206 has. It is
// that entry's Derived.
type part struct {
	first, total int64
	last         bool   // it reaches the end
	asked        string // the Range field it was the response to; "": not known
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

// partIn is the part that a stored entry is.
func partIn(e *cache.Entry) (p part, ok bool) {
	if p, ok = e.Derived.(part); ok {
		return p, true
	}
	return partOf(e.Header, len(e.Body))
}

// asksForPart reports whether a stored part may be the answer to r: it wants one
// range, without conditions for the whole.
func asksForPart(r *http.Request) bool {
	return r.Method == http.MethodGet && len(r.Header["Range"]) == 1 &&
		r.Header["If-None-Match"] == nil && r.Header["If-Modified-Since"] == nil
}

// cutPart returns the range that a request asks for as a response of its own, nil
// if e has not all of it, or If-Range names another representation.
func cutPart(e *cache.Entry, request http.Header) *cache.Entry {
	p, ok := partIn(e)
	if !ok || request["If-Range"] != nil && !sameTag(request, e) {
		return nil
	}
	if p.asked == request["Range"][0] {
		return e
	}
	rep := representation(e)
	rep.Length = p.total
	s := respond.Select(http.MethodGet, http.Header{"Range": request["Range"]}, rep)
	if s.Status != http.StatusPartialContent || len(s.Spans) != 1 {
		return nil
	}
	if p.last {
		// What upstream sent as the end is the end, even if it miscounted. The
		// answer says how much of the range it is (RFC 9110, section 15.3.7).
		s.Spans[0].End = min(s.Spans[0].End, p.first+int64(len(e.Body)))
	}
	from, to := s.Spans[0].Start-p.first, s.Spans[0].End-p.first
	if from < 0 || from >= to || to > int64(len(e.Body)) {
		return nil
	}
	cut := *e
	cut.Header, cut.Body = maps.Clone(e.Header), e.Body[from:to:to]
	s.Apply(cut.Header)
	return &cut
}

// representation is the stored response as package respond has it.
func representation(e *cache.Entry) respond.Representation {
	return respond.Representation{
		ETag: e.Header.Get("Etag"), LastModified: e.Header.Get("Last-Modified"), Date: e.Date,
		MediaType: e.Header.Get("Content-Type"), Length: int64(len(e.Body)),
	}
}

// sameTag reports whether If-Range names the very representation that e is of.
func sameTag(request http.Header, e *cache.Entry) bool {
	tag := e.Header.Get("Etag")
	return strings.HasPrefix(tag, `"`) && request.Get("If-Range") == tag
}

// joinParts returns a part with the bytes of both, which is e if they are not of
// the same representation, as a strong entity tag says, or have a gap between them
// (RFC 9111, section 3.4).
func joinParts(old, e *cache.Entry) *cache.Entry {
	p, _ := partIn(e)
	q, ok := partIn(old)
	tag := e.Header.Get("Etag")
	if !ok || !strings.HasPrefix(tag, `"`) || old.Header.Get("Etag") != tag || q.total != p.total ||
		old.Header.Get("Content-Encoding") != e.Header.Get("Content-Encoding") {
		return e
	}
	low, high, first, second := old.Body, e.Body, q.first, p.first
	if first > second {
		low, high, first, second = high, low, second, first
	}
	switch overlap := first + int64(len(low)) - second; {
	case overlap < 0:
		return e
	case overlap < int64(len(high)):
		low = slices.Concat(low, high[overlap:])
	}
	joined := *e
	joined.Body = low
	joined.Derived = part{first: first, total: p.total, last: first+int64(len(low)) == p.total}
	return &joined
}

// wholeIfComplete returns the whole response that a part amounts to if it has all
// bytes, else a copy of the part.
func wholeIfComplete(e *cache.Entry) *cache.Entry {
	kept := *e
	if p, _ := partIn(e); p.first == 0 && int64(len(e.Body)) == p.total {
		kept.Status, kept.Derived, kept.Header = http.StatusOK, nil, maps.Clone(e.Header)
		delete(kept.Header, "Content-Range")
		kept.Header["Content-Length"] = []string{strconv.Itoa(len(e.Body))}
	}
	return &kept
}
