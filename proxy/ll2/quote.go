package ll2

import "strings"

const hexDigits = "0123456789ABCDEF"

// appendQuoted writes s as Python's quote_plus does: ASCII letters, digits and
// _.-~ as they are, a space as '+', all else percent-encoded.
func appendQuoted(dst []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '_', c == '.', c == '-', c == '~':
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return dst
}

// appendPair writes name=value as Python's urlencode does.
func appendPair(dst []byte, name, value string) []byte {
	dst = appendQuoted(dst, name)
	dst = append(dst, '=')
	return appendQuoted(dst, value)
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
