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

// sortByName sorts in place by the code points of the names; values of one name
// keep their order, which may matter.
func sortByName(pairs []pair) []pair {
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.name, b.name) })
	return pairs
}

const hexDigits = "0123456789ABCDEF"

// quotePlus escapes s as Python's function of that name does.
func quotePlus(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	writeQuoted(&b, s)
	return b.String()
}

// writeQuoted writes ASCII letters, digits and _.-~ as they are, a space as '+',
// all else percent-encoded.
func writeQuoted(b *strings.Builder, s string) {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '_', c == '.', c == '-', c == '~':
			b.WriteByte(c)
		case c == ' ':
			b.WriteByte('+')
		default:
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
}

// encodeQuery writes a query as Python's urlencode does.
func encodeQuery(pairs []pair) string {
	var b strings.Builder
	b.Grow(queryLen(pairs))
	writeQuery(&b, pairs)
	return b.String()
}

func writeQuery(b *strings.Builder, pairs []pair) {
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		writeQuoted(b, p.name)
		b.WriteByte('=')
		writeQuoted(b, p.value)
	}
}

// queryLen is the length of a query in which nothing is escaped, as is usual.
func queryLen(pairs []pair) (n int) {
	for _, p := range pairs {
		n += len(p.name) + len(p.value) + len("&=")
	}
	return n
}

// unquotePlus decodes a name or a value: '+' is a space, and bytes that are no
// UTF-8 become U+FFFD.
func unquotePlus(s string) string {
	if strings.IndexByte(s, '+') >= 0 {
		s = strings.ReplaceAll(s, "+", " ")
	}
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	return replaceInvalid(unquote(s))
}

// unquote decodes percent escapes; a bad one stays as it is.
func unquote(s string) string {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s
	}
	b := make([]byte, i, len(s))
	copy(b, s)
	for ; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			high, ok1 := fromHex(s[i+1])
			low, ok2 := fromHex(s[i+2])
			if ok1 && ok2 {
				b = append(b, high<<4|low)
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

func fromHex(c byte) (n byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
