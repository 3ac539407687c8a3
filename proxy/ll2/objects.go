package ll2

import "perigee/proxy/ll2/catalog"

// Where the API description says that a list's elements are of the very schema of
// the object endpoint, as in mode=detailed, an element is the object: DRF
// serialises both with the same class and renders them with the same renderer, so
// that in compact form they are equal byte for byte. (What the description cannot
// rule out is that an endpoint sorts lists inside of an object otherwise.)
// Indented, an element stands deeper than the object would and is not the same; a
// request with filters is not for the object alone, since DRF looks it up among
// what they let through. Both are left to upstream.

// HasObjects reports whether the elements of r, a list, are of the schema of an
// object endpoint and in a form in which they answer requests for it.
func (r *Resource) HasObjects() bool { return r.Kind == List && r.ObjectSchema() != "" }

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
	mode := r.ElementMode()
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

// ElementMode returns the level of detail that the elements of r name in their
// response_mode; empty if the list has no modes.
func (r *Resource) ElementMode() string {
	e, _, ok := catalog.Find(r.Path)
	switch {
	case !ok:
		return ""
	case r.Mode == "" && e.HasMode("normal"):
		return "normal"
	}
	return r.Mode
}

// ObjectKeys returns the Keys of the objects that an element of r is, where r is a
// list that HasObjects, and id, url and mode are what the element says of itself:
// url is its path, and empty if it names none. There can be two: a launch among
// those upcoming is the object of /launches/upcoming/ and that of /launches/, which
// its own url names. There is none if what the element says does not agree.
func (r *Resource) ObjectKeys(id, url, mode string) []string {
	if want := r.ElementMode(); want != "" && mode != want {
		return nil
	}
	paths := []string{r.Path + id + "/"}
	if url != "" && url != paths[0] {
		paths = append(paths, url)
	}
	schema := r.ObjectSchema()
	for i, path := range paths {
		e, found, ok := catalog.Find(path)
		if !ok || found != id || e.Schema != schema {
			return nil
		}
		paths[i] = objectKey(path)
	}
	return paths
}

// objectKey is the Key of an object that is asked for without filters and as
// compact JSON. The path is plain.
func objectKey(path string) string {
	key, _, _ := newAsked(representation{}.word(), path, 0).split()
	return key
}
