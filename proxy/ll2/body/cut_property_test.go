package body_test

import (
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"perigee/proxy/ll2/body"
	"perigee/proxy/ll2/ll2test"
)

// Whatever is requested, the page that is cut is that which upstream sends, byte for
// byte but for its base URL.
func TestCutIsWhatUpstreamSends(t *testing.T) {
	a := ll2test.NewAPI()
	pages := 0
	rapid.Check(t, func(t *rapid.T) {
		q := ll2test.DrawList(t)
		query := q.Values.Encode()
		status, want := a.Get(strings.TrimSuffix(q.Path, "/")+"/", query, q.Accept)
		res := ll2test.Resolve(t, q.Path, query, q.Accept)
		width := rapid.SampledFrom([]int{2, 7, 10, 25, 64, 99, 100}).Draw(t, "width")
		windows := res.Windows(width)
		if status != http.StatusOK {
			w := windows[0]
			if s, data := a.Get(w.Path, w.Query, w.Accept); s != status || data != want {
				t.Fatalf("status %d %s for the page, %d %s for the window", status, want, s, data)
			}
			return
		}
		first := a.Window(t, &windows[0])
		cached := []*body.Window{first}
		for _, w := range windows[1:] {
			if offset, _ := w.Page.OffsetInt(); res.Page.Reaches(offset, first.Count) {
				cached = append([]*body.Window{a.Window(t, &w)}, cached...) // in any order
			}
		}
		c, ok := body.NewCut(res.Page, first, cached...)
		if !ok {
			t.Fatalf("%s cannot be cut from %d windows of %d", res.Key, len(cached), width)
		}
		if got := ll2test.Render(t, c, res); got != ll2test.Localized(want) {
			t.Fatalf("%s cut from %d windows of %d: %s", res.Key, len(cached), width, ll2test.Diff(got, ll2test.Localized(want)))
		}
		pages++
	})
	if pages == 0 {
		t.Error("no page was cut")
	}
}

// A page far out is answered out of any window of its list, since that knows the count.
func TestBeyondTheCountAnyWindowWillDo(t *testing.T) {
	a := ll2test.NewAPI()
	for _, accept := range []string{"application/json", "application/json; indent=4"} {
		window := a.Window(t, ll2test.Resolve(t, "/2.3.0/spacecraft/", "limit=100&offset=200", accept))
		empty := a.Window(t, ll2test.Resolve(t, "/2.3.0/spacecraft/", "limit=100&offset=600", accept))
		for _, query := range []string{"offset=590", "offset=99999999999999999999&limit=3", "offset=5000&format=json&x=1"} {
			res := ll2test.Resolve(t, "/2.3.0/spacecraft/", query, accept)
			_, want := a.Get(res.Path, query, accept)
			for _, w := range []*body.Window{window, empty} {
				c, ok := body.NewCut(res.Page, w)
				if !ok {
					t.Errorf("?%s cannot be cut from the window at %d", query, w.Offset)
					continue
				}
				if got := ll2test.Render(t, c, res); got != ll2test.Localized(want) {
					t.Errorf("?%s from the window at %d: %s", query, w.Offset, ll2test.Diff(got, ll2test.Localized(want)))
				}
			}
		}
	}
}
