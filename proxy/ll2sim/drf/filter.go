package drf

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"perigee/proxy/ll2/catalog"
	"perigee/proxy/ll2sim/python"
)

// Operator is how a filter compares; the empty one is equality.
type Operator string

// The operators, as the names of filters end.
const (
	Greater   Operator = "gt"
	AtLeast   Operator = "gte"
	Less      Operator = "lt"
	AtMost    Operator = "lte"
	Contains  Operator = "contains"
	IContains Operator = "icontains"
)

// Filter is one parameter that a list is filtered by, as django-filter declares it.
type Filter struct {
	Name  string
	Kind  catalog.Kind
	Field Field
	Op    Operator
	// Method makes the test of a boolean filter that goes by no field. A nil test
	// leaves all rows. If Method is nil, the filter goes by Field.
	Method func(on bool) Test
}

// test reads the values of the parameter, of which there is one at least. A nil test
// is that it does not filter; all are the rows that choices are made from. The error
// is the message for the client.
func (f Filter) test(values []string, all []*Row) (Test, error) {
	value := values[len(values)-1]
	switch {
	case f.Kind == catalog.Repeated:
		return f.choices(values, all)
	case value == "":
		return nil, nil
	}
	switch f.Kind {
	case catalog.Boolean:
		return f.boolean(value), nil
	case catalog.Integer, catalog.Float:
		return f.number(value)
	case catalog.Date, catalog.DateTime:
		return f.time(value)
	case catalog.String:
		return f.text(value)
	case catalog.UUID:
		return f.oneOf([]string{value}, cleanUUID)
	case catalog.IntegerList:
		return f.oneOf(strings.Split(value, ","), cleanInteger)
	case catalog.UUIDList:
		return f.oneOf(strings.Split(value, ","), cleanUUID)
	case catalog.StringList:
		return f.oneOf(strings.Split(value, ","), cleanText)
	default: // mode, search, ordering, limit, offset
		return nil, nil
	}
}

// any returns a test that holds if it does for any value of the field.
func (f Filter) any(holds func(value any) bool) Test {
	return func(r *Row) bool { return slices.ContainsFunc(f.Field.values(r), holds) }
}

// boolean is a BooleanFilter.
func (f Filter) boolean(value string) Test {
	want, ok := parseBool(value)
	switch {
	case !ok:
		return nil
	case f.Method != nil:
		return f.Method(want)
	default:
		return f.any(func(value any) bool { return value == want })
	}
}

// number is a NumberFilter. It takes a decimal also for a column of integers.
func (f Filter) number(value string) (Test, error) {
	want, err := parseNumber(value)
	if err != nil {
		return nil, err
	}
	if f.Op == Contains {
		return f.any(func(value any) bool { return strings.Contains(Text(value), want.RatString()) }), nil
	}
	if f.Kind == catalog.Integer {
		want = truncate(want)
	}
	return f.any(func(value any) bool {
		have, ok := new(big.Rat).SetString(Text(value))
		return ok && f.holds(have.Cmp(want))
	}), nil
}

// time is a DateFilter or an IsoDateTimeFilter.
func (f Filter) time(value string) (Test, error) {
	parse := parseTime
	if f.Kind == catalog.Date {
		parse = parseDate
	}
	want, err := parse(value)
	if err != nil {
		return nil, err
	}
	return f.any(func(value any) bool {
		have, ok := Time(value)
		return ok && f.holds(have.Compare(want))
	}), nil
}

// holds tells whether the outcome of a comparison is what the operator asks for.
func (f Filter) holds(comparison int) bool {
	switch f.Op {
	case Greater:
		return comparison > 0
	case AtLeast:
		return comparison >= 0
	case Less:
		return comparison < 0
	case AtMost:
		return comparison <= 0
	default:
		return comparison == 0
	}
}

// text is a CharFilter.
func (f Filter) text(value string) (Test, error) {
	want, err := cleanText(value)
	if want == "" || err != nil {
		return nil, err
	}
	matches := func(have string) bool { return have == want }
	switch f.Op {
	case Contains:
		matches = func(have string) bool { return strings.Contains(have, want) }
	case IContains:
		matches = func(have string) bool { return containsFold(have, want) }
	}
	return f.any(func(value any) bool { return matches(Text(value)) }), nil
}

// containsFold is contains in any case, as SQL databases go about it.
func containsFold(s, part string) bool {
	return strings.Contains(strings.ToUpper(s), strings.ToUpper(part))
}

// oneOf is a filter by one value, or by a comma list of them. Blank ones fall out, but
// of a list of texts; a list of nothing but blanks is a filter that no row passes.
func (f Filter) oneOf(pieces []string, clean func(string) (string, error)) (Test, error) {
	var wanted []string
	for _, piece := range pieces {
		if f.isBlank(piece) {
			continue
		}
		want, err := clean(piece)
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, want)
	}
	if len(wanted) == 0 && f.Kind == catalog.UUID {
		return nil, nil
	}
	return f.any(func(value any) bool { return slices.Contains(wanted, f.Field.Text(value)) }), nil
}

// isBlank reports whether a piece is left out. Spaces make a bad number, but no UUID.
func (f Filter) isBlank(piece string) bool {
	switch f.Kind {
	case catalog.StringList:
		return false
	case catalog.IntegerList:
		return piece == ""
	default:
		return python.Strip(piece) == ""
	}
}

// choices is a ModelMultipleChoiceFilter: name=1&name=2 means either, and every
// value must be one there is, written as Python writes it: +1 is not 1.
func (f Filter) choices(values []string, all []*Row) (Test, error) {
	wanted := make([]string, len(values))
	for i, text := range values {
		id, ok := python.Int(text)
		if !ok {
			return nil, validationError(fmt.Sprintf(errBadValue, text))
		}
		wanted[i] = id.String()
	}
	for i, id := range wanted {
		is := f.any(func(value any) bool { return Text(value) == id })
		if values[i] != id || !slices.ContainsFunc(all, is) {
			return nil, validationError(fmt.Sprintf(errNoChoice, values[i]))
		}
	}
	return f.any(func(value any) bool { return slices.Contains(wanted, Text(value)) }), nil
}
