package respond

import (
	"cmp"
	"math"
	"strconv"
	"strings"
)

// maxRanges is how many ranges one request may ask for. With more, and with any
// that overlap, the Range field is ignored, as RFC 9110 §14.2 allows: they are
// the sign of a broken client or an attack (§17.15). The number is small because
// what follows from it is quadratic, and because few clients ask for even two.
const maxRanges = 8

// Span is a part of a representation: the bytes from Start up to, not including,
// End.
type Span struct{ Start, End int64 }

// Len is the number of bytes in s.
func (s Span) Len() int64 { return s.End - s.Start }

// appendContentRange writes the value of Content-Range (RFC 9110 §14.4).
func (s Span) appendContentRange(dst []byte, whole int64) []byte {
	dst = append(dst, "bytes "...)
	dst = strconv.AppendInt(dst, s.Start, 10)
	dst = append(dst, '-')
	dst = strconv.AppendInt(dst, s.End-1, 10)
	dst = append(dst, '/')
	return strconv.AppendInt(dst, whole, 10)
}

// parseRange reads the value of a Range field for a representation of length
// bytes. ok is false if the field is to be ignored: another unit than bytes, not
// valid by RFC 9110 §14.1.1, or too many ranges. Of a valid one spans has the
// satisfiable ranges as they were asked for, cut at the end; if it is empty, none
// is satisfiable.
func parseRange(field string, length int64) (spans []Span, ok bool) {
	unit, set, _ := strings.Cut(trim(field), "=")
	if !strings.EqualFold(unit, "bytes") {
		return nil, false
	}
	asked := 0
	for set != "" {
		var spec string
		spec, set, _ = strings.Cut(set, ",")
		if spec = trim(spec); spec == "" {
			continue // empty members are no fault (§5.6.1.2)
		}
		if asked++; asked > maxRanges {
			return nil, false
		}
		span, satisfiable, valid := parseSpec(spec, length)
		if !valid {
			return nil, false
		}
		if satisfiable {
			spans = append(spans, span)
		}
	}
	return spans, asked > 0
}

// parseSpec reads one range: "first-last", "first-" or "-suffix" (§14.1.2).
func parseSpec(spec string, length int64) (s Span, satisfiable, valid bool) {
	first, last, dashed := strings.Cut(spec, "-")
	if !dashed || !digits(first) || !digits(last) || first == "" && last == "" {
		return Span{}, false, false
	}
	if first == "" {
		suffix := number(last)
		return Span{max(length-suffix, 0), length}, suffix > 0, true
	}
	s = Span{number(first), length}
	if last != "" {
		if compareDigits(first, last) > 0 {
			return Span{}, false, false
		}
		s.End = min(number(last), length-1) + 1
	}
	return s, s.Start < length, true
}

// digits reports whether s has nothing but digits.
func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// number reads digits. What an int64 cannot hold is as good as its maximum: it
// lies beyond the end of any body.
func number(digits string) int64 {
	var n int64
	for _, c := range []byte(digits) {
		if n > (math.MaxInt64-9)/10 {
			return math.MaxInt64
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// compareDigits compares numbers of any size, since whether a range is valid must
// not depend on what an int64 can hold.
func compareDigits(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// overlap reports whether any two spans have a byte in common. There are at most
// maxRanges.
func overlap(spans []Span) bool {
	for i, a := range spans {
		for _, b := range spans[:i] {
			if a.Start < b.End && b.Start < a.End {
				return true
			}
		}
	}
	return false
}

// trim removes optional whitespace (RFC 9110 §5.6.3).
func trim(s string) string { return strings.Trim(s, " \t") }
