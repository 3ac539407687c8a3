package ll2sim

import (
	"math/big"
	"strconv"
	"strings"
)

// maxExponent bounds the numbers that are told apart. What lies beyond is as far
// as any comparison with the data goes, and 1e999999999 must not be written out.
const maxExponent = 100

// pyDecimal reads s as Python's Decimal() does, but for infinities and NaN,
// which the form fields of Django refuse. Outer space, underscores and digits of
// any script are fine.
func pyDecimal(s string) (*big.Rat, bool) {
	var b strings.Builder
	for _, r := range strings.ReplaceAll(pyStrip(s), "_", "") {
		if d, ok := digitValue(r); ok {
			r = rune('0' + d)
		}
		b.WriteRune(r)
	}
	mantissa, exponent, ok := cutExponent(b.String())
	unsigned := strings.TrimPrefix(strings.TrimPrefix(mantissa, "-"), "+")
	if !ok || len(mantissa)-len(unsigned) > 1 || !isFixed(unsigned) || len(unsigned) > maxDigits {
		return nil, false
	}
	value, ok := new(big.Rat).SetString(mantissa)
	if !ok {
		return nil, false
	}
	return value.Mul(value, powerOfTen(exponent)), true
}

// cutExponent splits 4e0 into 4 and 0, with the exponent within bounds.
func cutExponent(s string) (mantissa string, exponent int, ok bool) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, 0, true
	}
	text := s[i+1:]
	if digits := strings.TrimLeft(text, "+-"); digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", 0, false
	}
	n, err := strconv.Atoi(text)
	switch {
	case err == nil:
		return s[:i], max(-maxExponent, min(n, maxExponent)), true
	case strings.HasPrefix(text, "-"):
		return s[:i], -maxExponent, true
	default:
		return s[:i], maxExponent, true
	}
}

// isFixed tells whether s is digits with at most one point, and not only a point.
func isFixed(s string) bool {
	whole, fraction, _ := strings.Cut(s, ".")
	return whole+fraction != "" && strings.Trim(whole+fraction, "0123456789") == ""
}

func powerOfTen(n int) *big.Rat {
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n, -n))), nil)
	if n < 0 {
		return new(big.Rat).SetFrac(big.NewInt(1), power)
	}
	return new(big.Rat).SetInt(power)
}

// truncated cuts the fraction off.
func truncated(r *big.Rat) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Quo(r.Num(), r.Denom()))
}
