package ll2sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"perigee/proxy/ll2/catalog"
)

func TestPageLinks(t *testing.T) {
	const base = "http://HOST/2.3.0/pads/?"
	for _, tt := range []struct {
		query          string
		count          int
		next, previous string // empty: null
	}{
		{"", 11, "limit=10&offset=10", ""},
		{"", 10, "", ""},
		{"offset=5", 20, "limit=10&offset=15", "limit=10"},
		{"offset=10", 20, "", "limit=10"},
		{"offset=11", 20, "", "limit=10&offset=1"},
		{"offset=5", 0, "", "limit=10"}, // not even one page, but there is a page before
		{"b=2&a=1&b=1", 11, "a=1&b=2&b=1&limit=10&offset=10", ""},
		{"limit=3&limit=4&offset=9&offset=8", 20, "limit=4&offset=12", "limit=4&offset=4"},
		{"limit=99", 100, "limit=99&offset=99", ""},
		{"limit=101", 101, "limit=100&offset=100", ""},
		{"a&=x&c=%zz&d=1;e=2", 11, "=x&a=&c=%25zz&d=1%3Be%3D2&limit=10&offset=10", ""},
		{"x=~*'()!", 11, "limit=10&offset=10&x=~%2A%27%28%29%21", ""},
		{"%6c%69mit=5&o%66fset=5", 11, "limit=5&offset=10", "limit=5"},
	} {
		q := parseQuery(tt.query)
		p := newPage(q, tt.count)
		for _, link := range []struct {
			name string
			got  any
			want string
		}{
			{"next", nextLink(strings.TrimSuffix(base, "?"), q, p), tt.next},
			{"previous", previousLink(strings.TrimSuffix(base, "?"), q, p), tt.previous},
		} {
			got, _ := link.got.(string)
			if strings.TrimPrefix(got, base) != link.want {
				t.Errorf("%s of ?%s of %d = %v, want %s", link.name, tt.query, tt.count, link.got, link.want)
			}
		}
	}
}

// TestFollowNext walks a list in one direction by next and back by previous, and
// must see every element once.
func TestFollowNext(t *testing.T) {
	s := New(Options{Limit: -1})
	var there, back []int
	at := "/2.3.0/spacecraft/?ordering=-flights_count&limit=57&offset=20"
	walk := func(ids *[]int, link string) (next string) {
		var body struct {
			Next, Previous string
			Results        []struct{ ID int }
		}
		decode(t, ask(t, s, http.MethodGet, link), &body)
		for _, r := range body.Results {
			*ids = append(*ids, r.ID)
		}
		if ids == &there {
			return strings.TrimPrefix(body.Next, "http://HOST")
		}
		return strings.TrimPrefix(body.Previous, "http://HOST")
	}
	for link := at; link != ""; link = walk(&there, link) {
	}
	for link := at; link != ""; link = walk(&back, link) {
	}
	slices.Sort(there)
	if n := len(slices.Compact(there)); n != spacecraftCount-20 {
		t.Errorf("%d different elements from the 21st on, want %d", n, spacecraftCount-20)
	}
	if len(back) != 57*2 { // the first page is as long as the others, so it overlaps
		t.Errorf("%d elements on the way back", len(back))
	}
}

// TestFormatEcho holds that every link to the API repeats the format, and that
// nothing else does.
func TestFormatEcho(t *testing.T) {
	for query, want := range map[string]string{
		"mode=detailed": "", "format=json&mode=detailed": "?format=json", "format=&mode=detailed": "?format=",
		"format=json&format=&mode=detailed": "?format=", "%66ormat=json&mode=detailed": "?format=json",
	} {
		for text := range textsOf(t, get(t, "/2.3.0/launches/?limit=3&"+query).Body.String()) {
			path, own := strings.CutPrefix(text, "http://HOST")
			isAPI := own && strings.HasPrefix(path, "/2.3.0/") && !strings.Contains(path, "limit=")
			if isAPI && !strings.HasSuffix(path, "/"+want) {
				t.Errorf("?%s: %s does not end with /%s", query, text, want)
			}
			if own && strings.HasPrefix(path, "/media/") && strings.Contains(path, "?") {
				t.Errorf("?%s: %s is no link to the API", query, text)
			}
		}
	}
}

// textsOf returns all strings of a JSON value that are no names.
func textsOf(t *testing.T, body string) map[string]bool {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(body), &value); err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	var collect func(any)
	collect = func(value any) {
		switch v := value.(type) {
		case string:
			texts[v] = true
		case []any:
			for _, element := range v {
				collect(element)
			}
		case map[string]any:
			for _, element := range v {
				collect(element)
			}
		}
	}
	collect(value)
	return texts
}

// TestLinksLeadSomewhere follows every link on the first page of every list, in
// the present version and in an old one.
func TestLinksLeadSomewhere(t *testing.T) {
	s := New(Options{Limit: -1})
	followed := map[string]bool{}
	follow := func(list string) {
		for text := range textsOf(t, ask(t, s, http.MethodGet, list+"?mode=detailed&format=json").Body.String()) {
			path, ok := strings.CutPrefix(text, "http://HOST")
			if !ok || followed[path] {
				continue
			}
			followed[path] = true
			if got := status(t, s, path); got != http.StatusOK {
				t.Errorf("%s links to %s: %d", list, path, got)
			}
		}
	}
	for _, e := range catalog.All() {
		if e.ID == 0 {
			follow(e.Path)
		}
	}
	for _, r := range renamings() {
		follow("/2.2.0/" + r.before + "/")
	}
	follow("/2.3.0/") // the list of all
	follow("/2.2.0/")
	if len(followed) < 300 {
		t.Errorf("only %d links", len(followed))
	}
}

func TestOldLinks(t *testing.T) {
	for _, tt := range []struct{ version, link, want string }{
		{"2.3.0", "/2.3.0/launches/x/", "/2.3.0/launches/x/"},
		{"2.2.0", "/2.3.0/launches/x/", "/2.2.0/launch/x/"},
		{"2.0.0", "/2.3.0/launcher_configurations/164/", "/2.0.0/config/launcher/164/"},
		{"2.2.0", "/2.3.0/spacecraft_flights/1/", "/2.2.0/spacecraft/flight/1/"},
		{"2.2.0", "/2.3.0/spacecraft/1/", "/2.2.0/spacecraft/1/"},
		{"2.2.0", "/2.3.0/events/", "/2.2.0/event/"},
		{"2.2.0", "/2.3.0/mission_patches/1/", "/2.2.0/mission_patches/1/"}, // had no name
	} {
		if got := link(tt.link).in(tt.version); got != tt.want {
			t.Errorf("%s in %s = %s, want %s", tt.link, tt.version, got, tt.want)
		}
	}
}

func TestQuote(t *testing.T) {
	if got, want := quotePlus("a b+c/~_.-é%"), "a+b%2Bc%2F~_.-%C3%A9%25"; got != want {
		t.Errorf("quotePlus = %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(parseQuery("a=1&&b&=c&d=e=f&")), "[{a 1} {b } { c} {d e=f}]"; got != want {
		t.Errorf("parseQuery = %s, want %s", got, want)
	}
}
