package ll2sim

import (
	"math/big"
	"strings"
	"time"

	"perigee/proxy/ll2/catalog"
)

// The messages of Django's form fields.
const (
	errNumber   = "Enter a number."
	errTooGreat = "Ensure this value is less than or equal to 1e+50."
	errDate     = "Enter a valid date."
	errTime     = "Enter a valid date/time."
	errUUID     = "Enter a valid UUID."
	errNull     = "Null characters are not allowed."
	errNoChoice = "Select a valid choice. %s is not one of the available choices."
	errBadValue = "“%s” is not a valid value."
)

// pyBool reads a boolean as the widget for it does: nothing is trimmed, and what
// it does not know is no filter.
func pyBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "1", "true":
		return true, true
	case "0", "false":
		return false, true
	default:
		return false, false
	}
}

func (c condition) boolean() test {
	want, ok := pyBool(c.last())
	if !ok {
		return nil
	}
	return c.any(func(value any) bool { return value == want })
}

// number is a NumberFilter. It takes a decimal also for a column of integers,
// where Django then cuts off the fraction.
func (c condition) number() (test, string) {
	if c.last() == "" {
		return nil, ""
	}
	want, err := cleanNumber(c.last())
	if err != "" {
		return nil, err
	}
	if c.field.op == contains {
		return c.any(func(value any) bool { return strings.Contains(asText(value), want.RatString()) }), ""
	}
	if c.kind == catalog.Integer {
		want = truncated(want)
	}
	return c.any(func(value any) bool {
		have, ok := new(big.Rat).SetString(asText(value))
		return ok && c.field.op.holds(have.Cmp(want))
	}), ""
}

// cleanNumber reads a number as the form field of a NumberFilter does.
func cleanNumber(s string) (n *big.Rat, err string) {
	n, ok := pyDecimal(s)
	switch {
	case !ok:
		return nil, errNumber
	case n.Cmp(powerOfTen(50)) > 0:
		return nil, errTooGreat
	default:
		return n, ""
	}
}

// holds tells whether the outcome of a comparison is what the operator asks for.
func (op operator) holds(comparison int) bool {
	switch op {
	case greater:
		return comparison > 0
	case atLeast:
		return comparison >= 0
	case less:
		return comparison < 0
	case atMost:
		return comparison <= 0
	default:
		return comparison == 0
	}
}

// text is a CharFilter.
func (c condition) text() (test, string) {
	want := pyStrip(c.last())
	switch {
	case want == "":
		return nil, ""
	case strings.ContainsRune(want, 0):
		return nil, errNull
	case c.field.op == contains:
		return c.any(func(value any) bool { return strings.Contains(asText(value), want) }), ""
	case c.field.op == icontains:
		return c.any(func(value any) bool { return containsFold(asText(value), want) }), ""
	default:
		return c.any(func(value any) bool { return asText(value) == want }), ""
	}
}

// containsFold is contains in any case, as SQL databases go about it.
func containsFold(s, part string) bool {
	return strings.Contains(strings.ToUpper(s), strings.ToUpper(part))
}

func (c condition) date() (test, string) {
	if c.last() == "" {
		return nil, ""
	}
	return c.moment(parseDate, errDate)
}

func (c condition) time() (test, string) {
	if c.last() == "" {
		return nil, ""
	}
	return c.moment(parseTime, errTime)
}

func (c condition) moment(parse func(string) (time.Time, bool), message string) (test, string) {
	want, ok := parse(pyStrip(c.last()))
	if !ok {
		return nil, message
	}
	return c.any(func(value any) bool {
		have, ok := asTime(value)
		return ok && c.field.op.holds(have.Compare(want))
	}), ""
}
