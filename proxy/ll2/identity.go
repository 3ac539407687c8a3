package ll2

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"perigee/proxy/ll2/catalog"
)

// ObjectSchema names the schema that r, an object, has in common with the elements
// of a list that can answer for it; and of a list, if it is such a one, that of its
// elements. It is empty for all others: where parameters are given that are not
// documented, or a form other than compact JSON is asked for, nothing is known.
func (r *Resource) ObjectSchema() string {
	e, _, ok := catalog.Find(r.Path)
	switch {
	case !ok || r.Representation != JSON || r.Indent != 0:
	case r.Kind == List:
		return r.elementSchema(e)
	case r.Kind == Object && r.Query == "":
		return e.Schema
	}
	return ""
}

// elementSchema is ObjectSchema of a list.
func (r *Resource) elementSchema(e *catalog.Endpoint) string {
	asked, _ := parseQuery(r.Query) // r was resolved, so it can be read
	for _, p := range asked {
		if _, known := e.Param(p.name); !known {
			return ""
		}
	}
	mode := r.shownMode()
	if mode == "" {
		mode = catalog.AnyMode
	}
	schema := e.Items[mode]
	if object, _, ok := catalog.Find(r.Path + objectID(e)); !ok || object.Schema != schema {
		return ""
	}
	return schema
}

// objectID is some id of the kind that the objects of a list have.
func objectID(list *catalog.Endpoint) string {
	for _, id := range []string{"1/", "00000000-0000-0000-0000-000000000000/"} {
		if _, _, ok := catalog.Find(list.Path + id); ok {
			return id
		}
	}
	return ""
}

// shownMode is what the elements of r say of their mode, if the list has modes.
func (r *Resource) shownMode() string {
	e, _, ok := catalog.Find(r.Path)
	switch {
	case !ok:
		return ""
	case r.Mode == "" && e.HasMode("normal"):
		return "normal"
	}
	return r.Mode
}

// objectPaths tells where the object of an element is.
type objectPaths struct {
	list   string // path
	schema string
	mode   string // what the element must say; empty: anything
}

// of returns the paths of the objects that an element is, none if what it says of
// itself does not agree.
func (o objectPaths) of(id identity) []string {
	if o.mode != "" && id.mode != o.mode {
		return nil
	}
	paths := []string{o.list + id.id + "/"}
	if id.url != "" && id.url != paths[0] {
		paths = append(paths, id.url)
	}
	for _, path := range paths {
		e, found, ok := catalog.Find(path)
		if !ok || found != id.id || e.Schema != o.schema {
			return nil
		}
	}
	return paths
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
