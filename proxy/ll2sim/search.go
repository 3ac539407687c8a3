package ll2sim

import (
	"slices"
	"strings"

	"perigee/proxy/ll2/catalog"
)

// newSearch reads search as DRF 3.14 does: terms split at white space and commas,
// each of which must occur in one of the search fields, in any case. Quotes are
// part of a term, and NUL is left out. It returns nil if there is no term.
func newSearch(lists *catalog.Endpoint, q query) test {
	if _, ok := lists.Param("search"); !ok {
		return nil
	}
	text, _ := q.last("search")
	terms := pySplit(strings.NewReplacer("\x00", "", ",", " ").Replace(text))
	if len(terms) == 0 {
		return nil
	}
	var fields []field
	for _, name := range searchFields(lists) {
		fields = append(fields, fieldOf(lists, name))
	}
	return func(r *row) bool {
		for _, term := range terms {
			if !slices.ContainsFunc(fields, func(f field) bool { return r.has(f, term) }) {
				return false
			}
		}
		return true
	}
}

// searchFields are the documented ones; where none are, the name.
func searchFields(lists *catalog.Endpoint) []string {
	if lists.Search == nil {
		return []string{"name"}
	}
	return lists.Search
}

// has tells whether a value of the field contains a term.
func (r *row) has(f field, term string) bool {
	return slices.ContainsFunc(r.lookup(f), func(value any) bool {
		return containsFold(asText(value), term)
	})
}
