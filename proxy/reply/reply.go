// Package reply decides what of a stored, complete answer one request gets: all
// of it, parts of it, or only the news that the client's own copy still holds.
// It evaluates the conditional fields (RFC 9110 §13) and Range (§14).
//
// It reads no body and no clock and writes nothing: Select decides, Apply puts
// the decision into a header, Content cuts the body.
package reply

import (
	"net/http"
	"time"
)

// Representation is what Select must know of the stored 200 answer, as this
// client would get it without conditions and ranges.
type Representation struct {
	// ETag and LastModified are the fields as they stand, not parsed. If empty,
	// the representation has none.
	ETag, LastModified string
	// Date is the answer's Date field, else when the answer was received (§6.6.1).
	// If zero, If-Modified-Since needs a Last-Modified, no date is strong enough
	// for If-Range, and two-digit years mean 1951 to 2050.
	Date time.Time
	// MediaType is the Content-Type field, for the parts of multipart/byteranges.
	// If empty, the parts have none.
	MediaType string
	// Length is that of the whole representation in bytes.
	Length int64
}

// Span is a part of a representation: the bytes from Start up to, not including,
// End.
type Span struct{ Start, End int64 }

// Len is the number of bytes in s.
func (s Span) Len() int64 { return s.End - s.Start }

// Reply is what one request gets.
type Reply struct {
	// Status is 200, 206, 304, 412 or 416.
	Status int
	// Spans are the parts to send if Status is 206, in the order asked for; more
	// than one makes the content multipart/byteranges. They are nil otherwise: at
	// 200 everything is sent, at the others nothing.
	Spans []Span
	// Length is that of the content in bytes, delimiters of multipart included.
	Length int64

	whole     int64  // length of the whole representation
	mediaType string // of each part
	boundary  string // between the parts, empty if there are not several
}

// Plain reports whether the request has none of the fields that Select looks at.
// Select is then sure to give the whole representation.
func Plain(request http.Header) bool {
	// If-Range alone means nothing (§13.1.5), so it is not asked for. The names
	// are canonical, as net/http leaves them: that spares Get its work.
	return request["If-None-Match"] == nil && request["If-Modified-Since"] == nil && request["Range"] == nil &&
		request["If-Match"] == nil && request["If-Unmodified-Since"] == nil
}

// Select decides what a request gets of rep. The names in its header must be
// canonical. Of methods other than GET and HEAD conditions are not evaluated
// (§13.2.1), and a range is given to GET alone (§14.2).
//
// A 412 says that what is held is not what the client insists on. Whoever can
// ask the origin may forward the request then, since a cache need not evaluate
// If-Match and If-Unmodified-Since (RFC 9111 §4.3.2).
func Select(method string, request http.Header, rep Representation) Reply {
	all := Reply{Status: http.StatusOK, Length: rep.Length, whole: rep.Length}
	if Plain(request) || method != http.MethodGet && method != http.MethodHead {
		return all
	}
	if status := precondition(request, &rep); status != http.StatusOK {
		return Reply{Status: status, whole: rep.Length}
	}
	if method != http.MethodGet || request["Range"] == nil || !rangeHolds(request["If-Range"], &rep) {
		return all
	}
	return selectRange(all, request["Range"], rep.MediaType)
}

// selectRange narrows all down to what the Range field asks for, if that may be
// done.
func selectRange(all Reply, lines []string, mediaType string) Reply {
	spans, ok := parseRange(joined(lines), all.whole)
	switch {
	case !ok:
		return all
	case len(spans) == 0:
		return Reply{Status: http.StatusRequestedRangeNotSatisfiable, whole: all.whole}
	case all.whole == 0:
		return all // the last n of no bytes are satisfiable, but Content-Range cannot say so
	case len(spans) == 1:
		return Reply{Status: http.StatusPartialContent, Spans: spans, Length: spans[0].Len(), whole: all.whole}
	case overlap(spans):
		return all
	}
	return selectParts(all, spans, mediaType)
}

// Content is what is sent of body, which must be the whole representation. All
// of it and a single part share its memory; only multipart/byteranges is copied.
// It is nil if Status is neither 200 nor 206. Of an answer to HEAD it is what GET
// would get, and must not be sent.
func (r *Reply) Content(body []byte) []byte {
	switch {
	case r.Status == http.StatusOK:
		return body
	case len(r.Spans) == 1:
		return body[r.Spans[0].Start:r.Spans[0].End:r.Spans[0].End]
	case len(r.Spans) > 1:
		return r.parts(body)
	}
	return nil
}
