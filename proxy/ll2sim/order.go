package ll2sim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"perigee/proxy/ll2/catalog"
)

// orderTerm is one field of an ordering.
type orderTerm struct {
	field   field
	descend bool
}

// newOrdering reads ordering as DRF does: what is no ordering field falls out,
// among it what has two minus signs; if nothing is left the default holds.
func newOrdering(lists *catalog.Endpoint, q query, byDefault string) []orderTerm {
	var terms []orderTerm
	if text, _ := q.last("ordering"); text != "" {
		if _, ok := lists.Param("ordering"); ok {
			terms = orderTerms(lists, text, orderingFields(lists))
		}
	}
	if len(terms) == 0 {
		terms = orderTerms(lists, byDefault, []string{strings.TrimPrefix(byDefault, "-")})
	}
	return terms
}

// orderingFields are the documented ones; where none are, those every element has.
func orderingFields(lists *catalog.Endpoint) []string {
	if lists.Ordering == nil {
		return []string{"id", "name"}
	}
	return lists.Ordering
}

func orderTerms(lists *catalog.Endpoint, text string, valid []string) []orderTerm {
	var terms []orderTerm
	for term := range strings.SplitSeq(text, ",") {
		name, descend := strings.CutPrefix(pyStrip(term), "-")
		if slices.Contains(valid, name) {
			terms = append(terms, orderTerm{fieldOf(lists, name), descend})
		}
	}
	return terms
}

// sortKey is a value in a form that compares. Missing values come last, as in
// PostgreSQL.
type sortKey struct {
	missing bool
	number  float64
	text    string
}

func newSortKey(values list) sortKey {
	if len(values) == 0 {
		return sortKey{missing: true}
	}
	text := asText(values[0])
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return sortKey{number: n}
	}
	if seconds, ok := asSeconds(text); ok {
		return sortKey{number: seconds}
	}
	return sortKey{text: text}
}

func (k sortKey) compare(other sortKey) int {
	switch {
	case k.missing && other.missing:
		return 0
	case k.missing:
		return 1
	case other.missing:
		return -1
	default:
		return cmp.Or(cmp.Compare(k.number, other.number), cmp.Compare(k.text, other.text))
	}
}

// sorted returns the rows in order. Those that compare equal stay in the order
// in which the set keeps them.
func sorted(rows []*row, terms []orderTerm) []*row {
	keys := make(map[*row][]sortKey, len(rows))
	for _, r := range rows {
		for _, t := range terms {
			keys[r] = append(keys[r], newSortKey(r.lookup(t.field)))
		}
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b *row) int {
		for i, t := range terms {
			order := keys[a][i].compare(keys[b][i])
			if t.descend {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
	return rows
}
