// Package ll2test has what tests of package ll2, and of packages above it, have in
// common: a simulated upstream without sockets, windows of it, and
// requests drawn at random.
package ll2test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
	"perigee/proxy/ll2sim"
)

// Base URLs of links: as the simulator writes them, and as a client gets them.
const (
	Upstream = "https://ll.thespacedevs.com"
	Local    = "http://localhost:8080"
)

// TB is what *testing.T, *testing.B and *rapid.T have in common.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Noon is when the simulator's clock stands still.
func Noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// API is a simulated upstream without sockets.
type API struct{ *ll2sim.Server }

// NewAPI returns an upstream without a quota.
func NewAPI() API {
	return API{ll2sim.New(ll2sim.Options{Limit: -1, Now: Noon, BaseURL: Upstream})}
}

// Get answers a client that sends this path, query and Accept field.
func (a API) Get(path, query, accept string) (status int, text string) {
	r := httptest.NewRequest(http.MethodGet, "http://sim.example/", nil)
	u, err := r.URL.Parse(path)
	if err != nil {
		return 0, err.Error()
	}
	r.URL, r.Header = u, http.Header{"Accept": {accept}}
	r.URL.RawQuery = query
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// Window fetches a window with its canonical request.
func (a API) Window(t TB, w *ll2.Resource) *body.Window {
	t.Helper()
	status, text := a.Get(w.Path, w.Query, w.Accept)
	if status != http.StatusOK {
		t.Fatalf("%s: status %d", w.Key, status)
	}
	return Window(t, w, text)
}

// Resolve resolves a request without options.
func Resolve(t TB, path, query, accept string) *ll2.Resource {
	t.Helper()
	res, err := ll2.Resolve(ll2.Request{Path: path, Query: query, Accept: []string{accept}}, ll2.Options{})
	if err != nil {
		t.Fatalf("%s?%s: %v", path, query, err)
	}
	return &res
}

// Window is a body that must be accepted as a window.
func Window(t TB, fetched *ll2.Resource, text string) *body.Window {
	t.Helper()
	w, why := NewWindow(t, fetched, text)
	if why != body.NotRejected {
		t.Fatalf("%s is rejected: %s", fetched.Key, why)
	}
	return w
}

// NewWindow scans a body and verifies that it is a window.
func NewWindow(t TB, fetched *ll2.Resource, text string) (*body.Window, body.Rejection) {
	t.Helper()
	l, err := body.ScanJSON([]byte(text), Upstream)
	if err != nil {
		t.Fatalf("%s: %v", fetched.Key, err)
	}
	return body.NewWindow(fetched, []byte(text), &l)
}

// Localized is a body of upstream with Local for its base URL.
func Localized(text string) string {
	return strings.ReplaceAll(text, `"`+Upstream+"/", `"`+Local+"/")
}

// Render is the page that is cut for r as a client of Local gets it.
func Render(t TB, c *body.Cut, r *ll2.Resource) string {
	t.Helper()
	s := body.SubstitutionFor(r, Local, c.Count())
	return Written(t, c.Text(s))
}

// Written is a text as it is written, which is checked to be the same in each of the
// ways that there are, and to need the room that it says.
func Written(t TB, text body.Text) string {
	t.Helper()
	const before = "before"
	dst := append(make([]byte, 0, len(before)+text.Len()), before...)
	got := text.Append(dst)
	if &got[0] != &dst[0] || string(got[:len(before)]) != before {
		t.Fatalf("%d bytes do not suffice for what has %d", text.Len(), len(got)-len(before))
	}
	got = got[len(before):]
	if len(got) != text.Len() {
		t.Fatalf("a text of %d bytes says that it has %d", len(got), text.Len())
	}
	if segments := bytes.Join(slices.Collect(text.Segments()), nil); !bytes.Equal(segments, got) {
		t.Fatalf("its segments are %s\nand not %s", segments, got)
	}
	for range text.Segments() { // whoever has enough may stop
		break
	}
	return string(got)
}

// Diff shows where two bodies begin to differ.
func Diff(got, want string) string {
	n := 0
	for n < min(len(got), len(want)) && got[n] == want[n] {
		n++
	}
	clip := func(s string) string { return s[max(0, n-60):min(len(s), n+120)] }
	return "\ngot  …" + clip(got) + "…\nwant …" + clip(want) + "…"
}

// ListRequest is a request for a list.
type ListRequest struct {
	Path, Accept string
	Values       url.Values
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

// DrawList draws a request for a list that asks for JSON.
func DrawList(t *rapid.T) ListRequest {
	d := ListRequest{Values: url.Values{}, Path: rapid.SampledFrom(lists).Draw(t, "list")}
	d.Accept = rapid.SampledFrom([]string{"application/json", "*/*", "application/json; indent=1", "*/*;indent=4", "application/*;indent=8"}).Draw(t, "accept")
	names := make([]string, 0, len(parameters))
	for name := range parameters {
		names = append(names, name)
	}
	slices.Sort(names)
	for range rapid.IntRange(0, 3).Draw(t, "parameters") {
		name := rapid.SampledFrom(names).Draw(t, "name")
		d.Values.Add(name, rapid.SampledFrom(parameters[name]).Draw(t, name))
	}
	if rapid.Bool().Draw(t, "has limit") {
		d.Values.Set("limit", rapid.OneOf(rapid.Map(rapid.IntRange(-1, 130), func(n int) string { return fmt.Sprint(n) }),
			rapid.SampledFrom([]string{"", "x", "0_7", " 3", "1000"})).Draw(t, "limit"))
	}
	if rapid.IntRange(0, 3).Draw(t, "has offset") > 0 {
		offsets := rapid.OneOf(rapid.IntRange(0, 30), rapid.IntRange(85, 115), rapid.IntRange(0, 700), rapid.Just(100_000))
		d.Values.Set("offset", fmt.Sprint(offsets.Draw(t, "offset")))
	}
	return d
}
