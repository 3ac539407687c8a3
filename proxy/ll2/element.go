package ll2

import (
	"encoding/binary"
	"iter"
)

// Where the description says that a list's elements are of the very schema of
// the object endpoint, as in mode=detailed, an element is the object: the
// framework serialises both with the same class and renders them with the same
// renderer, so that in compact form they are equal byte for byte. (What the
// description cannot rule out is that an endpoint sorts lists inside of an object
// otherwise.) Indented, an element stands deeper than the object would and is not
// the same; a request with filters is not for the object alone, since DRF looks
// it up among what they let through. Both are left to upstream.

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

// HasObjects reports whether the elements of r, a list, are of the schema of an
// object endpoint and in a form in which they answer requests for it.
func (r *Resource) HasObjects() bool { return r.Kind == List && r.ObjectSchema() != "" }

// Objects yields for each element that is known to be an object the Keys of the
// resources that it answers, as Resolve has them. of is the list that the window
// was fetched for. There can be two: a launch among those upcoming is the object
// of /launches/upcoming/ and that of /launches/, which its own url names.
//
// It reads no more of the elements than it needs to be sure: response_mode must be
// the mode that was asked for, where the list has modes, and id and url must
// agree. Elements of which this cannot be said are left out.
func (w *Window) Objects(of *Resource) iter.Seq2[string, Element] {
	return func(yield func(string, Element) bool) {
		if !of.HasObjects() {
			return
		}
		schema := of.ObjectSchema()
		known := objectPaths{list: of.Path, schema: schema, mode: of.shownMode()}
		read := newIdentityReader(w)
		for i := range w.layout.Results {
			id, ok := read.element(i, known.mode != "")
			if !ok {
				continue
			}
			for _, path := range known.of(id) {
				if !yield(objectKey(path), Element{w, i}) {
					return
				}
			}
		}
	}
}

// FindObject returns the element that answers a request for an object, if the
// window has it. of is the list that the window was fetched for.
func (w *Window) FindObject(of, object *Resource) (Element, bool) {
	if object.Kind != Object {
		return Element{}, false
	}
	for key, e := range w.Objects(of) {
		if key == object.Key {
			return e, true
		}
	}
	return Element{}, false
}

// objectKey is the Key of an object that is asked for without filters and as
// compact JSON. The path is plain.
func objectKey(path string) string {
	key, _, _ := newAsked(representation{}.word(), path, 0).split()
	return key
}
