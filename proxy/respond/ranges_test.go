package respond

import (
	"fmt"
	"math"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseRange(t *testing.T) {
	spans := func(s ...Span) []Span { return s }
	for _, tt := range []struct {
		rule, field string
		want        []Span // of 10000 bytes, as in the examples of the RFC
		ok          bool
	}{
		{"14.1.2 first 500", "bytes=0-499", spans(Span{0, 500}), true},
		{"14.1.2 second 500", "bytes=500-999", spans(Span{500, 1000}), true},
		{"14.1.2 final 500", "bytes=-500", spans(Span{9500, 10000}), true},
		{"14.1.2 final 500, open", "bytes=9500-", spans(Span{9500, 10000}), true},
		{"14.1.2 first and last", "bytes=0-0,-1", spans(Span{0, 1}, Span{9999, 10000}), true},
		{"14.1.2 several, with spaces", "bytes= 0-999, 4500-5499, -1000",
			spans(Span{0, 1000}, Span{4500, 5500}, Span{9000, 10000}), true},
		{"14.1.2 adjacent", "bytes=500-600,601-999", spans(Span{500, 601}, Span{601, 1000}), true},
		{"14.1.2 overlapping", "bytes=500-700,601-999", spans(Span{500, 701}, Span{601, 1000}), true},
		{"14.1.2 last beyond the end", "bytes=9999-10000", spans(Span{9999, 10000}), true},
		{"14.1.2 suffix longer than everything", "bytes=-10001", spans(Span{0, 10000}), true},
		{"14.1.2 everything", "bytes=0-", spans(Span{0, 10000}), true},
		{"14.1.2 first beyond the end", "bytes=10000-", nil, true},
		{"14.1.2 first beyond the end, closed", "bytes=10000-10001", nil, true},
		{"14.1.2 empty suffix", "bytes=-0", nil, true},
		{"14.1.2 some beyond the end", "bytes=10000-,5-5,-0", spans(Span{5, 6}), true},
		{"14.1.2 leading zeros", "bytes=005-0000000000000000000000009", spans(Span{5, 10}), true},
		{"14.1.2 last is huge", "bytes=5-99999999999999999999999", spans(Span{5, 10000}), true},
		{"14.1.2 first is huge", "bytes=99999999999999999999998-99999999999999999999999", nil, true},
		{"14.1.2 suffix is huge", "bytes=-99999999999999999999999", spans(Span{0, 10000}), true},
		{"14.1 unit in any case", "BYTES=0-0", spans(Span{0, 1}), true},
		{"5.5 spaces around", " bytes=0-0\t", spans(Span{0, 1}), true},
		{"5.6.1.2 empty members", "bytes=,0-0 ,, 1-1,", spans(Span{0, 1}, Span{1, 2}), true},

		{"14.1.1 last before first", "bytes=5-4", nil, false},
		{"14.1.1 last before first, huge", "bytes=99999999999999999999999-99999999999999999999998", nil, false},
		{"14.1.1 last before first, one of two", "bytes=0-1,5-4", nil, false},
		{"14.1.1 no set", "bytes", nil, false},
		{"14.1.1 empty set", "bytes=", nil, false},
		{"14.1.1 only empty members", "bytes=, ,", nil, false},
		{"14.1.1 no dash", "bytes=5", nil, false},
		{"14.1.1 only a dash", "bytes=-", nil, false},
		{"14.1.1 two dashes", "bytes=--5", nil, false},
		{"14.1.1 three numbers", "bytes=1-2-3", nil, false},
		{"14.1.1 spaces inside", "bytes=1 - 2", nil, false},
		{"14.1.1 spaces before =", "bytes =1-2", nil, false},
		{"14.1.1 letters", "bytes=a-b", nil, false},
		{"14.1.1 hexadecimal", "bytes=0x1-0x2", nil, false},
		{"14.1.1 sign", "bytes=+1-2", nil, false},
		{"14.1.1 fraction", "bytes=1.0-2", nil, false},
		{"14.1.1 other digits", "bytes=١-٢", nil, false},
		{"14.1.1 semicolon", "bytes=0-1;2-3", nil, false},
		{"14.1.1 no unit", "=0-1", nil, false},
		{"14.1.1 empty", "", nil, false},
		{"14.2 unknown unit", "lines=0-1", nil, false},
		{"14.2 like the unit", "byte=0-1", nil, false},
		{"14.2 two fields in one", "bytes=0-1, bytes=2-3", nil, false},
		{"14.2 as many as we take", "bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,-1", spans(Span{0, 1}, Span{1, 2}, Span{2, 3}, Span{3, 4},
			Span{4, 5}, Span{5, 6}, Span{6, 7}, Span{9999, 10000}), true},
		{"14.2 too many", "bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,-1", nil, false},
		{"14.2 too many, beyond the end", "bytes=" + strings.Repeat("10000-,", 9), nil, false},
	} {
		t.Run(tt.rule+" "+tt.field, func(t *testing.T) {
			got, ok := parseRange(tt.field, 10000)
			if ok != tt.ok || !slices.Equal(got, tt.want) {
				t.Errorf("got %v, %t, want %v, %t", got, ok, tt.want, tt.ok)
			}
		})
	}
}

// TestRangeStatus has what Select makes of ranges.
func TestRangeStatus(t *testing.T) {
	long := sample(t)
	long.Length = 10000
	testRows(t, long, []row{
		{"14.2", "one", header("Range", "bytes=0-1"), 206},
		{"14.2", "everything", header("Range", "bytes=0-"), 206},
		{"14.2", "unsatisfiable", header("Range", "bytes=10000-"), 416},
		{"14.2", "all unsatisfiable", header("Range", "bytes=10000-,-0"), 416},
		{"14.2", "one satisfiable", header("Range", "bytes=10000-,0-1"), 206},
		{"14.2", "invalid", header("Range", "bytes=2-1"), 200},
		{"14.2", "unknown unit", header("Range", "lines=2-1"), 200},
		{"14.2", "two lines", header("Range", "bytes=0-1", "Range", "2-3"), 206},
		{"14.2", "two lines, each a field", header("Range", "bytes=0-1", "Range", "bytes=2-3"), 200},
		{"14.2", "empty", header("Range", ""), 200},
		{"14.2", "several", header("Range", "bytes=0-1,100-101,-1"), 206},
		{"14.2", "several that overlap", header("Range", "bytes=0-1,100-101,1-2"), 200},
		{"14.2", "the same twice", header("Range", "bytes=0-1,0-1"), 200},
		{"14.2", "too many", header("Range", "bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16"), 200},
		{"14.2", "several that are longer than everything", header("Range", "bytes=0-4000,4001-9999"), 200},
	})
	testRows(t, Representation{}, []row{
		{"14.1.2", "suffix of nothing", header("Range", "bytes=-5"), 200},
		{"14.1.2", "start of nothing", header("Range", "bytes=0-"), 200},
		{"14.1.2", "start of nothing, and suffix", header("Range", "bytes=0-,-5"), 200},
	})
}

// rangeModel reads one range the slow way, with numbers of any size, byte by byte.
func rangeModel(first, last string, length int64) (sent []int64, valid bool) {
	from, hasFirst := new(big.Int).SetString(first, 10)
	to, hasLast := new(big.Int).SetString(last, 10)
	if !hasFirst && !hasLast || hasFirst && hasLast && from.Cmp(to) > 0 {
		return nil, false
	}
	for i := range length {
		at := big.NewInt(i)
		switch {
		case !hasFirst: // the last of them: as many as remain from here, or more
			if big.NewInt(length-i).Cmp(to) <= 0 {
				sent = append(sent, i)
			}
		case at.Cmp(from) >= 0 && (!hasLast || at.Cmp(to) <= 0):
			sent = append(sent, i)
		}
	}
	return sent, true
}

func TestParseRangeModel(t *testing.T) {
	position := rapid.OneOf(
		rapid.Just(""),
		rapid.StringMatching(`0{0,3}[0-9]{1,2}`),
		rapid.SampledFrom([]string{fmt.Sprint(int64(math.MaxInt64)), "9223372036854775808", "18446744073709551616", "99999999999999999999"}),
	)
	rapid.Check(t, func(t *rapid.T) {
		first, last := position.Draw(t, "first"), position.Draw(t, "last")
		length := rapid.Int64Range(0, 60).Draw(t, "length")
		want, valid := rangeModel(first, last, length)
		spans, ok := parseRange("bytes="+first+"-"+last, length)
		var got []int64
		for _, s := range spans {
			for i := s.Start; i < s.End; i++ {
				got = append(got, i)
			}
		}
		if ok != valid || !slices.Equal(got, want) {
			t.Errorf("got %v, %t, want %v, %t", got, ok, want, valid)
		}
	})
}

// FuzzRange expects what is sent to lie within the body, to be named right, and
// never to be longer than the whole.
func FuzzRange(f *testing.F) {
	for _, seed := range []string{
		"", "bytes=0-1", "bytes=-1", "bytes=5-", "bytes=0-0,2-2", "bytes=9223372036854775807-", "bytes=-9223372036854775807",
		"bytes=0-9223372036854775807", "bytes=1-0", "bytes=,,", "lines=1-2", "bytes=-0",
	} {
		f.Add(seed, uint16(10))
		f.Add(seed, uint16(5000))
	}
	f.Fuzz(func(t *testing.T, field string, length uint16) {
		body := []byte(strings.Repeat("0123456789abcdef", 4096))[:length]
		r := Select(http.MethodGet, http.Header{"Range": {field}}, Representation{Length: int64(length)})
		content := contentOf(t, &r, body)
		if int64(len(content)) != r.Length || len(content) > len(body) {
			t.Fatalf("%q of %d: %d bytes, but Length %d", field, length, len(content), r.Length)
		}
		if (r.Status == http.StatusPartialContent) != (len(r.Spans) > 0) {
			t.Fatalf("%q of %d: status %d with %v", field, length, r.Status, r.Spans)
		}
		for _, s := range r.Spans {
			if s.Start < 0 || s.Len() <= 0 || s.End > int64(length) {
				t.Errorf("%q of %d: %v", field, length, s)
			}
			if !strings.Contains(string(content), string(body[s.Start:s.End])) {
				t.Errorf("%q of %d: %v is not sent", field, length, s)
			}
		}
	})
}
