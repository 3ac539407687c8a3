package render_test

import (
	"bytes"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/cache"
	"perigee/proxy/clients"
	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
	"perigee/proxy/ll2/ll2test"
	"perigee/proxy/render"
)

// entryOf is what is stored of upstream's answer to res.
func entryOf(t *testing.T, res *ll2.Resource, text string) *cache.Entry {
	t.Helper()
	layout, err := body.ScanJSON([]byte(text), ll2test.Upstream)
	if err != nil {
		t.Fatal(err)
	}
	b := &render.Body{Layout: layout, Paged: layout.IsPage}
	at := ll2test.Noon()
	e := &cache.Entry{
		Key: res.Key, Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(text),
		Asked: at, Answered: at, FreshUntil: at.Add(time.Hour), Digest: sha256.Sum256([]byte(text)), Derived: b,
	}
	if b.Window, b.Rejection = body.NewWindow(res, e.Body, &b.Layout); b.Window != nil {
		b.Window.Digest = e.Digest
	}
	return e
}

var (
	here  = clients.Base{Scheme: "https", Host: "apps.example"}
	there = clients.Base{Scheme: "http", Host: "other.example"}
)

// text is the body of a rendering.
func text(r *render.Rendering) string {
	return string(bytes.Join(slices.Collect(r.Content.Segments()), nil))
}

// window returns a list of three spacecraft, and a page of one of them.
func window(t *testing.T) (list *cache.Entry, page *ll2.Resource) {
	t.Helper()
	res := ll2test.Resolve(t, "/2.3.0/spacecraft/", "limit=100", "*/*")
	const element = `{"id":%,"url":"https://ll.thespacedevs.com/2.3.0/spacecraft/%/"}`
	var elements []string
	for _, id := range []string{"1", "2", "3"} {
		elements = append(elements, strings.ReplaceAll(element, "%", id))
	}
	text := `{"count":3,"next":null,"previous":null,"results":[` + strings.Join(elements, ",") + `]}`
	return entryOf(t, res, text), ll2test.Resolve(t, "/2.3.0/spacecraft/", "limit=1&offset=1", "*/*")
}

func TestRenderings(t *testing.T) {
	list, page := window(t)
	cut, ok := render.NewPage(page.Page, []*cache.Entry{list})
	if !ok {
		t.Fatal("the page is not cut")
	}
	req := render.Request{Resource: page, Query: "limit=1&offset=1", Base: here}
	got := render.Render(cut, req)
	want := `{"count":3,"next":"https://apps.example/2.3.0/spacecraft/?limit=1&offset=2",` +
		`"previous":"https://apps.example/2.3.0/spacecraft/?limit=1",` +
		`"results":[{"id":2,"url":"https://apps.example/2.3.0/spacecraft/2/"}]}`
	if text(got) != want {
		t.Errorf("the page is %s, want %s", text(got), want)
	}
	header := http.Header{}
	got.SetHeader(header)
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Vary": "Accept", "Cache-Control": "public, max-age=3600", "Etag": got.ETag,
		"No-Vary-Search": "key-order", "Date": ll2test.Noon().UTC().Format(http.TimeFormat),
	} {
		if header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, header.Get(name), want)
		}
	}
	if again := render.Render(cut, req); again != got {
		t.Error("what is the same is rendered twice")
	}
	for name, other := range map[string]*render.Rendering{
		"another base":     render.Render(cut, render.Request{Resource: page, Query: req.Query, Base: there}),
		"the list":         render.Render(render.Whole(list), render.Request{Resource: page, Query: req.Query, Base: here}),
		"one element":      render.Render(render.Element(list, body.Element{Window: render.WindowOf(list), Index: 1}), req),
		"another element":  render.Render(render.Element(list, body.Element{Window: render.WindowOf(list), Index: 2}), req),
		"with its own tag": render.Render(cut, render.Request{Resource: page, Query: "offset=1&limit=1", Base: here}),
	} {
		if other == got || name != "with its own tag" && other.ETag == got.ETag {
			t.Errorf("%s is not told apart: %s", name, text(other))
		}
	}
}

// An entry keeps as many bytes of renderings as its body has, and lets go of the
// oldest.
func TestRenderingsAreBounded(t *testing.T) {
	list, page := window(t)
	req := render.Request{Resource: page, Query: "limit=3", Base: here}
	first := render.Render(render.Whole(list), req)
	if render.Render(render.Whole(list), req) != first {
		t.Fatal("the rendering is not kept")
	}
	for n := range 20 {
		render.Render(render.Whole(list), render.Request{Resource: page, Query: req.Query, Base: clients.Base{Scheme: "http", Host: strings.Repeat("x", n+1)}})
	}
	if render.Render(render.Whole(list), req) == first {
		t.Error("all renderings are kept")
	}
}

func TestAPageThatItsWindowsDoNotHave(t *testing.T) {
	list, _ := window(t)
	res := ll2test.Resolve(t, "/2.3.0/spacecraft/", "limit=2&offset=2", "*/*")
	newer := entryOf(t, ll2test.Resolve(t, "/2.3.0/spacecraft/", "limit=1&offset=5", "*/*"),
		`{"count":6,"next":null,"previous":"https://ll.thespacedevs.com/2.3.0/spacecraft/?limit=1&offset=4","results":[{"id":6}]}`)
	newer.Answered = newer.Answered.Add(time.Minute)
	windows := []*cache.Entry{list, newer}
	if _, ok := render.NewPage(res.Page, windows); ok {
		t.Error("cut although the newer window says that there is one element more")
	}
	old, ok := render.NewOldPage(res.Page, windows)
	if !ok || old.Oldest() != list || old.Entry() != list {
		t.Error("not cut from the list as it was")
	}
}
