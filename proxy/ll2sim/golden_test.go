package ll2sim_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"perigee/proxy/ll2sim"
	"perigee/testdata"
)

// get asks a server that has no throttle.
func get(t *testing.T, target string, accept ...string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, ll2sim.New(ll2sim.Options{Limit: -1}), http.MethodGet, target, accept...)
}

func ask(t *testing.T, s *ll2sim.Server, method, target string, accept ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	r.Host = "HOST"
	r.RemoteAddr = "127.0.0.1:40000"
	if len(accept) > 0 {
		r.Header["Accept"] = accept
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestRecordedPage(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{Limit: -1, BaseURL: "https://ll.thespacedevs.com"})
	w := ask(t, s, http.MethodGet, "/2.3.0/spacecraft/?format=json&offset=320&ordering=flights_count")
	if got, want := w.Body.String(), string(testdata.SpacecraftPageJSON()); got != want {
		t.Errorf("compact page differs:\n got %.2000s\nwant %.2000s", got, want)
	}
}

// TestRecordedPageAsHTML compares what a reader of the browsable page sees, from
// the request line on, with what was to be seen on the API's own.
func TestRecordedPageAsHTML(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{Limit: -1, BaseURL: "https://ll.thespacedevs.com", GetOnly: true})
	target := "/2.3.0/spacecraft/?format=api&offset=320&ordering=flights_count"
	w := ask(t, s, http.MethodGet, target, "text/html")
	seen := html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(w.Body.String(), ""))
	want := "GET " + target + "\nHTTP 200 OK\nAllow: GET\nContent-Type: application/json\nVary: Accept\n\n" +
		string(testdata.SpacecraftPage())
	if got := strings.TrimSpace(seen); !strings.HasSuffix(got, want) {
		t.Errorf("page differs:\n got %.3000s\nwant %.2000s", got, want)
	}
}
