package ll2sim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"perigee/proxy/ll2/catalog"
	"perigee/proxy/ll2sim"
	"perigee/proxy/ll2sim/drf"
	"perigee/testdata"
)

// TestEveryEndpoint asks every endpoint of the catalog, objects by an id from
// their list, and follows the links to itself that each element has.
func TestEveryEndpoint(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{Limit: -1})
	for _, e := range catalog.Table(catalog.Latest) {
		t.Run(e.Path, func(t *testing.T) {
			path := e.Path
			if e.ID != 0 {
				path = firstURL(t, s, strings.TrimSuffix(path, "{id}/"))
			}
			w := ask(t, s, http.MethodGet, path)
			if w.Code != http.StatusOK {
				t.Fatalf("GET %s = %d %.200s", path, w.Code, w.Body)
			}
			var body map[string]any
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
			if _, isPage := body["results"]; isPage != e.List {
				t.Errorf("is a page: %t, want %t", isPage, e.List)
			}
		})
	}
}

// firstURL returns the path of the first element of a list.
func firstURL(t *testing.T, s *ll2sim.Server, list string) string {
	t.Helper()
	var body listURLs
	decode(t, ask(t, s, http.MethodGet, list+"?limit=1"), &body)
	if len(body.Results) == 0 {
		t.Fatalf("%s is empty", list)
	}
	// A list of the coming or the past has the objects of the whole under its own path too.
	id := body.Results[0].URL[strings.LastIndexByte(strings.TrimSuffix(body.Results[0].URL, "/"), '/')+1:]
	return list + id
}

type listURLs struct {
	Count   int
	Next    string
	Results []struct{ URL string }
}

func decode(t *testing.T, w *httptest.ResponseRecorder, into any) {
	t.Helper()
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %.200s", w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatal(err)
	}
}

func countOf(t *testing.T, s *ll2sim.Server, target string) int {
	t.Helper()
	var body listURLs
	decode(t, ask(t, s, http.MethodGet, target), &body)
	return body.Count
}

// TestBadValues gives every typed parameter what is not of its kind.
func TestBadValues(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{Limit: -1})
	want := map[catalog.Kind]string{
		catalog.Integer: "Enter a number.", catalog.Float: "Enter a number.", catalog.IntegerList: "Enter a number.",
		catalog.Date: "Enter a valid date.", catalog.DateTime: "Enter a valid date/time.",
		catalog.UUID: "Enter a valid UUID.", catalog.UUIDList: "Enter a valid UUID.",
		catalog.Repeated: "“x” is not a valid value.",
	}
	for _, e := range catalog.Table(catalog.Latest) {
		for _, name := range e.Params() {
			kind, _ := e.Param(name)
			w := ask(t, s, http.MethodGet, e.Path+"?limit=1&"+name+"=x")
			switch message, typed := want[kind]; {
			case !typed && w.Code != http.StatusOK:
				t.Errorf("%s?%s=x = %d %s", e.Path, name, w.Code, w.Body)
			case typed && w.Body.String() != fmt.Sprintf(`{"%s":["%s"]}`, name, message):
				t.Errorf("%s?%s=x = %d %.100s, want %s", e.Path, name, w.Code, w.Body, message)
			}
		}
	}
}

// wanting lists the public clients' queries that get no 200: those whose times
// have a plus sign, which means a space. Some of the clients escape it; the
// table has what was typed.
func wanting() map[string]int {
	return map[string]int{
		"net__gte=2023-04-01T12:34:56+02:00":                                                   http.StatusBadRequest,
		"window_start__gte=2024-11-01T00:00:00+00:00&window_end__lt=2024-11-02T00:00:00+00:00": http.StatusBadRequest,
		"last_updated__gte=2026-03-01T06:00:00+00:00&limit=100&ordering=last_updated":          http.StatusBadRequest,
		"limit=100&offset=0&ordering=last_updated&last_updated__gte=2026-08-01T00:00:00+00:00": http.StatusBadRequest,
	}
}

// TestPublicClients sends what public clients send.
func TestPublicClients(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{Limit: -1})
	for _, c := range testdata.Clients() {
		target := drf.WithQuery(c.Path, c.Query)
		w := ask(t, s, c.Method, target)
		if !strings.HasSuffix(c.Path, "/") {
			location := w.Header().Get("Location")
			if w.Code != http.StatusMovedPermanently || location != drf.WithQuery(c.Path+"/", c.Query) {
				t.Errorf("%s: %d to %q", target, w.Code, location)
			}
			w = ask(t, s, c.Method, location)
		}
		want := http.StatusOK
		if status, ok := wanting()[c.Query]; ok {
			want = status
		}
		if w.Code != want {
			t.Errorf("%s: %d %.200s, want %d", target, w.Code, w.Body, want)
		}
	}
}
