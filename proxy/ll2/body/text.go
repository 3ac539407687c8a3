package body

import (
	"iter"
	"slices"
)

// Text is a body as one client gets it: stretches of upstream's bytes, and the links
// of that client in between. It refers to the bodies that it is made of and holds no
// copy, so that many clients with links of their own share them. It is immutable, and
// safe for concurrent use as long as nobody changes those bodies.
type Text struct {
	pieces []piece
	sub    Substitution // escaped
	length int
}

// piece is a stretch of a body that cuts through no link.
type piece struct {
	layout *Layout // nil: there is no link in it
	body   []byte
	span   Span
}

// newText returns the text of all pieces with the links of s, which the layout says
// how to escape.
func newText(l *Layout, s Substitution, pieces ...piece) Text {
	t := Text{pieces: pieces, sub: l.escape(s)}
	for _, p := range pieces {
		t.length += p.span.End - p.span.Start
		p.edits(t.sub, func(old Span, text string) { t.length += len(text) - (old.End - old.Start) })
	}
	return t
}

func (p piece) edits(s Substitution, replace func(old Span, text string)) {
	if p.layout != nil {
		p.layout.edits(p.span, s, replace)
	}
}

// Len returns how many bytes the text has.
func (t Text) Len() int { return t.length }

// Append appends the text to dst and returns the extended slice. It allocates only if
// dst lacks the capacity; dst must not overlap the bodies.
func (t Text) Append(dst []byte) []byte {
	dst = slices.Grow(dst, t.length)
	for _, p := range t.pieces {
		done := p.span.Start
		p.edits(t.sub, func(old Span, text string) {
			dst = append(dst, p.body[done:old.Start]...)
			dst = append(dst, text...)
			done = old.End
		})
		dst = append(dst, p.body[done:p.span.End]...)
	}
	return dst
}

// Segments yields the bytes of the text in order, a stretch at a time. They are shared
// and must not be modified, and are valid as long as the bodies are.
func (t Text) Segments() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		texts := t.sub.bytes()
		for _, p := range t.pieces {
			done, more := p.span.Start, true
			p.edits(t.sub, func(old Span, text string) {
				more = more && yield(p.body[done:old.Start]) && yield(texts.of(text))
				done = old.End
			})
			if !more || !yield(p.body[done:p.span.End]) {
				return
			}
		}
	}
}

// substitutionBytes are the texts of a Substitution as bytes, converted once.
type substitutionBytes struct {
	base, suffix string
	bytes        [2][]byte
}

func (s Substitution) bytes() *substitutionBytes {
	return &substitutionBytes{s.Base, s.Suffix, [2][]byte{[]byte(s.Base), []byte(s.Suffix)}}
}

func (s *substitutionBytes) of(text string) []byte {
	switch text {
	case s.base:
		return s.bytes[0]
	case s.suffix:
		return s.bytes[1]
	}
	return []byte(text) // next and previous, of which there is one each
}
