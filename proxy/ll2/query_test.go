package ll2

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// The rows are what CPython 3.11's parse_qsl and urlencode answer, and Django's
// QueryDict for the queries that are no UTF-8.
func TestParseQuery(t *testing.T) {
	for _, tt := range []struct {
		query string
		want  []pair
		again string // urlencode of want
	}{
		{"", nil, ""},
		{"&&", nil, ""},
		{"&&limit=5&", []pair{{"limit", "5"}}, "limit=5"},
		{"limit", []pair{{"limit", ""}}, "limit="},
		{"=x", []pair{{"", "x"}}, "=x"},
		{"=", []pair{{"", ""}}, "="},
		{"a==b", []pair{{"a", "=b"}}, "a=%3Db"},
		{"a=1;b=2", []pair{{"a", "1;b=2"}}, "a=1%3Bb%3D2"},
		{"a=1&b=2&a=3", []pair{{"a", "1"}, {"b", "2"}, {"a", "3"}}, "a=1&b=2&a=3"},
		{"l%69mit=5%26", []pair{{"limit", "5&"}}, "limit=5%26"},
		{"a+b=c+d%2B", []pair{{"a b", "c d+"}}, "a+b=c+d%2B"},
		{"x=%zz", []pair{{"x", "%zz"}}, "x=%25zz"},
		{"x=50%", []pair{{"x", "50%"}}, "x=50%25"},
		{"x=%4", []pair{{"x", "%4"}}, "x=%254"},
		{"x=%+1", []pair{{"x", "% 1"}}, "x=%25+1"},
		{"x=%2525", []pair{{"x", "%25"}}, "x=%2525"},
		{"x=%00", []pair{{"x", "\x00"}}, "x=%00"},
		{"x=~e*f/", []pair{{"x", "~e*f/"}}, "x=~e%2Af%2F"},
		{"x=%C3%BC", []pair{{"x", "ü"}}, "x=%C3%BC"},
		{"x=\xC3\xBC", []pair{{"x", "ü"}}, "x=%C3%BC"},
		{"x=\xC3%BC", []pair{{"x", "Ã\uFFFD"}}, "x=%C3%83%EF%BF%BD"}, // Latin-1
		{"x=\xFF&y=\xC3\xBC", []pair{{"x", "ÿ"}, {"y", "Ã¼"}}, "x=%C3%BF&y=%C3%83%C2%BC"},
	} {
		got, err := parseQuery(tt.query)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("parseQuery(%q) = %q, %v, want %q", tt.query, got, err, tt.want)
		}
		if again := encodeQuery(got); again != tt.again {
			t.Errorf("%q encodes as %q, want %q", tt.query, again, tt.again)
		}
	}
}

// The rows are what CPython 3.11's bytes.decode("utf-8", "replace") answers.
func TestReplaceInvalid(t *testing.T) {
	for _, tt := range []struct{ bytes, want string }{
		{"ü", "ü"},
		{"\xFF\xFF", "\uFFFD\uFFFD"},
		{"\xE2\x82", "\uFFFD"},
		{"\xE2\x82A", "\uFFFDA"},
		{"\xF0\x9F\x9A", "\uFFFD"},
		{"\xF0\x9F\x9A\xF0\x9F\x9A\x80", "\uFFFD\U0001F680"},
		{"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"}, // a surrogate
		{"\xC0\x80", "\uFFFD\uFFFD"},           // overlong
		{"\xE0\x80\x80", "\uFFFD\uFFFD\uFFFD"},
		{"\xE0\xA0", "\uFFFD"},
		{"\xE1\x80\xE1\x80", "\uFFFD\uFFFD"},
		{"\xF0\x80", "\uFFFD\uFFFD"},
		{"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
		{"\xF4\x8F\xBF", "\uFFFD"},
		{"\xF1\x80\x80", "\uFFFD"},
		{"\xF5\x80", "\uFFFD\uFFFD"},
		{"\x80", "\uFFFD"},
		{"\xC3", "\uFFFD"},
	} {
		if got := replaceInvalid(tt.bytes); got != tt.want {
			t.Errorf("replaceInvalid(%q) = %q, want %q", tt.bytes, got, tt.want)
		}
	}
}

func TestTooManyParameters(t *testing.T) {
	if _, err := parseQuery(strings.Repeat("&", MaxParameters-1)); err != nil {
		t.Errorf("%d parameters: %v, want none", MaxParameters, err)
	}
	_, err := Resolve(Request{Path: "/2.3.0/nope/", Query: strings.Repeat("&", MaxParameters)}, Options{})
	var many *TooManyParametersError
	if !errors.As(err, &many) || many.Count != MaxParameters+1 {
		t.Errorf("%d parameters: %v, want a TooManyParametersError of that count", MaxParameters+1, err)
	}
	if got, want := err.Error(), "the query has 1001 parameters, more than the 1000 that are read"; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
}

// The rows are what CPython 3.11's int() answers; "" stands for ValueError.
func TestParseInt(t *testing.T) {
	for _, tt := range []struct{ s, want string }{
		{"5", "5"}, {"0", "0"}, {"-0", "0"}, {"05", "5"}, {"+5", "5"}, {"-5", "-5"}, {"-05", "-5"},
		{" \t\n\v\f\r5\u00a0\u2003\u3000\u0085", "5"},
		{"\x1c5", ""}, {"5\x1f", ""}, // separators, which str.strip() would remove
		{"\u200b5", ""}, {"\ufeff5", ""}, // no white space
		{"٥", "5"}, {"٠٥", "5"}, {"1९", "19"}, {"𝟡", "9"}, {"+٥", "5"},
		{"²", ""}, {"Ⅷ", ""}, {"½", ""}, // numbers, but no digits
		{"2_0", "20"}, {"1_2_3", "123"}, {"_1", ""}, {"1_", ""}, {"1__0", ""}, {"+_1", ""}, {"0_0", "0"},
		{"", ""}, {" ", ""}, {"+", ""}, {"-", ""}, {"- 5", ""}, {"+-5", ""}, {"--5", ""},
		{"5.0", ""}, {"5e0", ""}, {"0x5", ""}, {"5 5", ""}, {"\x005", ""},
		{strings.Repeat("9", maxDigits), strings.Repeat("9", maxDigits)},
		{strings.Repeat("9", maxDigits+1), ""},
		{strings.Repeat("0", maxDigits-1) + "5", "5"},
		{strings.Repeat("0", maxDigits) + "5", ""},
		{strings.Repeat("1_", maxDigits-1) + "1", strings.Repeat("1", maxDigits)},
	} {
		got, ok := parseInt(tt.s)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("parseInt(%.40q) = %.40q, %t, want %.40q", tt.s, got, ok, tt.want)
		}
	}
}

// digitValue takes the place within a range for the value, so each range has to
// begin with a zero.
func TestDigitsOfAllScriptsComeInTens(t *testing.T) {
	for _, x := range unicode.Nd.R16 {
		if x.Stride != 1 || (x.Hi-x.Lo+1)%10 != 0 {
			t.Errorf("range %U to %U does not consist of whole sets of digits", x.Lo, x.Hi)
		}
	}
	for _, x := range unicode.Nd.R32 {
		if x.Stride != 1 || (x.Hi-x.Lo+1)%10 != 0 {
			t.Errorf("range %U to %U does not consist of whole sets of digits", x.Lo, x.Hi)
		}
	}
}
