package ll2sim

import (
	"math/big"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDigits is how many digits Python's int() reads at most.
const maxDigits = 4300

// pyInt reads s as Python's int() does: outer space, a sign, digits of any
// script, and single underscores between digits.
func pyInt(s string) (*big.Int, bool) {
	s = strings.TrimFunc(s, unicode.IsSpace) // not pyStrip: the ASCII separators are no space to int()
	sign := ""
	if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "+") {
		sign, s = s[:1], s[1:]
	}
	digits, ok := pyDigits(s)
	if !ok || len(digits) > maxDigits {
		return nil, false
	}
	return new(big.Int).SetString(sign+digits, 10)
}

// pyDigits returns digits with single underscores between them as ASCII digits;
// ok is false if there is anything else in s, or nothing.
func pyDigits(s string) (digits string, ok bool) {
	var b strings.Builder
	underscore := true // may not begin with one
	for _, r := range s {
		d, isDigit := digitValue(r)
		switch {
		case isDigit:
			b.WriteByte('0' + d)
		case r != '_' || underscore:
			return "", false
		}
		underscore = r == '_'
	}
	return b.String(), !underscore
}

// digitValue returns the value of a decimal digit of any script. Unicode keeps
// the ten digits of a script together, in order and beginning with zero.
func digitValue(r rune) (byte, bool) {
	if r >= '0' && r <= '9' {
		return byte(r - '0'), true
	}
	for _, run := range unicode.Nd.R16 {
		if lo, hi := rune(run.Lo), rune(run.Hi); lo <= r && r <= hi {
			return byte((r - lo) % 10), true
		}
	}
	for _, run := range unicode.Nd.R32 {
		if lo, hi := rune(run.Lo), rune(run.Hi); lo <= r && r <= hi {
			return byte((r - lo) % 10), true
		}
	}
	return 0, false
}

// pySpace reports what str.isspace() does, by which strip() and split() go: the
// white space of Unicode and the four ASCII separators.
func pySpace(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
}

func pyStrip(s string) string { return strings.TrimFunc(s, pySpace) }

func pySplit(s string) []string { return strings.FieldsFunc(s, pySpace) }

// pyDecode decodes UTF-8 as Python does with errors="replace": each longest
// beginning of a character that goes no further becomes one U+FFFD.
func pyDecode(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			size = brokenLength(b)
		}
		out.WriteRune(r)
		b = b[size:]
	}
	return out.String()
}

// brokenLength returns how many bytes of b, which begins with no whole
// character, one replacement stands for: as many as more bytes could complete.
func brokenLength(b []byte) int {
	n := 1
	for n < len(b) && !utf8.FullRune(b[:n+1]) {
		n++
	}
	return n
}
