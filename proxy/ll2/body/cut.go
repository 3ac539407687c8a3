package body

import (
	"bytes"
	"encoding/binary"

	"perigee/proxy/ll2"
)

// Cut is a page cut from windows: the bytes of the elements are upstream's own,
// and around them stands the page that upstream would have sent to the request.
// It refers to the windows, holds no bytes of its own, and is safe for concurrent
// use as they are.
type Cut struct {
	envelope   *Window
	head, tail Span // what stands around the elements, in envelope's body
	gap        []byte
	parts      []part
}

// part is a run of elements of one window, from inclusive, to exclusive.
type part struct {
	window   *Window
	from, to int
}

// NewCut cuts the page out of windows of its list, which cover it in any order.
// The envelope is the window whose count, and whatever else stands around the
// elements, the answer has: one of those windows or, for a page beyond the count,
// any of the list. All windows are of one representation.
//
// Windows that disagree on the count can be mixed, where nothing better is to be
// had; then it decides the result which is the envelope, and for one of them the
// windows may not suffice. ok is false if some element that the count promises is
// in none of the windows, and in rare cases of windows too small to tell what
// stands around and between elements.
func NewCut(p ll2.Page, envelope *Window, windows ...*Window) (c *Cut, ok bool) {
	c = &Cut{envelope: envelope}
	if !p.Beyond(envelope.Count) {
		at, _ := p.OffsetInt()
		end := at + min(int64(p.Limit), envelope.Count-at)
		for at < end {
			part, ok := partAt(windows, at, end)
			if !ok {
				return nil, false
			}
			c.parts = append(c.parts, part)
			at += int64(part.to - part.from)
		}
	}
	return c, c.surround()
}

// partAt returns the elements from at on, up to end, that one window has.
func partAt(windows []*Window, at, end int64) (part, bool) {
	for _, w := range windows {
		if from := at - w.Offset; from >= 0 && from < int64(w.Len()) {
			return part{window: w, from: int(from), to: int(min(end-w.Offset, int64(w.Len())))}, true
		}
	}
	return part{}, false
}

// surround finds what stands around the elements and between those of different
// windows. A list without elements is written without white space, as Python
// does, whatever the indent.
func (c *Cut) surround() bool {
	w, whole := c.envelope, Span{0, len(c.envelope.body)}
	c.head, c.tail = whole, Span{whole.End, whole.End}
	switch {
	case w.Len() == 0:
		return len(c.parts) == 0
	case len(c.parts) == 0:
		c.head.End, c.tail.Start = w.open, w.end
		return true
	}
	results := w.layout.Results
	c.head.End, c.tail.Start = results[0].Start, results[len(results)-1].End
	for _, p := range c.parts {
		switch gap := p.window.gap; {
		case gap == nil:
		case c.gap == nil:
			c.gap = gap
		case !bytes.Equal(c.gap, gap):
			return false
		}
	}
	return c.gap != nil || len(c.parts) == 1
}

// Count returns how many elements the whole list has, as the page says.
func (c *Cut) Count() int64 { return c.envelope.Count }

// Text returns the page with links as s has them. The page's own next and previous
// are always replaced, whatever s.Page says; SubstitutionFor has all that is needed.
func (c *Cut) Text(s Substitution) Text {
	s.Page = true
	e := c.envelope
	pieces := make([]piece, 0, 2*len(c.parts)+2)
	pieces = append(pieces, e.piece(c.head))
	for i, p := range c.parts {
		if i > 0 {
			pieces = append(pieces, piece{body: c.gap, span: Span{0, len(c.gap)}})
		}
		pieces = append(pieces, p.window.piece(p.span()))
	}
	return newText(e.layout, s, append(pieces, e.piece(c.tail))...)
}

// AppendIdentity appends to dst a description of all that the page's bytes are
// made of, but for the Substitution: two cuts of equal identity that are
// written with equal substitutions are equal. It is made of the windows' digests
// and takes some 50 bytes for each.
func (c *Cut) AppendIdentity(dst []byte) []byte {
	dst = append(dst, c.envelope.Digest[:]...)
	for _, p := range c.parts {
		dst = append(dst, p.window.Digest[:]...)
		dst = binary.BigEndian.AppendUint64(dst, uint64(p.from))
		dst = binary.BigEndian.AppendUint64(dst, uint64(p.to))
	}
	return dst
}

// span is where the elements stand, with what is between them.
func (p part) span() Span {
	results := p.window.layout.Results
	return Span{results[p.from].Start, results[p.to-1].End}
}
