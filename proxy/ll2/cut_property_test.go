package ll2_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"perigee/proxy/ll2"
)

// drawn is a request for a list.
type drawn struct {
	path, accept string
	values       url.Values
}

// parameters are what clients may put into any list; those that one does not know
// mean nothing to it.
var parameters = map[string][]string{
	"mode":                 {"list", "normal", "detailed", "", "loud"},
	"format":               {"json", ""},
	"search":               {"falcon", "a", "zzz", "soyuz, 5"},
	"ordering":             {"-id", "name", "-net", "bogus"},
	"status":               {"1", "2", " 4", "x"},
	"in_space":             {"True", "0", "maybe"},
	"is_crewed":            {"true"},
	"name":                 {"", "Invented 7"},
	"location__ids":        {"12,27", "27,12"},
	"net__gte":             {"2026-03-01T12:00:00Z"},
	"net__lte":             {"2026-04-01"},
	"tbd":                  {"ü <&>", "1"},
	"status__ids":          {"1,2,3"},
	"agency__ids":          {"1"},
	"program":              {"1", "2"},
	"last_updated":         {"2026"},
	"hide_recent_previous": {"true"},
}

// lists are the paths that are tried, most of them with fewer than 1000 elements.
var lists = []string{
	"/2.3.0/spacecraft/", "/2.3.0/spacecraft", "/2.3.0/launches/", "/2.3.0/launches/upcoming/", "/2.3.0/launches/previous/", "/2.3.0/events/",
	"/2.3.0/config/orbits/", "/2.3.0/pads/", "/2.3.0/updates/", "/2.3.0/programs/", "/2.3.0/space_stations/", "/2.2.0/launch/upcoming/",
	"/2.2.0/config/spacecraft", "/2.0.0/spacestation/",
}

func drawQuery(t *rapid.T) drawn {
	d := drawn{values: url.Values{}, path: rapid.SampledFrom(lists).Draw(t, "list")}
	d.accept = rapid.SampledFrom([]string{"application/json", "*/*", "application/json; indent=1", "*/*;indent=4", "application/*;indent=8"}).Draw(t, "accept")
	names := make([]string, 0, len(parameters))
	for name := range parameters {
		names = append(names, name)
	}
	slices.Sort(names)
	for range rapid.IntRange(0, 3).Draw(t, "parameters") {
		name := rapid.SampledFrom(names).Draw(t, "name")
		d.values.Add(name, rapid.SampledFrom(parameters[name]).Draw(t, name))
	}
	if rapid.Bool().Draw(t, "has limit") {
		d.values.Set("limit", rapid.OneOf(rapid.Map(rapid.IntRange(-1, 130), func(n int) string { return fmt.Sprint(n) }),
			rapid.SampledFrom([]string{"", "x", "0_7", " 3", "1000"})).Draw(t, "limit"))
	}
	if rapid.IntRange(0, 3).Draw(t, "has offset") > 0 {
		offsets := rapid.OneOf(rapid.IntRange(0, 30), rapid.IntRange(85, 115), rapid.IntRange(0, 700), rapid.Just(100_000))
		d.values.Set("offset", fmt.Sprint(offsets.Draw(t, "offset")))
	}
	return d
}

// Whatever is asked, the page that is cut is that which upstream sends, byte for
// byte but for its base URL.
func TestCutIsWhatUpstreamSends(t *testing.T) {
	a := newAPI()
	pages := 0
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuery(t)
		query := q.values.Encode()
		status, want := a.get(strings.TrimSuffix(q.path, "/")+"/", query, q.accept)
		res := resolved(t, q.path, query, q.accept)
		width := rapid.SampledFrom([]int{2, 7, 10, 25, 64, 99, 100}).Draw(t, "width")
		windows := res.Windows(width)
		if status != http.StatusOK {
			w := windows[0]
			if s, body := a.get(w.Path, w.Query, w.Accept); s != status || body != want {
				t.Fatalf("status %d %s for the page, %d %s for the window", status, want, s, body)
			}
			return
		}
		first := a.window(t, &windows[0])
		held := []*ll2.Window{first}
		for _, w := range windows[1:] {
			if offset, _ := w.Page.OffsetInt(); res.Page.Reaches(offset, first.Count) {
				held = append([]*ll2.Window{a.window(t, &w)}, held...) // in any order
			}
		}
		c, ok := ll2.NewCut(res.Page, first, held...)
		if !ok {
			t.Fatalf("%s cannot be cut from %d windows of %d", res.Key, len(held), width)
		}
		if got := written(t, c, res); got != atHome(want) {
			t.Fatalf("%s cut from %d windows of %d: %s", res.Key, len(held), width, differ(got, atHome(want)))
		}
		if c.Mixed() {
			t.Fatal("mixed")
		}
		pages++
	})
	if pages == 0 {
		t.Error("no page was cut")
	}
}

// A page far out is answered out of any window of its list, since that knows the count.
func TestBeyondTheCountAnyWindowWillDo(t *testing.T) {
	a := newAPI()
	for _, accept := range []string{"application/json", "application/json; indent=4"} {
		window := a.window(t, resolved(t, "/2.3.0/spacecraft/", "limit=100&offset=200", accept))
		empty := a.window(t, resolved(t, "/2.3.0/spacecraft/", "limit=100&offset=600", accept))
		for _, query := range []string{"offset=590", "offset=99999999999999999999&limit=3", "offset=5000&format=json&x=1"} {
			res := resolved(t, "/2.3.0/spacecraft/", query, accept)
			_, want := a.get(res.Path, query, accept)
			for _, w := range []*ll2.Window{window, empty} {
				c, ok := ll2.NewCut(res.Page, w)
				if !ok {
					t.Errorf("?%s cannot be cut from the window at %d", query, w.Offset)
					continue
				}
				if got := written(t, c, res); got != atHome(want) {
					t.Errorf("?%s from the window at %d: %s", query, w.Offset, differ(got, atHome(want)))
				}
			}
		}
	}
}
