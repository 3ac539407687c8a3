package ll2

import (
	"strings"
	"unicode"
)

// asciiSpace is the white space of ASCII. Beyond it, what counts as white space
// depends on the function that looks, so values keep it.
const asciiSpace = " \t\n\v\f\r"

// strip removes outer white space as Python's str.strip() does, to which the
// separators U+001C to U+001F belong too.
func strip(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f
	})
}

// hasNUL reports whether a value has a NUL, which Django's text fields refuse
// with 400; such values are kept as sent.
func hasNUL(s string) bool { return strings.IndexByte(s, 0) >= 0 }

// lowerASCII makes ASCII letters lower-case and leaves all others: what the
// database makes of those is not known.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}
