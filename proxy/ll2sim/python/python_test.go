package python_test

import (
	"fmt"
	"strings"
	"testing"

	"perigee/proxy/ll2sim/python"
)

func TestInt(t *testing.T) {
	for _, tt := range []struct{ text, want string }{ // want empty: ValueError
		{"5", "5"}, {"05", "5"}, {" 5\t", "5"}, {"+5", "5"}, {"-5", "-5"}, {"1_0", "10"},
		{"٥", "5"}, {"१०", "10"}, {"𝟟", "7"}, {"\u00a05\u2003", "5"}, {"\u00855", "5"},
		{"99999999999999999999", "99999999999999999999"},
		{"", ""}, {" ", ""}, {"5.0", ""}, {"1e1", ""}, {"0x5", ""}, {"--5", ""}, {"+ 5", ""}, {"-", ""},
		{"_1", ""}, {"1_", ""}, {"1__0", ""}, {"5\x1c", ""}, {"٥\x1c", ""}, {"5\x00", ""}, {"½", ""}, {"²", ""},
		{strings.Repeat("1", 4301), ""},
	} {
		got := ""
		if n, ok := python.Int(tt.text); ok {
			got = n.String()
		}
		if got != tt.want {
			t.Errorf("int(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestDecimal(t *testing.T) {
	for _, tt := range []struct{ text, want string }{ // want empty: refused
		{"4", "4"}, {"4.0", "4"}, {"4.", "4"}, {".5", "1/2"}, {"4e0", "4"}, {"40e-1", "4"}, {".4E+1", "4"},
		{" 4 ", "4"}, {"\u00a04\x1f", "4"}, {"+4", "4"}, {"-4", "-4"}, {"٤", "4"}, {"4_0", "40"}, {"_4_", "4"},
		{"1e-999999999999", "1/1" + strings.Repeat("0", 100)},
		{"", ""}, {" ", ""}, {"abc", ""}, {"4,2", ""}, {"4 2", ""}, {"NaN", ""}, {"Infinity", ""}, {"--4", ""},
		{"+-4", ""}, {".", ""}, {"4e", ""}, {"e4", ""}, {"4e+", ""}, {"4e1.5", ""}, {"4e+-1", ""}, {"0x4", ""}, {"4/2", ""}, {"1.2.3", ""},
	} {
		got := ""
		if n, ok := python.Decimal(tt.text); ok {
			got = n.RatString()
		}
		if got != tt.want {
			t.Errorf("Decimal(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestDecode(t *testing.T) {
	for _, tt := range []struct{ bytes, want string }{
		{"ü🚀", "ü🚀"},
		{"\xff5", "\ufffd5"},
		{"\xe2\x82A", "\ufffdA"},                          // one beginning, one replacement
		{"\xf0\x9f\x98", "\ufffd"},                        // cut off
		{"\xc0\x80", "\ufffd\ufffd"},                      // overlong: no beginning at all
		{"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},            // a surrogate
		{"\xe2(\xa1", "\ufffd(\ufffd"},                    // broken off in the middle
		{"\xf4\x90\x80\x80", strings.Repeat("\ufffd", 4)}, // beyond Unicode
	} {
		if got := python.Decode([]byte(tt.bytes)); got != tt.want {
			t.Errorf("decode(%q) = %q, want %q", tt.bytes, got, tt.want)
		}
	}
}

func TestSplit(t *testing.T) {
	if got := strings.Join(python.Split("\u3000a\x1cb \u00a0c\u200bd "), "|"); got != "a|b|c\u200bd" {
		t.Errorf("split = %q", got)
	}
}

func TestQuery(t *testing.T) {
	if got, want := fmt.Sprint(python.ParseQuery("a=1&&b&=c&d=e=f&")), "[{a 1} {b } { c} {d e=f}]"; got != want {
		t.Errorf("ParseQuery = %s, want %s", got, want)
	}
	q := python.Query{{Name: "b", Value: "a b+c/~_.-é%"}, {Name: "a", Value: "2"}, {Name: "a", Value: "1"}}
	if got, want := q.Values().Encode(), "a=2&a=1&b=a+b%2Bc%2F~_.-%C3%A9%25"; got != want {
		t.Errorf("urlencode = %s, want %s", got, want)
	}
	if got, want := python.Quote("a b+c/~_.-é%", "/"), "a%20b%2Bc/~_.-%C3%A9%25"; got != want {
		t.Errorf("quote = %s, want %s", got, want)
	}
}
