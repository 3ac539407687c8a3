package body

import (
	"bytes"

	"perigee/proxy/ll2"
)

// Rejection is why a page is not accepted as a window. It is one of the constants
// below and fit for a metric label.
type Rejection string

// Why a page can be rejected, beginning with no reason.
const (
	NotRejected      Rejection = ""
	RejectedShape    Rejection = "shape"    // no page at all
	RejectedOffset   Rejection = "offset"   // it lies further out than can be counted
	RejectedShort    Rejection = "short"    // fewer elements than its count promises: upstream caps pages lower
	RejectedLong     Rejection = "long"     // more elements than were requested
	RejectedNext     Rejection = "next"     // next is not the link that the page would have
	RejectedPrevious Rejection = "previous" // nor is previous
	RejectedSpacing  Rejection = "spacing"  // what stands between the elements is not always the same
)

// Window is a page that was verified (NewWindow), from which others are cut. It
// refers to the body and layout it was made of. It is safe for concurrent use as long
// as neither is changed.
type Window struct {
	// Offset is how many elements of the list come before the window, Width how
	// many it has room for, Count how many the whole list had at that time.
	Offset, Count int64
	Width         int
	// Digest is of the body, for Cut.AppendIdentity. The caller of NewWindow sets it.
	Digest [32]byte

	body   []byte
	layout *Layout
	open   int    // the end of the bracket that opens the results; 0 if there are none
	end    int    // the bracket that closes them
	gap    []byte // what stands between two elements; nil if there are not two
}

// NewWindow returns a page as a window, if its shape proves that it is the page that
// was requested: its count, the number of its elements and its links agree with each
// other and with the canonical request of the resource that was fetched. l is the
// layout of body as ScanJSON finds it with upstream's base URL, and that base is what
// the links must begin with.
//
// Any page will do, not only one of those that Resource.Windows returns. The window
// is nil if the page is rejected.
func NewWindow(fetched *ll2.Resource, body []byte, l *Layout) (*Window, Rejection) {
	if !l.IsPage || l.html {
		return nil, RejectedShape
	}
	offset, ok := fetched.Page.OffsetInt()
	if !ok {
		return nil, RejectedOffset
	}
	if why := rejectLength(fetched.Page, offset, l); why != NotRejected {
		return nil, why
	}
	if why := rejectLinks(fetched, body, l); why != NotRejected {
		return nil, why
	}
	w := &Window{Offset: offset, Width: fetched.Page.Limit, Count: l.Count, body: body, layout: l}
	if !w.measure() {
		return nil, RejectedSpacing
	}
	return w, NotRejected
}

// Covers reports whether the window has all elements that a page of its list has, by its
// own count.
func (w *Window) Covers(p ll2.Page) bool {
	if p.Beyond(w.Count) {
		return true
	}
	at, _ := p.OffsetInt()
	end := at + min(int64(p.Limit), w.Count-at)
	return at >= w.Offset && end <= w.Offset+int64(w.Len())
}

// Len returns how many elements the window has.
func (w *Window) Len() int { return len(w.layout.Results) }

// piece is a stretch of the window's body that cuts through no link.
func (w *Window) piece(stretch Span) piece { return piece{w.layout, w.body, stretch} }

func rejectLength(p ll2.Page, offset int64, l *Layout) Rejection {
	promised := min(int64(p.Limit), max(0, l.Count-offset))
	switch n := int64(len(l.Results)); {
	case n < promised:
		return RejectedShort
	case n > promised:
		return RejectedLong
	}
	return NotRejected
}

// rejectLinks compares the links with those that package ll2 would write.
func rejectLinks(fetched *ll2.Resource, body []byte, l *Layout) Rejection {
	canonical := fetched.Canonical()
	next, _ := canonical.Next("", l.Count)
	if !isLink(body, l.Next, l.nextBase, next) {
		return RejectedNext
	}
	previous, _ := canonical.Previous("", l.Count)
	if !isLink(body, l.Previous, l.previousBase, previous) {
		return RejectedPrevious
	}
	return NotRejected
}

// isLink reports whether value is upstream's base and then want, or null if that
// is empty.
func isLink(body []byte, value, base Span, want string) bool {
	if want == "" {
		return string(body[value.Start:value.End]) == "null"
	}
	return base != Span{} && string(unescapeJSON(body[base.End:value.End-1])) == want
}

// measure finds the brackets around the elements and what stands between these:
// a comma and white space. ok is false unless that is everywhere the same.
func (w *Window) measure() (ok bool) {
	results := w.layout.Results
	if len(results) == 0 {
		return true
	}
	first, last := results[0].Start, results[len(results)-1].End
	w.open = len(bytes.TrimRight(w.body[:first], jsonSpace))
	w.end = len(w.body) - len(bytes.TrimLeft(w.body[last:], jsonSpace))
	for i := 1; i < len(results); i++ {
		gap := w.body[results[i-1].End:results[i].Start]
		if w.gap == nil {
			w.gap = gap
		}
		if !bytes.Equal(gap, w.gap) {
			return false
		}
	}
	return true
}

// jsonSpace is the white space of JSON (RFC 8259, section 2).
const jsonSpace = " \t\n\r"
