package ll2

import (
	"cmp"
	"slices"
	"strings"

	"perigee/proxy/ll2/catalog"
)

// plainValue returns the plain spelling of a scalar parameter of a documented
// kind, the same for all spellings that filter alike. It is empty if the value
// says nothing, and the value itself if its meaning is not known for sure. It does
// not change what is plain already.
func plainValue(e *catalog.Endpoint, kind catalog.Kind, value string) string {
	switch kind {
	case catalog.Integer:
		return plainInteger(value)
	case catalog.Boolean:
		return plainBoolean(value)
	case catalog.DateTime:
		return plainTime(value)
	case catalog.String:
		return plainString(value)
	case catalog.IntegerList:
		return plainIntegers(value)
	case catalog.StringList:
		return plainStrings(value)
	case catalog.UUIDList:
		return plainUUIDs(value)
	case catalog.Mode:
		return plainMode(e, value)
	case catalog.Search:
		return plainSearch(value)
	case catalog.Ordering:
		return plainOrdering(e.Ordering, value)
	}
	return value
}

// maxInteger is the length beyond which an integer is kept as sent, far below
// where Python or Django begin to refuse it.
const maxInteger = 100

// plainInteger returns 4 for 4, 04, +4 and " 4", which filters of numbers and of
// foreign keys read alike. They differ over 4.0 and 4e0, so these stay.
func plainInteger(value string) string {
	if plain, ok := trimInteger(value); ok {
		return plain
	}
	return value
}

func trimInteger(value string) (plain string, ok bool) {
	digits := strings.TrimPrefix(strings.Trim(value, asciiSpace), "+")
	if !isDigits(digits) || len(value) > maxInteger {
		return "", false
	}
	if plain = strings.TrimLeft(digits, "0"); plain == "" {
		plain = "0"
	}
	return plain, true
}

// plainBoolean follows django-filter's BooleanWidget: lower-cased, never trimmed,
// and whatever is not a boolean is no filter.
func plainBoolean(value string) string {
	switch lowerASCII(value) {
	case "true", "1":
		return "true"
	case "false", "0":
		return "false"
	}
	return ""
}

// plainString trims as Django's CharField does. A value of white space alone would
// be no filter to a CharField, but a choice or foreign key answers it with 400, so
// it stays.
func plainString(value string) string {
	if hasNUL(value) {
		return value
	}
	if plain := strip(value); plain != "" {
		return plain
	}
	return value
}

// plainMode drops the default level of detail. Values that are not documented have
// an effect that is not known.
func plainMode(e *catalog.Endpoint, value string) string {
	const standard = "normal"
	if value == standard && e.HasMode(standard) {
		return ""
	}
	return value
}

// plainIntegers returns a comma list of numbers as a set. Blank pieces fall out,
// but a list of nothing else matches nothing, which is not the same as no filter.
func plainIntegers(value string) string {
	var set []string
	for piece := range strings.SplitSeq(value, ",") {
		if piece == "" {
			continue
		}
		plain, ok := trimInteger(piece)
		if !ok {
			return value
		}
		set = append(set, plain)
	}
	if len(set) == 0 {
		return value
	}
	return joinSet(set, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
}

// plainStrings returns a comma list of texts as a set. A blank piece is an element
// like others: it matches blank fields. Pieces are not trimmed, since filters of
// choices do not trim.
func plainStrings(value string) string {
	if hasNUL(value) || strings.IndexByte(value, ',') < 0 {
		return value
	}
	set := joinSet(strings.Split(value, ","), cmp.Compare[string])
	if set == "" {
		return "," // the set of the blank text, where an empty value would be no filter
	}
	return set
}

// plainUUIDs returns a comma list of UUIDs as a set. Their case is kept.
func plainUUIDs(value string) string {
	set := strings.Split(value, ",")
	for _, piece := range set {
		if !catalog.IsUUID(piece) {
			return value
		}
	}
	return joinSet(set, cmp.Compare[string])
}

// joinSet sorts and deduplicates; it takes possession of set.
func joinSet(set []string, compare func(a, b string) int) string {
	slices.SortFunc(set, compare)
	return strings.Join(slices.Compact(set), ",")
}
