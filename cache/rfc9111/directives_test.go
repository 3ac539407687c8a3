package rfc9111

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"perigee/cache"
)

type cacheControlRow struct {
	name  string
	lines []string
	want  cacheControl
}

func (tt cacheControlRow) test(t *testing.T) {
	if got := parseCacheControl(tt.lines); got != tt.want {
		t.Errorf("got %+v, want %+v", got, tt.want)
	}
}

func seconds(n time.Duration) delta {
	return delta{value: n * time.Second, present: true, valid: true}
}

func TestParseCacheControl(t *testing.T) {
	for _, tt := range []cacheControlRow{
		{"no line", nil, cacheControl{}},
		{"empty line", []string{""}, cacheControl{}},
		{"only commas", []string{" , ,\t,"}, cacheControl{}},
		{"max-age", []string{"max-age=600"}, cacheControl{maxAge: seconds(600)}},
		{"s-maxage", []string{"s-maxage=600"}, cacheControl{sMaxAge: seconds(600)}},
		{"any case", []string{"MAX-Age=600, No-Store"}, cacheControl{maxAge: seconds(600), noStore: true}},
		{"all", []string{"private, no-cache ,no-store,s-maxage=1,max-age=2"},
			cacheControl{maxAge: seconds(2), sMaxAge: seconds(1), noCache: true, noStore: true, private: true}},
		{"over lines", []string{"max-age=5", "no-store", "", "private"},
			cacheControl{maxAge: seconds(5), noStore: true, private: true}},
		{"unknown ones", []string{"publicly, revalidate, foo=bar, max-age=5, x"}, cacheControl{maxAge: seconds(5)}},
		{"flags", []string{"public, must-revalidate", "Proxy-Revalidate, must-understand, immutable"},
			cacheControl{public: true, mustRevalidate: true, proxyReval: true, mustUnderstand: true, immutable: true}},
		{"stale windows", []string{"stale-while-revalidate=60, stale-if-error=3600"},
			cacheControl{staleWhileRevalidate: seconds(60), staleIfError: seconds(3600)}},
		{"zero", []string{"max-age=0"}, cacheControl{maxAge: seconds(0)}},

		{"twice, smaller last", []string{"max-age=600, max-age=10"}, cacheControl{maxAge: seconds(10)}},
		{"twice, smaller first", []string{"max-age=10, max-age=600"}, cacheControl{maxAge: seconds(10)}},
		{"twice, over lines", []string{"max-age=10", "max-age=600"}, cacheControl{maxAge: seconds(10)}},
		{"twice, one invalid", []string{"max-age=x, max-age=600, max-age=-1"}, cacheControl{maxAge: seconds(600)}},
	} {
		t.Run(tt.name, tt.test)
	}
}

func TestCacheControlQuotes(t *testing.T) {
	for _, tt := range []cacheControlRow{
		{"quoted", []string{`max-age="600"`}, cacheControl{maxAge: seconds(600)}},
		{"quoted with escapes", []string{`max-age="6\00"`}, cacheControl{maxAge: seconds(600)}},
		{"a comma in quotes", []string{`private="set-cookie, no-store", max-age=5`},
			cacheControl{maxAge: seconds(5), private: true, privateFields: "set-cookie, no-store"}},
		{"an escaped quote", []string{`foo="a\", no-store, b", max-age=5`}, cacheControl{maxAge: seconds(5)}},
		{"an escaped backslash", []string{`foo="a\\", no-store`}, cacheControl{noStore: true}},
		{"a quote not closed", []string{`foo="a, no-store`}, cacheControl{noStore: true}},
		{"a quote closed on the next line", []string{`foo="a`, `no-store", max-age=5`}, cacheControl{maxAge: seconds(5)}},
		{"a quote not after =", []string{`foo"a, no-store, b"`}, cacheControl{noStore: true}},
		{"a quote in a name", []string{`foo"a, no-store"`, `"max-age=7, private"`}, cacheControl{}},
		{"a name in quotes", []string{`"no-store"`}, cacheControl{}},
		{"named fields", []string{`no-cache="a", private=b`},
			cacheControl{noCache: true, noCacheFields: "a", private: true, privateFields: "b"}},
		{"named fields twice", []string{`no-cache="a", no-cache="b, c"`}, cacheControl{noCache: true, noCacheFields: "a,b, c"}},
		{"named fields and all", []string{`no-cache="a", no-cache`, `private, private="b"`}, cacheControl{noCache: true, private: true}},
		{"no named fields", []string{`no-cache=" , "`}, cacheControl{noCache: true}},
	} {
		t.Run(tt.name, tt.test)
	}
}

func TestCacheControlNumbers(t *testing.T) {
	invalid := delta{present: true}
	for _, tt := range []cacheControlRow{
		{"half in quotes", []string{`max-age=x5"`, `s-maxage="5`}, cacheControl{maxAge: invalid, sMaxAge: invalid}},
		{"no argument", []string{"max-age"}, cacheControl{maxAge: invalid}},
		{"empty argument", []string{"max-age="}, cacheControl{maxAge: invalid}},
		{"empty quotes", []string{`max-age=""`}, cacheControl{maxAge: invalid}},
		{"negative", []string{"max-age=-5"}, cacheControl{maxAge: invalid}},
		{"signed", []string{"max-age=+5"}, cacheControl{maxAge: invalid}},
		{"fraction", []string{"max-age=1.5"}, cacheControl{maxAge: invalid}},
		{"exponent", []string{"max-age=1e3"}, cacheControl{maxAge: invalid}},
		{"word", []string{"max-age=forever"}, cacheControl{maxAge: invalid}},
		{"single quotes", []string{"max-age='5'"}, cacheControl{maxAge: invalid}},
		{"text after it", []string{`max-age=5 s, s-maxage="5"s`}, cacheControl{maxAge: invalid, sMaxAge: invalid}},
		{"semicolons", []string{"max-age=5; no-store"}, cacheControl{maxAge: invalid}},
		{"space after =", []string{"max-age= 5"}, cacheControl{maxAge: invalid}},
		{"space before =", []string{"max-age =5"}, cacheControl{}},
		{"a longer name", []string{"xmax-age=5, max-agex=5, no-store-x"}, cacheControl{}},

		{"2³¹−1", []string{"max-age=2147483647"}, cacheControl{maxAge: seconds(1<<31 - 1)}},
		{"2³¹+1", []string{"max-age=2147483649"}, cacheControl{maxAge: seconds(1 << 31)}},
		{"2⁶⁴", []string{"max-age=18446744073709551616"}, cacheControl{maxAge: seconds(1 << 31)}},
	} {
		t.Run(tt.name, tt.test)
	}
}

func TestFreshness(t *testing.T) {
	for _, tt := range []struct {
		line string
		want time.Duration
		ok   bool
	}{
		{"", 0, false},
		{"no-store", 0, false},
		{"max-age=5", 5 * time.Second, true},
		{"max-age=5, s-maxage=9", 9 * time.Second, true},
		{"max-age=5, s-maxage=0", 0, true},
		{"max-age=x", 0, true},
		{"max-age=5, s-maxage=x", 0, true},
	} {
		c := parseCacheControl([]string{tt.line})
		if got, ok := c.freshness(); got != tt.want || ok != tt.ok {
			t.Errorf("%q: got (%v, %t), want (%v, %t)", tt.line, got, ok, tt.want, tt.ok)
		}
	}
}

// TestCacheControlRoundTrip writes directives in the odd forms that are allowed,
// and reads them back.
func TestCacheControlRoundTrip(t *testing.T) {
	names := []string{"max-age", "s-maxage", "no-cache", "no-store", "private", "public", "x-unknown"}
	rapid.Check(t, func(t *rapid.T) {
		var want cacheControl
		lines := []string{""}
		for range rapid.IntRange(0, 8).Draw(t, "directives") {
			name := rapid.SampledFrom(names).Draw(t, "name")
			written, arg := rapid.SampledFrom([]func(string) string{strings.ToLower, upperASCII, swapCase}).Draw(t, "case")(name), ""
			if strings.HasSuffix(name, "age") || rapid.Bool().Draw(t, "argument") {
				arg = rapid.StringMatching(`0?[1-9][0-9]{0,11}`).Draw(t, "seconds")
				written += "=" + rapid.SampledFrom([]string{arg, `"` + arg + `"`, `"\` + arg + `"`}).Draw(t, "form")
			}
			want.add(name, arg)
			if rapid.Bool().Draw(t, "new line") {
				lines = append(lines, written)
				continue
			}
			lines[len(lines)-1] += rapid.SampledFrom([]string{",", ", ", " ,\t", ",,"}).Draw(t, "comma") + written
		}
		if got := parseCacheControl(lines); got != want {
			t.Errorf("%q: got %+v, want %+v", lines, got, want)
		}
	})
}

// FuzzCacheControl knows no right answer, but how answers must relate.
func FuzzCacheControl(f *testing.F) {
	f.Add("max-age=5, no-store", `private="a, b", s-maxage=7`)
	f.Add(`foo="a\", max-age=5`, `x="`)
	f.Add("max-age=99999999999999999999", "max-age=-1,,")
	f.Fuzz(func(t *testing.T, a, b string) {
		got := parseCacheControl([]string{a, b})
		for _, d := range []delta{got.maxAge, got.sMaxAge} {
			if d.value < 0 || d.value > cache.MaxDelta || !d.valid && d.value != 0 || d.valid && !d.present {
				t.Errorf("impossible argument %+v", d)
			}
		}
		if again := parseCacheControl([]string{b, "", a}); again != got {
			t.Errorf("lines in another order: got %+v, before %+v", again, got)
		}
		if again := parseCacheControl([]string{upperASCII(a), b}); again != got {
			t.Errorf("in capitals: got %+v, before %+v", again, got)
		}
		more := parseCacheControl([]string{a, "no-store, max-age=0", b})
		want := got
		want.noStore, want.maxAge = true, delta{present: true, valid: true}
		if !reflect.DeepEqual(more, want) {
			t.Errorf("with more said: got %+v, want %+v", more, want)
		}
		if one := parseCacheControl([]string{"no-store," + a}); !one.noStore {
			t.Error("a directive in front was not seen")
		}
		if one := parseCacheControl([]string{a + ",no-store"}); !one.noStore {
			t.Error("a directive behind was not seen")
		}
	})
}

// swapCase turns every other letter into a capital.
func swapCase(s string) string {
	b := []byte(s)
	for i := 0; i < len(b); i += 2 {
		b[i] = upperASCII(s[i : i+1])[0]
	}
	return string(b)
}

func upperASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}
