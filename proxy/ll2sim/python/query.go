package python

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Pair is one name=value of a query, decoded.
type Pair struct{ Name, Value string }

// Query is a query string as parse_qsl(keep_blank_values=True) reads it: & alone
// separates, what has no = is a name with an empty value, what has nothing is
// skipped, and a broken escape is data.
type Query []Pair

// ParseQuery reads a query without its question mark.
func ParseQuery(raw string) Query {
	var q Query
	for field := range strings.SplitSeq(raw, "&") {
		if field == "" {
			continue
		}
		name, value, _ := strings.Cut(field, "=")
		q = append(q, Pair{unquotePlus(name), unquotePlus(value)})
	}
	return q
}

// Last returns the value that counts where one is asked for: the last.
func (q Query) Last(name string) (value string, ok bool) {
	for _, p := range q {
		if p.Name == name {
			value, ok = p.Value, true
		}
	}
	return value, ok
}

// Values returns every value of each name, as parse_qs does. Its Encode writes what
// urlencode(sorted(items), doseq=True) writes: by bytes, which for UTF-8 is by
// characters, as in Python.
func (q Query) Values() url.Values {
	values := url.Values{}
	for _, p := range q {
		values.Add(p.Name, p.Value)
	}
	return values
}

// unquotePlus decodes as unquote_plus() does.
func unquotePlus(s string) string {
	s = strings.ReplaceAll(s, "+", " ")
	out := make([]byte, 0, len(s))
	for ; s != ""; s = s[1:] {
		if s[0] == '%' && len(s) > 2 {
			if b, err := strconv.ParseUint(s[1:3], 16, 8); err == nil {
				out = append(out, byte(b))
				s = s[2:]
				continue
			}
		}
		out = append(out, s[0])
	}
	return Decode(out)
}

// alwaysSafe is what quote never encodes (RFC 3986, section 2.3).
const alwaysSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

// Quote percent-encodes all bytes of s but the unreserved and the safe ones, as
// quote() does.
func Quote(s, safe string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; strings.IndexByte(alwaysSafe, c) >= 0 || strings.IndexByte(safe, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
