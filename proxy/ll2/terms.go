package ll2

import (
	"slices"
	"strings"
)

// plainSearch returns the terms of a search, which are ANDed and compared without
// regard to case: lower-cased, sorted, each once. They are split at commas and at
// the white space of ASCII; other white space stays within a term, where upstream
// will split. Newer versions of DRF keep quoted phrases together, with backslashes
// as escapes, and refuse NUL, which older ones drop: such searches are kept as
// sent.
func plainSearch(value string) string {
	if strings.ContainsAny(value, "\"'\\\x00") {
		return value
	}
	terms := strings.FieldsFunc(lowerASCII(value), func(r rune) bool {
		return r == ',' || strings.ContainsRune(asciiSpace, r)
	})
	slices.Sort(terms)
	return strings.Join(slices.Compact(terms), " ")
}

// plainOrdering returns the fields by which upstream will sort: those it does not
// know fall out, and those named before, since nothing is left to sort then. If
// the fields are not documented the value is kept as sent.
func plainOrdering(documented []string, value string) string {
	if documented == nil {
		return value
	}
	var terms, seen []string
	for piece := range strings.SplitSeq(value, ",") {
		term := strip(piece)
		field := strings.TrimPrefix(term, "-")
		if slices.Contains(documented, field) && !slices.Contains(seen, field) {
			terms, seen = append(terms, term), append(seen, field)
		}
	}
	return strings.Join(terms, ",")
}
