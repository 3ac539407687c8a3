package body

import (
	"encoding/binary"
	"iter"

	"perigee/proxy/ll2"
)

// Element is one element of a window.
type Element struct {
	Window *Window
	Index  int // among the window's elements, from 0
}

// Append appends the element to dst as the body of an answer, with links as s has
// them, and returns the extended slice. dst should have room for Len more bytes.
func (e Element) Append(dst []byte, s Substitution) []byte {
	l := e.Window.layout
	return e.Window.append(dst, l.Results[e.Index], l.escape(s))
}

// Len returns how many bytes Append appends.
func (e Element) Len(s Substitution) int {
	l := e.Window.layout
	return e.Window.len(l.Results[e.Index], l.escape(s))
}

// AppendIdentity appends to dst what Cut.AppendIdentity does for a page.
func (e Element) AppendIdentity(dst []byte) []byte {
	return binary.BigEndian.AppendUint64(append(dst, e.Window.Digest[:]...), uint64(e.Index))
}

// Objects yields for each element that is known to be an object the Keys of the
// resources that it answers (ll2.Resource.ObjectKeys). of is the list that the
// window was fetched for.
//
// It reads no more of the elements than it needs to be sure: response_mode must be
// the mode that was asked for, where the list has modes, and id and url must
// agree. Elements of which this cannot be said are left out.
func (w *Window) Objects(of *ll2.Resource) iter.Seq2[string, Element] {
	return func(yield func(string, Element) bool) {
		if !of.HasObjects() {
			return
		}
		hasModes := of.ElementMode() != ""
		read := newIdentityReader(w)
		for i := range w.layout.Results {
			id, ok := read.element(i, hasModes)
			if !ok {
				continue
			}
			for _, key := range of.ObjectKeys(id.id, id.url, id.mode) {
				if !yield(key, Element{w, i}) {
					return
				}
			}
		}
	}
}
