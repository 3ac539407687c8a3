package ll2

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxParameters is how many parameters a query may have, as Django's
// DATA_UPLOAD_MAX_NUMBER_FIELDS has it unless it is set otherwise.
const MaxParameters = 1000

// TooManyParametersError refuses a query, as Django does with 400.
type TooManyParametersError struct {
	Count int // how many there are, as Django counts: empty ones too
}

func (e *TooManyParametersError) Error() string {
	return fmt.Sprintf("the query has %d parameters, more than the %d that are read", e.Count, MaxParameters)
}

// pair is one parameter, decoded. Its parts are always valid UTF-8.
type pair struct{ name, value string }

// parseQuery reads a raw query as Django does, by Python's
// parse_qsl(keep_blank_values=True): only '&' separates, so ';' is data; empty
// pairs fall out; without '=' the value is blank; '+' is a space; a bad percent
// escape is data. net/url would drop what it cannot read.
func parseQuery(raw string) ([]pair, error) {
	if raw == "" {
		return nil, nil
	}
	n := strings.Count(raw, "&") + 1
	if n > MaxParameters {
		return nil, &TooManyParametersError{Count: n}
	}
	if !utf8.ValidString(raw) {
		raw = fromLatin1(raw) // as Django's QueryDict does with the whole query
	}
	pairs := make([]pair, 0, n)
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{unquotePlus(name), unquotePlus(value)})
	}
	return pairs, nil
}

// last returns the value that counts if a parameter is repeated: the last one,
// even if it is blank.
func last(pairs []pair, name string) (value string, ok bool) {
	for i := len(pairs) - 1; i >= 0; i-- {
		if pairs[i].name == name {
			return pairs[i].value, true
		}
	}
	return "", false
}

// fromLatin1 reads each byte as the character of that number.
func fromLatin1(s string) string {
	var b strings.Builder
	b.Grow(2 * len(s))
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// sortByName sorts in place by the code points of the names; values of one name
// keep their order, which may matter.
func sortByName(pairs []pair) []pair {
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.name, b.name) })
	return pairs
}
