package respond

import (
	"bytes"
	"io"
	"iter"
	"net/http"
)

// Content is the body of an answer. Its bytes are shared and must not be modified.
type Content interface {
	// Len is how many bytes it has.
	Len() int
	// Segments yields them in order.
	Segments() iter.Seq[[]byte]
}

// Bytes is a Content that is there as a whole.
type Bytes []byte

// Len returns how many bytes there are.
func (b Bytes) Len() int { return len(b) }

// Segments yields them all at once.
func (b Bytes) Segments() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) { yield(b) }
}

// section is a part of a content.
type section struct {
	of   Content
	span Span
}

func (s section) Len() int { return int(s.span.Len()) }

func (s section) Segments() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		at := int64(0) // where the segment begins
		for b := range s.of.Segments() {
			end := at + int64(len(b))
			if from, to := max(at, s.span.Start), min(end, s.span.End); from < to && !yield(b[from-at:to-at]) {
				return
			}
			if at = end; at >= s.span.End {
				return
			}
		}
	}
}

// flushSize is how many bytes are sent at once of a content that is not in one piece.
const flushSize = 32 << 10

// writeTo sends a content.
func writeTo(w io.Writer, c Content) error {
	if whole, ok := c.(Bytes); ok {
		_, err := w.Write(whole)
		return err
	}
	return writeSegments(w, c)
}

// writeSegments is writeTo for a content in pieces. It is a function of its own since
// what its loop shares with the content's takes an allocation.
func writeSegments(w io.Writer, c Content) error {
	buffer := make([]byte, 0, min(flushSize, c.Len()))
	for b := range c.Segments() {
		for len(b) > 0 {
			n := min(len(b), cap(buffer)-len(buffer))
			buffer, b = append(buffer, b[:n]...), b[n:]
			if len(buffer) < cap(buffer) {
				continue
			}
			if _, err := w.Write(buffer); err != nil {
				return err // a client that left is seen by its context
			}
			buffer = buffer[:0]
		}
	}
	_, err := w.Write(buffer)
	return err
}

// reading is a content as a body that is read.
func reading(c Content) io.ReadCloser {
	switch whole, ok := c.(Bytes); {
	case c.Len() == 0:
		return http.NoBody
	case ok:
		return io.NopCloser(bytes.NewReader(whole))
	}
	next, stop := iter.Pull(c.Segments())
	return &reader{next: next, stop: stop}
}

// reader reads a content segment by segment.
type reader struct {
	next func() ([]byte, bool)
	stop func()
	left []byte // of the segment that is read
}

// Read implements io.Reader. It fills b as far as there is something.
func (r *reader) Read(b []byte) (n int, err error) {
	for n < len(b) {
		if len(r.left) == 0 {
			var ok bool
			if r.left, ok = r.next(); !ok {
				break
			}
		}
		copied := copy(b[n:], r.left)
		n, r.left = n+copied, r.left[copied:]
	}
	if n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Close ends the reading.
func (r *reader) Close() error { r.stop(); return nil }
