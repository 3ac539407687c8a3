package ll2

import (
	"strings"
	"unicode/utf8"
)

// replaceInvalid decodes s as Python's bytes.decode("utf-8", "replace") does: one
// U+FFFD for each maximal subpart of an ill-formed sequence (Unicode 15, section
// 3.9). The standard library would put one for each byte or one for each run.
func replaceInvalid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + utf8.UTFMax)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			size = maximalSubpart(s[i:])
		}
		b.WriteRune(r)
		i += size
	}
	return b.String()
}

// maximalSubpart returns how many bytes at the start of s, which is ill-formed
// there, are the beginning of a well-formed sequence; at least 1.
func maximalSubpart(s string) int {
	length, low, high := sequence(s[0])
	n := 1
	for n < min(length, len(s)) && low <= s[n] && s[n] <= high {
		low, high = 0x80, 0xBF // only the second byte is restricted further
		n++
	}
	return n
}

// sequence returns the length of the sequence that a first byte begins, and the
// bounds of its second byte (Unicode 15, table 3-7).
func sequence(first byte) (length int, low, high byte) {
	switch {
	case first < 0xC2 || first > 0xF4:
		return 1, 0, 0
	case first < 0xE0:
		return 2, 0x80, 0xBF
	case first == 0xE0:
		return 3, 0xA0, 0xBF
	case first == 0xED:
		return 3, 0x80, 0x9F
	case first < 0xF0:
		return 3, 0x80, 0xBF
	case first == 0xF0:
		return 4, 0x90, 0xBF
	case first == 0xF4:
		return 4, 0x80, 0x8F
	}
	return 4, 0x80, 0xBF
}
