package ll2

import (
	"strings"
	"unicode"
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
