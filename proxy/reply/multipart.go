package reply

import (
	"crypto/rand"
	"net/http"
)

// selectParts answers with multipart/byteranges (RFC 9110 §14.6), the parts in
// the order asked for (§15.3.7.2), unless the whole representation is no longer
// than that: asking for many ranges never makes us send more than asking for none.
func selectParts(all Reply, spans []Span, mediaType string) Reply {
	r := Reply{
		Status: http.StatusPartialContent, Spans: spans,
		whole: all.whole, mediaType: mediaType,
		// What an author of bodies cannot guess, nobody can write into a body.
		boundary: rand.Text(),
	}
	var scratch [256]byte
	for i, s := range spans {
		r.Length += int64(len(r.appendPartHead(scratch[:0], i))) + s.Len()
	}
	r.Length += int64(len(r.appendEnd(scratch[:0])))
	if r.Length >= all.Length {
		return all
	}
	return r
}

// parts writes the content of a multipart answer.
func (r *Reply) parts(body []byte) []byte {
	dst := make([]byte, 0, r.Length)
	for i, s := range r.Spans {
		dst = r.appendPartHead(dst, i)
		dst = append(dst, body[s.Start:s.End]...)
	}
	return r.appendEnd(dst)
}

// appendPartHead writes what stands before the bytes of part i.
func (r *Reply) appendPartHead(dst []byte, i int) []byte {
	if i > 0 {
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, "--"...)
	dst = append(dst, r.boundary...)
	if r.mediaType != "" {
		dst = append(dst, "\r\nContent-Type: "...)
		dst = append(dst, r.mediaType...)
	}
	dst = append(dst, "\r\nContent-Range: "...)
	dst = appendContentRange(dst, r.Spans[i], r.whole)
	return append(dst, "\r\n\r\n"...)
}

// appendEnd writes what stands after the last part.
func (r *Reply) appendEnd(dst []byte) []byte {
	dst = append(dst, "\r\n--"...)
	dst = append(dst, r.boundary...)
	return append(dst, "--\r\n"...)
}
