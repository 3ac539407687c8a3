package ll2

// What Python's int(), str.strip() and bytes.decode() do, where Go's standard
// library does otherwise: Django and DRF read requests with them.

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDigits is how many digits Python's int() reads; leading zeros count.
const maxDigits = 4300

// parseInt reads a number as Python's int() does, since DRF's limit and offset go
// through it: outer white space, one sign, decimal digits of any script, single
// underscores between them. It returns the plain form: ASCII digits without
// leading zeros, after a minus if it is negative.
func parseInt(s string) (plain string, ok bool) {
	if isPlain(s) {
		return s, true
	}
	s = strings.TrimFunc(s, unicode.IsSpace)
	negative := false
	if s != "" && (s[0] == '+' || s[0] == '-') {
		negative = s[0] == '-'
		s = s[1:]
	}
	digits, ok := decimalDigits(s)
	if !ok {
		return "", false
	}
	digits = strings.TrimLeft(digits, "0")
	switch {
	case digits == "":
		return "0", true
	case negative:
		return "-" + digits, true
	}
	return digits, true
}

// isPlain reports whether s is a number in plain form already, which most are.
func isPlain(s string) bool {
	return s != "" && len(s) <= maxDigits && isDigits(s) && (s[0] != '0' || s == "0")
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// decimalDigits returns the digits of s in ASCII, without underscores.
func decimalDigits(s string) (digits string, ok bool) {
	b := make([]byte, 0, len(s))
	underscore := true // there may be none before the first digit
	for _, r := range s {
		if r == '_' {
			if underscore {
				return "", false
			}
			underscore = true
			continue
		}
		d, ok := digitValue(r)
		if !ok {
			return "", false
		}
		b = append(b, '0'+d)
		underscore = false
	}
	return string(b), !underscore && len(b) <= maxDigits
}

// digitValue returns the value of a decimal digit of any script. Unicode encodes
// each set of ten digits contiguously and in order, so the place within the range
// tells the value.
func digitValue(r rune) (d byte, ok bool) {
	if r < 0x80 {
		return byte(r - '0'), '0' <= r && r <= '9'
	}
	for _, x := range unicode.Nd.R16 {
		if lo := rune(x.Lo); lo <= r && r <= rune(x.Hi) {
			return byte((r - lo) % 10), true
		}
	}
	for _, x := range unicode.Nd.R32 {
		if lo := rune(x.Lo); lo <= r && r <= rune(x.Hi) {
			return byte((r - lo) % 10), true
		}
	}
	return 0, false
}

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

// fromLatin1 reads each byte as the character of that number.
func fromLatin1(s string) string {
	var b strings.Builder
	b.Grow(2 * len(s))
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

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
