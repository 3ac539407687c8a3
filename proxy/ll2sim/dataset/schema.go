package dataset

import (
	"slices"
	"strings"

	"perigee/proxy/ll2/catalog"
	"perigee/proxy/ll2sim/drf"
)

// Name names the data of an endpoint: its path without the version, the id, and the
// part of the time line that it is restricted to.
func Name(e *catalog.Endpoint) string {
	name := strings.TrimPrefix(e.Path, "/"+catalog.Latest+"/")
	name = strings.TrimSuffix(strings.TrimSuffix(name, "{id}/"), "/")
	name = strings.TrimSuffix(name, "/upcoming")
	return strings.TrimSuffix(name, "/previous")
}

// FieldFilters returns the documented parameters of a list that go by a field of its
// elements, in order.
func FieldFilters(lists *catalog.Endpoint) []string {
	return slices.DeleteFunc(lists.Params(), func(name string) bool {
		kind, _ := lists.Param(name)
		return kind >= catalog.Mode || name == hideRecent || name == withSuborbital
	})
}

// The filters that go by no field.
const (
	hideRecent     = "hide_recent_previous"
	withSuborbital = "include_suborbital"
)

// searchFields are the documented ones; where none are, the name.
func searchFields(lists *catalog.Endpoint) []string {
	if lists.Search == nil {
		return []string{"name"}
	}
	return lists.Search
}

// orderingFields are the documented ones; where none are, those every element has.
func orderingFields(lists *catalog.Endpoint) []string {
	if lists.Ordering == nil {
		return []string{"id", "name"}
	}
	return lists.Ordering
}

// resolve returns the field and the operator that a documented name stands for. In a
// list of launches lsp__id is launch_service_provider, id; net__gte is net, at least;
// status__ids is status, id.
func resolve(lists *catalog.Endpoint, name string) (f drf.Field, op drf.Operator) {
	words := strings.Split(name, "__")
	if last := drf.Operator(words[len(words)-1]); len(words) > 1 && isOperator(last) {
		op, words = last, words[:len(words)-1]
	}
	if last := drf.Operator(words[len(words)-1]); len(words) > 1 && isOperator(last) {
		words = words[:len(words)-1] // date__gt__lt, as the API documents it
	}
	switch words[0] {
	case "day", "month", "year":
		return drf.Field{Part: words[0], Path: []string{timeField(Name(lists))}}, op
	}
	f.Path = append(longName(lists, words[0]), words[1:]...)
	last := &f.Path[len(f.Path)-1]
	if *last == "ids" {
		*last = "id"
	} else if before, ok := strings.CutSuffix(*last, "_ids"); ok { // agency_ids
		*last = before
		f.Path = append(f.Path, "id")
	}
	return f, op
}

func fieldOf(lists *catalog.Endpoint, name string) drf.Field {
	f, _ := resolve(lists, name)
	return f
}

func isOperator(op drf.Operator) bool {
	switch op {
	case drf.Greater, drf.AtLeast, drf.Less, drf.AtMost, drf.Contains, drf.IContains:
		return true
	default:
		return false
	}
}

// longName returns the path that the first word of a name is short for.
func longName(lists *catalog.Endpoint, word string) []string {
	if Name(lists) == "launches" {
		switch word {
		case "lsp":
			return []string{"launch_service_provider"}
		case "related_lsp":
			return []string{"related_launch_service_provider"}
		case "location":
			return []string{"pad", "location"}
		case "launcher_config":
			return []string{"rocket", "configuration"}
		}
	}
	return []string{word}
}

// timeField names the time that the elements of a list go by.
func timeField(list string) string {
	switch list {
	case "launches":
		return "net"
	case "spacewalks":
		return "start"
	default:
		return "date"
	}
}

// shape is what the elements of a list, or a part of them, are made of.
type shape struct {
	name  string
	kind  catalog.Kind // of a leaf, or of the id of an object
	many  bool         // a list of objects
	parts []*shape     // the members of an object; nil for a leaf
}

// shapeOf returns the shape of the elements of a list: all that its filters, its
// search and its ordering need.
func shapeOf(lists *catalog.Endpoint) *shape {
	root := &shape{}
	root.part("id").kind = idKind(lists)
	root.part("url")
	root.part("name").kind = catalog.String
	for _, name := range FieldFilters(lists) {
		kind, _ := lists.Param(name)
		f := fieldOf(lists, name)
		if f.Part != "" {
			kind = catalog.DateTime
		}
		root.add(f.Path, kind)
	}
	for _, name := range lists.Search {
		root.add(fieldOf(lists, name).Path, catalog.String)
	}
	for _, name := range lists.Ordering {
		root.add(fieldOf(lists, name).Path, guess(name))
	}
	return root
}

// idKind is the kind of the ids in a list.
func idKind(lists *catalog.Endpoint) catalog.Kind {
	for _, e := range catalog.Table(catalog.Latest) {
		if e.Parent() == lists {
			return e.ID
		}
	}
	return catalog.Integer
}

// guess is the kind of a field that is known only from an ordering.
func guess(name string) catalog.Kind {
	switch name[strings.LastIndexByte(name, '_')+1:] {
	case "name", "abbrev":
		return catalog.String
	case "net", "date", "docking", "departure", "start", "end", "founded", "updated", "on", "flight":
		return catalog.DateTime
	default:
		return catalog.Integer
	}
}

// add adds the value that a path leads to. The first kind given stays.
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

// hasUUID reports whether an object is known by a UUID.
func (s *shape) hasUUID() bool {
	for _, p := range s.parts {
		if p.name == "id" {
			return isUUID(p.kind)
		}
	}
	return isUUID(s.kind)
}

func isUUID(kind catalog.Kind) bool { return kind == catalog.UUID || kind == catalog.UUIDList }
