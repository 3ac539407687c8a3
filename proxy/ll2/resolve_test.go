package ll2

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestResolve(t *testing.T) {
	for _, tt := range []struct {
		target    string
		accept    []string
		key       string
		canonical string // Accept
	}{
		// Endpoints of the table.
		{"/2.3.0/spacecraft", nil, "ll2/1 json /2.3.0/spacecraft/", "application/json"},
		{"/2.3.0/spacecraft/?", nil, "ll2/1 json /2.3.0/spacecraft/", "application/json"},
		{"/2.3.0/spacecraft/?foo=1&status=04&format=json&limit=5", nil,
			"ll2/1 json /2.3.0/spacecraft/?limit=5&status=4", "application/json"},
		{"/2.3.0/spacecraft/", []string{"application/json;indent=3"},
			"ll2/1 json3 /2.3.0/spacecraft/", "application/json; indent=3"},
		{"/2.3.0/spacecraft/202?limit=5&format=json&mode=list", nil,
			"ll2/1 json /2.3.0/spacecraft/202/", "application/json"},
		{"/2.3.0/dashboard/starship?mode=list", nil,
			"ll2/1 json /2.3.0/dashboard/starship/", "application/json"},
		{"/2.3.0/pads/?mode=list", nil, "ll2/1 json /2.3.0/pads/", "application/json"},

		// Pages repeat their own URL, so it is kept.
		{"/2.3.0/spacecraft?b=%zz;&&limit=10&a", []string{"text/html"},
			"ll2/1 html /2.3.0/spacecraft/?b=%zz;&&limit=10&a", "text/html"},
		{"/2.3.0/spacecraft/202?format=api", nil,
			"ll2/1 html /2.3.0/spacecraft/202/?format=api", "text/html"},
		{"/2.3.0/spacecraft/", []string{"text/*;indent=1"},
			"ll2/1 html1 /2.3.0/spacecraft/", "text/html; indent=1"},

		// Answers without a resource.
		{"/2.3.0/spacecraft/?limit=10&format=json", []string{"text/html"},
			"ll2/1 406 /2.3.0/spacecraft/", ""},
		{"/2.3.0/spacecraft/?status=4&format=xml&limit=5", []string{"text/html"},
			"ll2/1 404 /2.3.0/spacecraft/?format=xml&limit=5&status=4", "application/json"},
		{"/2.3.0/spacecraft/202?format=x&format=y+", nil,
			"ll2/1 404 /2.3.0/spacecraft/202/?format=y+", "application/json"},

		// Versions without a table.
		{"/2.2.0/launch/upcoming", nil, "ll2/1 json /2.2.0/launch/upcoming/", "application/json"},
		{"/2.2.0/launch/?x=2&search=B,a&limit=500&x=1&offset=00&mode=normal&is_crewed=True&b=&format=json", nil,
			"ll2/1 json /2.2.0/launch/?b=&is_crewed=True&limit=100&mode=normal&search=a+b&x=2&x=1", "application/json"},
		{"/2.2.0/launch/?b=1&a=1&format=api", nil, "ll2/1 html /2.2.0/launch/?b=1&a=1&format=api", "text/html"},
		{"/2.2.0/launch/?b=1&limit=10&format=csv", nil, "ll2/1 as=%2A%2F%2A /2.2.0/launch/?b=1&format=csv", "*/*"},
		{"/2.2.0/launch/?b=1&format=json", []string{"text/csv"},
			"ll2/1 as=text%2Fcsv /2.2.0/launch/?b=1&format=json", "text/csv"},
		{"/2.2.0/launch/", []string{""}, "ll2/1 as= /2.2.0/launch/", ""},

		// Paths of which nothing is known.
		{"/2.3.0/nope?b=2&limit=10&a=%7E&b=1&&format=json", nil,
			"ll2/1 as=%2A%2F%2A /2.3.0/nope?a=~&b=2&b=1&format=json&limit=10", "*/*"},
		{"/2.3.0/nope", []string{"application/json", "text/html;q=0.5"},
			"ll2/1 as=application%2Fjson%2Ctext%2Fhtml%3Bq%3D0.5 /2.3.0/nope", "application/json,text/html;q=0.5"},
		{"/2.2.0/swagger?b=2&a=1", []string{"text/html"}, "ll2/1 as=text%2Fhtml /2.2.0/swagger?b=2&a=1", "text/html"},
		{"/2.3.0/api-throttle?b=2&a=1", nil, "ll2/1 as=%2A%2F%2A /2.3.0/api-throttle/?b=2&a=1", "*/*"},
		{"/static/x.css?b=2&&a=%7E", nil, "ll2/1 as=%2A%2F%2A /static/x.css?b=2&&a=%7E", "*/*"},
	} {
		res := resolveWith(t, tt.target, Options{}, tt.accept...)
		if res.Key != tt.key || res.Accept != tt.canonical {
			t.Errorf("%s, %q: key %q, Accept %q, want %q, %q", tt.target, tt.accept, res.Key, res.Accept, tt.key, tt.canonical)
		}
		if url := res.Path + query(res.Query); !strings.HasSuffix(res.Key, " "+url) {
			t.Errorf("%s: asks %s, which is not that of its key %q", tt.target, url, res.Key)
		}
	}
}

func query(q string) string {
	if q == "" {
		return ""
	}
	return "?" + q
}

func TestUnknownParameters(t *testing.T) {
	for _, tt := range []struct {
		target    string
		keep      bool
		canonical string
		ignored   []string
	}{
		{"/2.3.0/spacecraft/?z=1&limit=5&a=&z=2&format=json&=x", false, "limit=5", []string{"z", "a", ""}},
		{"/2.3.0/spacecraft/?z=1&limit=5&a=&z=2&format=json&=x", true, "=x&a=&limit=5&z=1&z=2", nil},
		{"/2.3.0/spacecraft/?Limit=5", false, "", []string{"Limit"}},
		{"/2.3.0/spacecraft/?in_space=maybe&ordering=bogus&name=", false, "", nil},
		{"/2.3.0/launches/?hide_recent_previous=true", false, "", []string{"hide_recent_previous"}},
		{"/2.3.0/launches/upcoming/?hide_recent_previous=true", false, "hide_recent_previous=true", nil},
		{"/2.3.0/spacecraft/202/?mode=list&limit=2&format=", false, "", []string{"mode", "limit"}},
		{"/2.3.0/spacecraft/202/?mode=list&limit=2&format=", true, "limit=2&mode=list", nil},
		{"/2.2.0/launch/?foo=1", false, "foo=1", nil},
		{"/2.3.0/nope/?foo=1", false, "foo=1", nil},
		{"/2.3.0/spacecraft/?foo=1&format=api", false, "foo=1&format=api", nil},
	} {
		res := resolveWith(t, tt.target, Options{KeepUnknown: tt.keep})
		if res.Query != tt.canonical || !slices.Equal(res.Ignored, tt.ignored) {
			t.Errorf("%s, keep %t: asks ?%s, ignores %q, want ?%s, %q",
				tt.target, tt.keep, res.Query, res.Ignored, tt.canonical, tt.ignored)
		}
	}
}

func TestPageAndMode(t *testing.T) {
	for _, tt := range []struct {
		target string
		page   Page
		mode   string
	}{
		{"/2.3.0/spacecraft/", Page{10, "0"}, ""},
		{"/2.3.0/spacecraft/?limit=0&offset=-1&mode=normal", Page{10, "0"}, ""},
		{"/2.3.0/spacecraft/?limit=1_0_1&offset=+07&mode=detailed", Page{100, "7"}, "detailed"},
		{"/2.3.0/spacecraft/?mode=x&mode=", Page{10, "0"}, ""},
		{"/2.3.0/pads/?mode=list", Page{10, "0"}, ""},
		{"/2.2.0/launch/?limit=7&mode=list&mode=normal", Page{7, "0"}, "normal"},
		{"/2.3.0/spacecraft/?limit=7&mode=detailed&format=api", Page{7, "0"}, "detailed"},
		{"/2.3.0/spacecraft/202/?limit=7&mode=list", Page{}, ""},
		{"/2.3.0/nope/?limit=7&mode=list", Page{}, ""},
	} {
		res := resolve(t, tt.target)
		if res.Page != tt.page || res.Mode != tt.mode {
			t.Errorf("%s: page %v, mode %q, want %v, %q", tt.target, res.Page, res.Mode, tt.page, tt.mode)
		}
	}
}

func TestOffsetInt(t *testing.T) {
	for _, tt := range []struct {
		offset string
		want   int64
		ok     bool
	}{
		{"0", 0, true},
		{"9223372036854775807", 1<<63 - 1, true},
		{"9223372036854775808", 0, false},
		{"", 0, false},
	} {
		if got, ok := (Page{Offset: tt.offset}).OffsetInt(); ok != tt.ok || ok && got != tt.want {
			t.Errorf("offset %q: %d, %t, want %d, %t", tt.offset, got, ok, tt.want, tt.ok)
		}
	}
}

func TestLongKeysAreCut(t *testing.T) {
	long := func(end string) Resource {
		return resolve(t, "/2.3.0/spacecraft/?name="+strings.Repeat("x", 2*MaxKey)+end)
	}
	a, b := long("a"), long("b")
	if len(a.Key) != MaxKey || !strings.HasPrefix(a.Key, "ll2/1 json /2.3.0/spacecraft/?name=xxx") {
		t.Errorf("key of %d bytes: %q", len(a.Key), a.Key)
	}
	if a.Key == b.Key {
		t.Error("queries that differ beyond the cut share a key")
	}
	if got, want := len(a.Query), len("name=")+2*MaxKey+1; got != want {
		t.Errorf("canonical query has %d bytes, want all %d", got, want)
	}
	exact := strings.Repeat("x", MaxKey-len("ll2/1 json /2.3.0/spacecraft/?name="))
	if got := resolve(t, "/2.3.0/spacecraft/?name="+exact); !strings.HasSuffix(got.Key, "xxx") || len(got.Key) != MaxKey {
		t.Errorf("key of just %d bytes is cut: %q", MaxKey, got.Key)
	}
}

// What chooses from a list can hide an object; what arranges a list cannot.
func TestObjectParameters(t *testing.T) {
	key := func(query string) string {
		t.Helper()
		res, err := Resolve(Request{Path: "/2.3.0/spacecraft/202/", Query: query}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return res.Key
	}
	plain := key("")
	for _, query := range []string{"mode=normal", "limit=3&offset=9", "ordering=-id", "unheard_of=1", "in_space=perhaps", "search=", "format=json"} {
		if got := key(query); got != plain {
			t.Errorf("%s: key %s, want %s", query, got, plain)
		}
	}
	for _, query := range []string{"status=99", "search=zzz", "in_space=true", "name=x"} {
		if got := key(query); got == plain {
			t.Errorf("%s: the key does not tell", query)
		}
	}
	if key("status=4") != key("status=04") {
		t.Error("spellings of a filter are told apart")
	}
}

// Resolve parses a query and nothing does so again: the Query of a resource may be
// anything by then.
func TestQueryIsParsedOnce(t *testing.T) {
	derived := func(r *Resource) string {
		canonical := r.Canonical()
		next, _ := canonical.Next("https://h", 1000)
		previous, _ := canonical.Previous("https://h", 1000)
		moved, ok := r.Moved(time.Date(2026, 3, 1, 12, 34, 56, 0, time.UTC), time.Hour)
		var windows []string
		for _, w := range r.Windows(25) {
			windows = append(windows, w.Key, w.List(), w.ObjectSchema())
		}
		own, _ := r.Next("https://h", 1000)
		return fmt.Sprintln(next, previous, own, moved.Key, ok, windows, r.List(), r.HasObjects(), r.ObjectSchema(), r.ElementMode(), r.LinkSuffix())
	}
	for _, target := range []string{
		"/2.3.0/launches/?limit=7&mode=detailed&format=json&offset=90&search=b,a&tbd=1",
		"/2.3.0/launches/upcoming?net__gte=2026-03-01T12:34:56Z&mode=detailed",
		"/2.2.0/launch/?net__gte=2026-03-01T12:34:56Z&limit=50&b=1&a=2",
		"/2.3.0/nope/?b=1&a=2", "/2.3.0/pads/?format=api", "/2.3.0/dashboard/starship/?x=1",
	} {
		res := resolveWith(t, target, Options{KeepUnknown: true})
		want := derived(&res)
		res.Query = "limit=%&net__gte=2026-03-01T12:34:56.5Z&offset=1&unheard_of"
		if got := derived(&res); got != want {
			t.Errorf("%s: with another Query\ngot  %swant %s", target, got, want)
		}
	}
}
