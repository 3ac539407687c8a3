package ll2sim

import (
	"slices"
	"strings"

	"perigee/proxy/ll2/catalog"
)

// shape is what the elements of a list, or a part of them, are made of. It is
// read off the parameters that the list documents.
type shape struct {
	name  string
	kind  catalog.Kind // of a leaf, or of the id of an object
	many  bool         // a list of objects
	parts []*shape     // the members of an object; nil for a leaf
}

// shapeOf returns the shape of the elements of a list: all that its filters, its
// search and its ordering need.
func shapeOf(e *catalog.Endpoint) *shape {
	root := &shape{}
	root.part("id").kind = objectID(e)
	root.part("url")
	root.part("name").kind = catalog.String
	for _, name := range e.Params() {
		kind, _ := e.Param(name)
		if isField(name, kind) {
			f := fieldOf(e, name)
			if f.part != "" {
				kind = catalog.DateTime
			}
			root.add(f.path, kind)
		}
	}
	for _, name := range e.Search {
		root.add(fieldOf(e, name).path, catalog.String)
	}
	for _, name := range e.Ordering {
		root.add(fieldOf(e, name).path, guess(name))
	}
	return root
}

// objectID is the kind of the ids in a list.
func objectID(lists *catalog.Endpoint) catalog.Kind {
	for _, e := range catalog.All() {
		if e.Path == lists.Path+"{id}/" {
			return e.ID
		}
	}
	return catalog.Integer
}

// isField tells the parameters that go by a field from the others.
func isField(name string, kind catalog.Kind) bool {
	return kind < catalog.Mode && name != "hide_recent_previous" && name != "include_suborbital"
}

// guess is the kind of a field that is known only from an ordering.
func guess(name string) catalog.Kind {
	last := name[strings.LastIndexByte(name, '_')+1:]
	switch last {
	case "name", "abbrev":
		return catalog.String
	case "net", "date", "docking", "departure", "start", "end", "founded", "updated", "on", "flight":
		return catalog.DateTime
	default:
		return catalog.Integer
	}
}

// add makes room for the value that a path leads to. The first kind given holds.
func (s *shape) add(path []string, kind catalog.Kind) {
	for _, name := range path {
		s = s.part(name)
	}
	if s.kind == 0 {
		s.kind = kind
	}
	s.many = s.many || kind == catalog.Repeated
}

// part returns the member of a name, a new one if there is none. With it, a leaf
// becomes an object.
func (s *shape) part(name string) *shape {
	i := slices.IndexFunc(s.parts, func(p *shape) bool { return p.name == name })
	if i < 0 {
		i = len(s.parts)
		s.parts = append(s.parts, &shape{name: name})
	}
	return s.parts[i]
}

// idKind is the kind of an object's id, 0 if it is not known.
func (s *shape) idKind() catalog.Kind {
	for _, p := range s.parts {
		if p.name == "id" {
			return p.kind
		}
	}
	return s.kind
}
