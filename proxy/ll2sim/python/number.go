package python

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// maxDigits is how many digits int() reads at most.
const maxDigits = 4300

// Int reads s as int() does: outer space, a sign, digits of any script, and single
// underscores between digits. ok is false where int() raises ValueError.
func Int(s string) (n *big.Int, ok bool) {
	s = strings.TrimFunc(s, unicode.IsSpace) // not Strip: the ASCII separators are no space to int()
	unsigned := strings.TrimLeft(s, "+-")
	if len(s)-len(unsigned) > 1 {
		return nil, false
	}
	var digits strings.Builder
	underscore := true // may not begin with one
	for _, r := range unsigned {
		digit, isDigit := digitValue(r)
		switch {
		case isDigit:
			digits.WriteByte('0' + digit)
		case r != '_' || underscore:
			return nil, false
		}
		underscore = r == '_'
	}
	if underscore || digits.Len() > maxDigits {
		return nil, false
	}
	return new(big.Int).SetString(s[:len(s)-len(unsigned)]+digits.String(), 10)
}

// digitValue returns the value of a decimal digit of any script. Unicode keeps the
// ten digits of a script together, in order and beginning with zero.
func digitValue(r rune) (value byte, ok bool) {
	if !unicode.IsDigit(r) {
		return 0, false
	}
	for unicode.IsDigit(r - 1) {
		r--
		value++
	}
	return value % 10, true
}

// maxExponent bounds exponents, so that 1e999999999 is never written out. No number
// in the data is so large or so small that a comparison could differ.
const maxExponent = 100

// decimalForm is what Decimal() reads, in ASCII digits: mantissa and exponent.
var decimalForm = regexp.MustCompile(`^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eE]([+-]?[0-9]+))?$`)

// Decimal reads s as Decimal() does, but for infinities and NaN, which the form
// fields of Django refuse. Outer space, underscores and digits of any script are
// fine. An exponent beyond 100 counts as 100, one below -100 as -100.
func Decimal(s string) (n *big.Rat, ok bool) {
	s = strings.Map(func(r rune) rune {
		if digit, ok := digitValue(r); ok {
			return rune('0' + digit)
		}
		return r
	}, strings.ReplaceAll(Strip(s), "_", ""))
	parts := decimalForm.FindStringSubmatch(s)
	if parts == nil || len(strings.TrimLeft(parts[1], "+-")) > maxDigits {
		return nil, false
	}
	exponent, _ := strconv.Atoi(parts[2]) // without one 0; out of range the nearest int
	exponent = max(-maxExponent, min(exponent, maxExponent))
	return new(big.Rat).SetString(parts[1] + "e" + strconv.Itoa(exponent))
}
