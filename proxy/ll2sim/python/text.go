// Package python reads text as Python's standard library does, where Go's own
// differs and clients of a server in Python notice: numbers, white space, broken
// UTF-8 and query strings.
package python

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isSpace reports what str.isspace() does, by which strip() and split() go: the
// white space of Unicode and the four ASCII separators.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
}

// Strip is str.strip().
func Strip(s string) string { return strings.TrimFunc(s, isSpace) }

// Split is str.split() at white space.
func Split(s string) []string { return strings.FieldsFunc(s, isSpace) }

// Decode decodes UTF-8 with errors="replace": each longest beginning of a
// character that goes no further becomes one U+FFFD.
func Decode(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 { // as many bytes as more could have completed
			for size < len(b) && !utf8.FullRune(b[:size+1]) {
				size++
			}
		}
		out.WriteRune(r)
		b = b[size:]
	}
	return out.String()
}
