package rfc9111

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestVaryNames(t *testing.T) {
	for _, tt := range []struct {
		lines []string
		want  []string
		any   bool
	}{
		{nil, nil, false},
		{[]string{"b, A", "a"}, []string{"A", "B"}, false},
		{[]string{", ,"}, nil, false},
		{[]string{"", "*"}, nil, true},
		{[]string{"Foo, *"}, []string{"Foo"}, true},
	} {
		got, any := VaryNames(http.Header{"Vary": tt.lines})
		if !slices.Equal(got, tt.want) || any != tt.any {
			t.Errorf("%q: got %q, %t; want %q, %t", tt.lines, got, any, tt.want, tt.any)
		}
	}
}

func TestVaryValues(t *testing.T) {
	for _, tt := range []struct {
		name string
		a, b http.Header // nil values: the field is absent
		same bool
	}{
		{"Foo", fields("Foo", "1"), fields("Foo", "1"), true},
		{"Foo", fields("Foo", "1"), fields("Foo", "2"), false},
		{"Foo", fields("Foo", "1"), fields(), false},
		{"Foo", fields("Foo", ""), fields(), false},
		{"Foo", fields("Foo", "1, 2"), fields("Foo", "1", "Foo", "2"), true},
		{"Foo", fields("Foo", "1,2"), fields("Foo", " 1 ,\t2 "), true},
		{"Foo", fields("Foo", "1,2"), fields("Foo", "2,1"), false},
		{"Foo", fields("Foo", "a"), fields("Foo", "A"), false},
		{"Foo", fields("Foo", `"1,2"`), fields("Foo", `"1, 2"`), false},
		{"Accept-Language", fields("Accept-Language", "en, de"), fields("Accept-Language", "dE,EN"), true},
		{"Accept-Language", fields("Accept-Language", "en, de"), fields("Accept-Language", "en, de;q=0.5"), false},
		{"Accept-Language", fields("Accept-Language", "de;q=0.5"), fields("Accept-Language", "de; q=0.5"), true},
		{"Accept-Encoding", fields("Accept-Encoding", "gzip, br"), fields("Accept-Encoding", "br, GZIP"), true},
		{"Accept", fields("Accept", "text/html, */*"), fields("Accept", "*/*, text/html"), true},
	} {
		a, _ := VaryValue([]string{tt.name}, tt.a)
		b, _ := VaryValue([]string{tt.name}, tt.b)
		if (a == b) != tt.same {
			t.Errorf("%v and %v: got %q and %q, want the same: %t", tt.a, tt.b, a, b, tt.same)
		}
	}
	if _, ok := VaryValue([]string{"Foo"}, fields("Foo", strings.Repeat("x", maxVaryBytes))); ok {
		t.Error("a value of any length is told apart")
	}
}

// FuzzVaryValue: however a value is spelt, its normal form stays what it is.
func FuzzVaryValue(f *testing.F) {
	f.Add("Accept-Language", "en, de;q=0.5", `"a,b", c`)
	f.Add("Foo", `"`, `",`)
	f.Fuzz(func(t *testing.T, name, a, b string) {
		once := normalise(name, []string{a, b})
		if twice := normalise(name, []string{once}); twice != once {
			t.Errorf("%q, %q: %q, then %q", a, b, once, twice)
		}
	})
}
