package drf

import (
	"slices"
	"strings"

	"perigee/proxy/ll2sim/python"
)

// ListView declares a list and what can be done with it.
type ListView struct {
	Rows     []*Row           // in the order in which rows that compare equal come out
	All      []*Row           // Rows and those of the same model that are not listed now
	Filters  []Filter         // in the order in which errors are listed
	Search   []Field          // the fields searched; nil: search is no parameter
	Ordering map[string]Field // the names that can be ordered by; nil: ordering is no parameter
	Default  Term             // the ordering when none is asked for
}

// Filter returns the rows that pass the filters and the search of a query, or the
// exception that says what is wrong with it. Parameters that are not declared do
// not filter.
func (v *ListView) Filter(q python.Query) ([]*Row, *Exception) {
	var tests []Test
	var invalid Object
	values := q.Values()
	for _, f := range v.Filters {
		if len(values[f.Name]) == 0 {
			continue
		}
		test, err := f.test(values[f.Name], v.All)
		if err != nil {
			invalid = append(invalid, Member{f.Name, List{err.Error()}})
		} else if test != nil {
			tests = append(tests, test)
		}
	}
	if invalid != nil {
		return nil, &Exception{Status: 400, Body: invalid}
	}
	if search := v.search(q); search != nil {
		tests = append(tests, search)
	}
	return Keep(v.Rows, tests...), nil
}

// search reads search as DRF 3.14 does: terms split at white space and commas, each
// of which must occur in one of the search fields, in any case. Quotes are part of a
// term, and NUL is left out. It returns nil if there is no term.
func (v *ListView) search(q python.Query) Test {
	text, _ := q.Last("search")
	terms := python.Split(strings.NewReplacer("\x00", "", ",", " ").Replace(text))
	if v.Search == nil || len(terms) == 0 {
		return nil
	}
	return func(r *Row) bool {
		for _, term := range terms {
			occurs := func(value any) bool { return containsFold(Text(value), term) }
			if !slices.ContainsFunc(v.Search, func(f Field) bool { return slices.ContainsFunc(f.values(r), occurs) }) {
				return false
			}
		}
		return true
	}
}

// Order returns rows in the order that a query asks for, as DRF's OrderingFilter
// does: names that are no ordering field are dropped, such as one with two minus
// signs; if none is left the default applies.
func (v *ListView) Order(rows []*Row, q python.Query) []*Row {
	var terms []Term
	text, _ := q.Last("ordering")
	for name := range strings.SplitSeq(text, ",") {
		name, descend := strings.CutPrefix(python.Strip(name), "-")
		if field, ok := v.Ordering[name]; ok {
			terms = append(terms, Term{field, descend})
		}
	}
	if terms == nil {
		terms = []Term{v.Default}
	}
	return Sort(rows, terms...)
}
