package respond

import (
	"net/http"
	"strconv"
	"strings"
)

// Selection is what one request gets of a stored, complete answer: all of it,
// parts of it, or only the news that the client's own copy is still good.
type Selection struct {
	// Status is 200, 206, 304, 412 or 416.
	Status int
	// Spans are the parts to send if Status is 206, in the order asked for; more
	// than one makes the content multipart/byteranges. They are nil otherwise: at
	// 200 everything is sent, at the others nothing.
	Spans []Span
	// Length is that of the content in bytes, delimiters of multipart included.
	Length int64

	whole int64       // length of the whole representation
	parts *byteRanges // nil: there are not several
}

// Unconditional reports whether the request has none of the fields that Select
// looks at. Select is then sure to give the whole representation.
func Unconditional(request http.Header) bool {
	// If-Range alone means nothing (§13.1.5), so it is not asked for. The names
	// are canonical, as net/http leaves them: that spares Get its work.
	return request["If-None-Match"] == nil && request["If-Modified-Since"] == nil && request["Range"] == nil &&
		request["If-Match"] == nil && request["If-Unmodified-Since"] == nil
}

// Select decides what a request gets of rep, by its conditions (RFC 9110 §13) and
// Range (§14). The names in its header must be canonical. Of methods other than
// GET and HEAD conditions are not evaluated (§13.2.1), and a range is given to GET
// alone (§14.2).
//
// A 412 says that what is cached is not what the client insists on. Whoever can
// ask the origin may forward the request then, since a cache need not evaluate
// If-Match and If-Unmodified-Since (RFC 9111 §4.3.2).
func Select(method string, request http.Header, rep Representation) Selection {
	all := Selection{Status: http.StatusOK, Length: rep.Length, whole: rep.Length}
	if Unconditional(request) || method != http.MethodGet && method != http.MethodHead {
		return all
	}
	if status := precondition(request, &rep); status != http.StatusOK {
		return Selection{Status: status, whole: rep.Length}
	}
	if method != http.MethodGet || request["Range"] == nil || !rangeHolds(request["If-Range"], &rep) {
		return all
	}
	return selectRange(all, request["Range"], rep.MediaType)
}

// selectRange narrows all down to what the Range field asks for, if that may be
// done. Several lines are one field (RFC 9110 §5.3).
func selectRange(all Selection, lines []string, mediaType string) Selection {
	spans, ok := parseRange(strings.Join(lines, ", "), all.whole)
	switch {
	case !ok, all.whole == 0:
		// No range of nothing can be satisfied, or Content-Range could not say so. Some
		// clients send bytes=0- with everything: what is there, and empty, is no error.
		return all
	case len(spans) == 0:
		return Selection{Status: http.StatusRequestedRangeNotSatisfiable, whole: all.whole}
	}
	some := Selection{Status: http.StatusPartialContent, Spans: spans, Length: spans[0].Len(), whole: all.whole}
	if len(spans) == 1 {
		return some
	}
	if overlap(spans) {
		return all
	}
	some.parts = newByteRanges(spans, all.whole, mediaType)
	if some.Length = some.parts.length(); some.Length >= all.Length {
		return all // asking for many ranges never makes us send more than asking for none
	}
	return some
}

// Content is what is sent of body, which must be the whole representation and shares
// its memory. It is empty if Status is neither 200 nor 206. Of an answer to HEAD it is
// what GET would get, and must not be sent.
func (s *Selection) Content(body Content) Content {
	switch {
	case s.Status == http.StatusOK:
		return body
	case s.parts != nil:
		return multipartContent{s.parts, body}
	case len(s.Spans) == 1:
		if whole, ok := body.(Bytes); ok {
			return whole[s.Spans[0].Start:s.Spans[0].End:s.Spans[0].End]
		}
		return section{body, s.Spans[0]}
	}
	return Bytes(nil)
}

// Apply changes h, the header of the whole answer, Content-Length included, into
// that of this one. Values are replaced, never written into, so h may share them
// with other answers.
//
// At 206 the fields of the representation stay, after If-Range too, where RFC
// 9110 §15.3.7 would rather have them left out: who caches the part needs them.
// At 412 and 416 everything that describes the representation falls out, so that
// nobody takes the refusal for it or stores it as long; what says why is the
// caller's to write.
func (s *Selection) Apply(h http.Header) {
	switch s.Status {
	case http.StatusOK:
		h["Accept-Ranges"] = []string{"bytes"}
	case http.StatusPartialContent:
		s.applyPartial(h)
	case http.StatusNotModified:
		dropNotModified(h)
	case http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable:
		dropDescription(h)
		if s.Status == http.StatusRequestedRangeNotSatisfiable {
			h["Accept-Ranges"] = []string{"bytes"}
			h["Content-Range"] = []string{"bytes */" + strconv.FormatInt(s.whole, 10)}
		}
	}
}

// applyPartial writes the fields of a 206. Several parts have each a Content-Range
// of its own, and the answer must have none (RFC 9110 §15.3.7.2).
func (s *Selection) applyPartial(h http.Header) {
	h["Accept-Ranges"] = []string{"bytes"}
	h["Content-Length"] = []string{strconv.FormatInt(s.Length, 10)}
	dropContentDigest(h)
	if s.parts != nil {
		h["Content-Type"] = []string{"multipart/byteranges; boundary=" + s.parts.boundary}
		delete(h, "Content-Range")
		return
	}
	h["Content-Range"] = []string{string(s.Spans[0].appendContentRange(nil, s.whole))}
}

// dropNotModified leaves what a 304 must and may say (RFC 9110 §15.4.5): not what
// describes the content, and the date only where there is no better validator.
func dropNotModified(h http.Header) {
	for _, name := range [...]string{"Content-Encoding", "Content-Language", "Content-Length", "Content-Range", "Content-Type"} {
		delete(h, name)
	}
	dropContentDigest(h)
	if h["Etag"] != nil {
		delete(h, "Last-Modified")
	}
}

// dropDescription removes what is true of the representation alone.
func dropDescription(h http.Header) {
	dropNotModified(h)
	for _, name := range [...]string{
		"Cache-Control", "Cdn-Cache-Control", "Content-Disposition", "Content-Location",
		"Digest", "Etag", "Expires", "Last-Modified", "Repr-Digest",
	} {
		delete(h, name)
	}
}

// dropContentDigest removes digests of the content, which is not that of the
// whole answer any more (RFC 9530 §2). Repr-Digest stays true of parts.
func dropContentDigest(h http.Header) {
	delete(h, "Content-Digest")
	delete(h, "Content-Md5")
}
