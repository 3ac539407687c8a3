package body

import (
	"bytes"
	"encoding/binary"
	"iter"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"perigee/proxy/ll2"
)

// Element is one element of a window.
type Element struct {
	Window *Window
	Index  int // among the window's elements, from 0
}

// Text returns the element as the body of an answer, with links as s has them.
func (e Element) Text(s Substitution) Text {
	l := e.Window.layout
	return newText(l, s, e.Window.piece(l.Results[e.Index]))
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
// the mode that was requested, where the list has modes, and id and url must
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

// identity is what an element says of itself.
type identity struct {
	id   string // an integer or a text, without quotes
	url  string // its path; empty if it has none
	mode string
}

// identityReader reads identities, and skips everything else.
type identityReader struct {
	window *Window
	dec    *jsontext.Decoder
}

func newIdentityReader(w *Window) *identityReader {
	return &identityReader{window: w, dec: new(jsontext.Decoder)}
}

// element reads one element; ok is false if it is none that has an identity. It
// reads on until id, url and, if there are modes, response_mode were found, which
// DRF writes first.
func (r *identityReader) element(i int, modes bool) (id identity, ok bool) {
	span := r.window.layout.Results[i]
	r.dec.Reset(bytes.NewBuffer(r.window.body[span.Start:span.End]),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if t, err := r.dec.ReadToken(); err != nil || t.Kind() != '{' {
		return identity{}, false
	}
	for r.dec.PeekKind() == '"' && (id.id == "" || id.url == "" || modes && id.mode == "") {
		name, err := r.dec.ReadValue()
		if err != nil {
			return identity{}, false
		}
		if ok, err := r.member(&id, string(name), span.Start); err != nil || !ok {
			return identity{}, false
		}
	}
	return id, id.id != ""
}

// member reads one member into id. It reports false for one that is not as it
// should be.
func (r *identityReader) member(id *identity, name string, base int) (ok bool, err error) {
	var field *string
	switch name {
	case `"id"`:
		field = &id.id
	case `"url"`:
		field = &id.url
	case `"response_mode"`:
		field = &id.mode
	default:
		return true, r.dec.SkipValue()
	}
	kind := r.dec.PeekKind()
	raw, err := r.dec.ReadValue()
	if err != nil || *field != "" {
		return false, err
	}
	text := string(raw)
	switch {
	case kind == '0' && field == &id.id:
	case kind != '"':
		return false, nil
	default:
		text = strings.Trim(text, `"`)
	}
	if field == &id.url {
		end := base + int(r.dec.InputOffset())
		text = r.window.pathOf(Span{end - len(raw) + 1, end - 1})
	}
	*field = text
	return text != "", nil
}

// pathOf returns the path of a link, the content of a JSON string, or nothing if
// that is no link to upstream.
func (w *Window) pathOf(content Span) string {
	links := w.layout.LinksIn(content)
	if len(links) == 0 { // there is none but at the beginning of a string
		return ""
	}
	return string(unescapeJSON(w.body[links[0].Span.End:content.End]))
}
