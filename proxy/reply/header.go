package reply

import (
	"net/http"
	"strconv"
)

// Apply changes h, the header of the whole answer, Content-Length included, into
// that of this one. Values are replaced, never written into, so h may share them
// with other answers.
//
// At 206 the fields of the representation stay, after If-Range too, where RFC
// 9110 §15.3.7 would rather have them left out: who caches the part needs them.
// At 412 and 416 everything that describes the representation falls out, so that
// nobody takes the refusal for it or stores it as long; what says why is the
// caller's to write.
func (r *Reply) Apply(h http.Header) {
	switch r.Status {
	case http.StatusOK:
		h["Accept-Ranges"] = []string{"bytes"}
	case http.StatusPartialContent:
		r.applyPartial(h)
	case http.StatusNotModified:
		dropNotModified(h)
	case http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable:
		dropDescription(h)
		if r.Status == http.StatusRequestedRangeNotSatisfiable {
			h["Accept-Ranges"] = []string{"bytes"}
			h["Content-Range"] = []string{"bytes */" + strconv.FormatInt(r.whole, 10)}
		}
	}
}

// applyPartial writes the fields of a 206. Several parts have each a Content-Range
// of its own, and the answer must have none (RFC 9110 §15.3.7.2).
func (r *Reply) applyPartial(h http.Header) {
	h["Accept-Ranges"] = []string{"bytes"}
	h["Content-Length"] = []string{strconv.FormatInt(r.Length, 10)}
	dropContentDigest(h)
	if r.boundary != "" {
		h["Content-Type"] = []string{"multipart/byteranges; boundary=" + r.boundary}
		delete(h, "Content-Range")
		return
	}
	h["Content-Range"] = []string{string(appendContentRange(nil, r.Spans[0], r.whole))}
}

// appendContentRange writes the value of Content-Range (RFC 9110 §14.4).
func appendContentRange(dst []byte, s Span, whole int64) []byte {
	dst = append(dst, "bytes "...)
	dst = strconv.AppendInt(dst, s.Start, 10)
	dst = append(dst, '-')
	dst = strconv.AppendInt(dst, s.End-1, 10)
	dst = append(dst, '/')
	return strconv.AppendInt(dst, whole, 10)
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
