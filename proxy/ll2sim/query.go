package ll2sim

import (
	"strings"
)

// maxFields is Django's DATA_UPLOAD_MAX_NUMBER_FIELDS; it answers 400 to more.
const maxFields = 1000

// pair is one name=value of a query, decoded.
type pair struct{ name, value string }

// query is a query string as Python's parse_qsl(keep_blank_values=True) reads
// it: & alone separates, what has no = is a name with an empty value, what has
// nothing is skipped, and a broken escape is data.
type query []pair

func parseQuery(raw string) query {
	var q query
	for field := range strings.SplitSeq(raw, "&") {
		if field == "" {
			continue
		}
		name, value, _ := strings.Cut(field, "=")
		q = append(q, pair{unquotePlus(name), unquotePlus(value)})
	}
	return q
}

// tooManyFields counts as Django does, by separators.
func tooManyFields(raw string) bool {
	return strings.Count(raw, "&")+1 > maxFields
}

// last returns the value that counts where one is asked for: the last.
func (q query) last(name string) (value string, ok bool) {
	for _, p := range q {
		if p.name == name {
			value, ok = p.value, true
		}
	}
	return value, ok
}

// all returns every value of a name in order.
func (q query) all(name string) []string {
	var values []string
	for _, p := range q {
		if p.name == name {
			values = append(values, p.value)
		}
	}
	return values
}

// unquotePlus decodes as Python's unquote_plus does.
func unquotePlus(s string) string {
	s = strings.ReplaceAll(s, "+", " ")
	if !strings.Contains(s, "%") {
		return pyDecode([]byte(s))
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return pyDecode(out)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	default:
		return c - 'a' + 10
	}
}
