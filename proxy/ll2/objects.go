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
// documented, or a form other than compact JSON is requested, nothing is known.
func (r *Resource) ObjectSchema() string {
	switch {
	case r.Representation != JSON || r.Indent != 0:
	case r.Kind == List:
		return r.elementSchema()
	case r.Kind == Object && r.Query == "":
		return r.endpoint.Schema
	}
	return ""
}

// elementSchema is ObjectSchema of a list.
func (r *Resource) elementSchema() string {
	for _, p := range r.canonical {
		if _, known := r.endpoint.Param(p.name); !known {
			return ""
		}
	}
	mode := r.ElementMode()
	if mode == "" {
		mode = catalog.AnyMode
	}
	schema := r.endpoint.Items[mode]
	if object := r.endpoint.Object(); object == nil || object.Schema != schema {
		return ""
	}
	return schema
}

// ElementMode returns the level of detail that the elements of r, a list, name in
// their response_mode; it is empty if the list has no modes.
func (r *Resource) ElementMode() string {
	if r.Mode == "" && r.endpoint != nil && r.endpoint.HasMode(catalog.DefaultMode) {
		return catalog.DefaultMode
	}
	return r.Mode
}

// ObjectKeys returns the Keys of the objects that an element of r is, where r is a
// list that HasObjects, and id, url and mode are what the element says of itself:
// url is the path of its own link, empty if it has none. There can be two: a launch
// among those upcoming is the object of /launches/upcoming/ and that of /launches/,
// which its own link names. There is none if what the element says does not agree.
func (r *Resource) ObjectKeys(id, url, mode string) []string {
	if want := r.ElementMode(); want != "" && mode != want {
		return nil
	}
	keys := []string{r.Path + id + "/"}
	if url != "" && url != keys[0] {
		keys = append(keys, url)
	}
	schema := r.endpoint.Object().Schema
	for i, path := range keys {
		e, found, ok := catalog.Find(path)
		if !ok || found != id || e.Schema != schema {
			return nil
		}
		keys[i] = objectKey(path)
	}
	return keys
}
