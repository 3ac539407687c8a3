package drf

import (
	"slices"
	"strconv"
)

// Row is one row of a list with all its detail. It is never changed once it is listed.
type Row struct {
	Base   Object // what a list shows
	Detail Object // what a view of the row alone adds
}

// Field is where a filter, a search or an ordering finds its values.
type Field struct {
	Path []string // from the row to the value
	Part string   // "day", "month" or "year" of the value, else empty
}

// values returns the values of a row, also those that only detail shows.
func (f Field) values(r *Row) List { return Lookup(List{r.Base, r.Detail}, f.Path...) }

// Text returns a value of the field as it compares with text.
func (f Field) Text(value any) string {
	if f.Part == "" {
		return Text(value)
	}
	t, ok := Time(value)
	if !ok {
		return ""
	}
	return strconv.Itoa(map[string]int{"day": t.Day(), "month": int(t.Month()), "year": t.Year()}[f.Part])
}

// Test tells whether a row stays.
type Test func(*Row) bool

// Keep returns the rows that pass all tests.
func Keep(rows []*Row, tests ...Test) []*Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r *Row) bool {
		return slices.ContainsFunc(tests, func(t Test) bool { return !t(r) })
	})
}
