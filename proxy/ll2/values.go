package ll2

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"perigee/proxy/ll2/catalog"
)

// canonicalValue returns the canonical spelling of a parameter of a documented kind,
// the same for all spellings that filter alike. It is empty if the value has no
// effect, and the value itself if its meaning is not known for sure. A canonical
// value is not changed.
func canonicalValue(e *catalog.Endpoint, kind catalog.Kind, value string) string {
	switch kind {
	case catalog.Integer:
		return canonicalInteger(value)
	case catalog.Boolean:
		return canonicalBoolean(value)
	case catalog.DateTime:
		return canonicalTime(value)
	case catalog.String:
		return canonicalString(value)
	case catalog.IntegerList:
		return canonicalIntegers(value)
	case catalog.StringList:
		return canonicalStrings(value)
	case catalog.UUIDList:
		return canonicalUUIDs(value)
	case catalog.Mode:
		return canonicalMode(e, value)
	case catalog.Search:
		return canonicalSearch(value)
	case catalog.Ordering:
		return canonicalOrdering(e.Ordering, value)
	}
	return value
}

// maxInteger is the length beyond which an integer is kept as sent, far below
// where Python or Django begin to refuse it.
const maxInteger = 100

// canonicalInteger returns 4 for 4, 04, +4 and " 4", which filters of numbers and
// of foreign keys read alike. They differ over 4.0 and 4e0, so these stay.
func canonicalInteger(value string) string {
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

// canonicalBoolean follows django-filter's BooleanWidget: lower-cased, never
// trimmed, and whatever is not a boolean is no filter.
func canonicalBoolean(value string) string {
	switch lowerASCII(value) {
	case "true", "1":
		return "true"
	case "false", "0":
		return "false"
	}
	return ""
}

// canonicalString trims as Django's CharField does. A value of white space alone
// would be no filter to a CharField, but a choice or foreign key answers it with
// 400, so it stays.
func canonicalString(value string) string {
	if hasNUL(value) {
		return value
	}
	if plain := strip(value); plain != "" {
		return plain
	}
	return value
}

// canonicalMode drops the default level of detail. The effect of values that are not
// documented is not known.
func canonicalMode(e *catalog.Endpoint, value string) string {
	if value == catalog.DefaultMode && e.HasMode(value) {
		return ""
	}
	return value
}

// canonicalIntegers returns a comma list of numbers as a set. Blank pieces are
// dropped, but a list of nothing else matches nothing, which is not the same as no
// filter.
func canonicalIntegers(value string) string {
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

// canonicalStrings returns a comma list of texts as a set. A blank piece is an
// element like others: it matches blank fields. Pieces are not trimmed, since
// filters of choices do not trim.
func canonicalStrings(value string) string {
	if hasNUL(value) || strings.IndexByte(value, ',') < 0 {
		return value
	}
	set := joinSet(strings.Split(value, ","), cmp.Compare[string])
	if set == "" {
		return "," // the set of the blank text, where an empty value would be no filter
	}
	return set
}

// canonicalUUIDs returns a comma list of UUIDs as a set. Their case is kept.
func canonicalUUIDs(value string) string {
	set := strings.Split(value, ",")
	for _, piece := range set {
		if !catalog.IsUUID(piece) {
			return value
		}
	}
	return joinSet(set, cmp.Compare[string])
}

// joinSet sorts and deduplicates; set must not be used afterwards.
func joinSet(set []string, compare func(a, b string) int) string {
	slices.SortFunc(set, compare)
	return strings.Join(slices.Compact(set), ",")
}

// canonicalTime returns an instant in UTC, if it is in the full ISO form with an
// explicit zone, which all versions of Django read alike. Other spellings depend
// on the version or on upstream's own time zone; among them is +02:00 with a raw
// plus, which arrives as a space.
func canonicalTime(value string) string {
	if !isFullISO(value) {
		return value
	}
	t, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return value // no day of the calendar
	}
	t = t.UTC()
	if y := t.Year(); y <= 1 || y >= 9999 {
		return value // in a zone of its own the database may not have that year
	}
	return t.Format("2006-01-02T15:04:05.999999Z")
}

// isFullISO reports whether s has the form 2006-01-02T15:04:05[.999999](Z|±15:04).
func isFullISO(s string) bool {
	const whole = "0000-00-00T00:00:00"
	if len(s) <= len(whole) || !hasForm(s[:len(whole)], whole) {
		return false
	}
	zone := s[len(whole):]
	if fraction, ok := strings.CutPrefix(zone, "."); ok {
		zone = strings.TrimLeft(fraction, "0123456789")
		if n := len(fraction) - len(zone); n == 0 || n > 6 {
			return false
		}
	}
	if zone == "Z" {
		return true
	}
	return (hasForm(zone, "+00:00") || hasForm(zone, "-00:00")) &&
		zone[1:3] <= "23" && zone[4:] <= "59"
}

// hasForm reports whether s equals form, where 0 stands for any digit.
func hasForm(s, form string) bool {
	if len(s) != len(form) {
		return false
	}
	for i := range len(s) {
		if form[i] == '0' && (s[i] < '0' || s[i] > '9') || form[i] != '0' && s[i] != form[i] {
			return false
		}
	}
	return true
}

// canonicalSearch returns the terms of a search, all of which must match without
// regard to case: lower-cased, sorted, each once. They are split at commas and at
// the white space of ASCII; other white space stays within a term, where upstream
// splits it. Newer versions of DRF keep quoted phrases together, with backslashes
// as escapes, and refuse NUL, which older ones drop: such searches are kept as
// sent.
func canonicalSearch(value string) string {
	if strings.ContainsAny(value, "\"'\\\x00") {
		return value
	}
	terms := strings.FieldsFunc(lowerASCII(value), func(r rune) bool {
		return r == ',' || strings.ContainsRune(asciiSpace, r)
	})
	slices.Sort(terms)
	return strings.Join(slices.Compact(terms), " ")
}

// canonicalOrdering returns the fields by which upstream sorts: it drops those it
// does not know, and a field that is named again changes nothing. If the fields are
// not documented the value is kept as sent.
func canonicalOrdering(documented []string, value string) string {
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
