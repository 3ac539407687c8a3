package ll2_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"perigee/proxy/ll2"
	"perigee/proxy/ll2sim"
)

// noon is when the simulator's clock stands still.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// api is a simulated upstream that is asked without sockets.
type api struct{ sim *ll2sim.Server }

func newAPI() api {
	return api{ll2sim.New(ll2sim.Options{Limit: -1, Now: noon, BaseURL: upstream})}
}

// get asks as a client does who sent this path, query and Accept field.
func (a api) get(path, query, accept string) (status int, body string) {
	r := httptest.NewRequest(http.MethodGet, "http://sim.example/", nil)
	u, err := r.URL.Parse(path)
	if err != nil {
		return 0, err.Error()
	}
	r.URL, r.Header = u, http.Header{"Accept": {accept}}
	r.URL.RawQuery = query
	w := httptest.NewRecorder()
	a.sim.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// failer is what *testing.T and *rapid.T have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func resolved(t failer, path, query, accept string) *ll2.Resource {
	t.Helper()
	res, err := ll2.Resolve(ll2.Request{Path: path, Query: query, Accept: []string{accept}}, ll2.Options{})
	if err != nil {
		t.Fatalf("%s?%s: %v", path, query, err)
	}
	return &res
}

// window fetches one as it is asked upstream.
func (a api) window(t failer, w *ll2.Resource) *ll2.Window {
	t.Helper()
	status, body := a.get(w.Path, w.Query, w.Accept)
	if status != http.StatusOK {
		t.Fatalf("%s: status %d", w.Key, status)
	}
	return believed(t, w, body)
}

func believed(t failer, asked *ll2.Resource, body string) *ll2.Window {
	t.Helper()
	w, doubt := doubted(t, asked, body)
	if doubt != ll2.NoDoubt {
		t.Fatalf("%s is doubted: %s", asked.Key, doubt)
	}
	return w
}

func doubted(t failer, asked *ll2.Resource, body string) (*ll2.Window, ll2.Doubt) {
	t.Helper()
	l, err := ll2.ScanJSON([]byte(body), upstream)
	if err != nil {
		t.Fatalf("%s: %v", asked.Key, err)
	}
	return ll2.NewWindow(asked, []byte(body), &l)
}

// atHome is a body of upstream as one with another base would have written it.
func atHome(body string) string { return strings.ReplaceAll(body, `"`+upstream+"/", `"`+local+"/") }

// written is the cut page as a client of local gets it, whose length was known.
func written(t failer, c *ll2.Cut, r *ll2.Resource) string {
	t.Helper()
	s := r.Substitution(local, c.Count())
	got := string(c.Append([]byte("before "), s))
	got, ok := strings.CutPrefix(got, "before ")
	if !ok || len(got) != c.Len(s) {
		t.Fatalf("%d bytes appended, %d foretold", len(got), c.Len(s))
	}
	return got
}

// differ shows where two bodies begin to.
func differ(got, want string) string {
	n := 0
	for n < min(len(got), len(want)) && got[n] == want[n] {
		n++
	}
	clip := func(s string) string { return s[max(0, n-60):min(len(s), n+120)] }
	return "\ngot  …" + clip(got) + "…\nwant …" + clip(want) + "…"
}
