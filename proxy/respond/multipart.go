package respond

import (
	"crypto/rand"
	"iter"
)

// byteRanges is a content of type multipart/byteranges (RFC 9110 §14.6): the spans
// in the order asked for (§15.3.7.2). It is immutable.
type byteRanges struct {
	spans     []Span
	whole     int64  // length of the whole representation
	mediaType string // of each part; empty: not told
	boundary  string // between the parts
}

func newByteRanges(spans []Span, whole int64, mediaType string) *byteRanges {
	// What an author of bodies cannot guess, nobody can write into a body.
	return &byteRanges{spans: spans, whole: whole, mediaType: mediaType, boundary: rand.Text()}
}

// length is that of the content in bytes, delimiters included.
func (m *byteRanges) length() int64 {
	var scratch [256]byte
	n := len(m.appendEnd(scratch[:0]))
	for i, s := range m.spans {
		n += len(m.appendPartHead(scratch[:0], i)) + int(s.Len())
	}
	return int64(n)
}

// multipartContent is the content that has the parts of another, the whole representation.
type multipartContent struct {
	parts *byteRanges
	of    Content
}

func (m multipartContent) Len() int { return int(m.parts.length()) }

func (m multipartContent) Segments() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i, s := range m.parts.spans {
			if !yield(m.parts.appendPartHead(nil, i)) {
				return
			}
			for b := range (section{m.of, s}).Segments() {
				if !yield(b) {
					return
				}
			}
		}
		yield(m.parts.appendEnd(nil))
	}
}

// appendPartHead writes what stands before the bytes of part i.
func (m *byteRanges) appendPartHead(dst []byte, i int) []byte {
	if i > 0 {
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, "--"...)
	dst = append(dst, m.boundary...)
	if m.mediaType != "" {
		dst = append(dst, "\r\nContent-Type: "...)
		dst = append(dst, m.mediaType...)
	}
	dst = append(dst, "\r\nContent-Range: "...)
	dst = m.spans[i].appendContentRange(dst, m.whole)
	return append(dst, "\r\n\r\n"...)
}

// appendEnd writes what stands after the last part.
func (m *byteRanges) appendEnd(dst []byte) []byte {
	dst = append(dst, "\r\n--"...)
	dst = append(dst, m.boundary...)
	return append(dst, "--\r\n"...)
}
