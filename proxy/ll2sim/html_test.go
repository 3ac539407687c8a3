package ll2sim_test

import (
	"net/http"
	"strings"
	"testing"

	"perigee/proxy/ll2sim"
)

// TestPage looks for what a reader, or a proxy that rewrites links, finds in a page.
func TestPage(t *testing.T) {
	w := get(t, `/2.3.0/launches/?b=2&a=%22%3Cx%3E&format=api&limit=1&mode=detailed`)
	for _, part := range []string{
		"<title>Launches List –",
		"<b>GET</b> /2.3.0/launches/?b=2&amp;a=%22%3Cx%3E&amp;format=api&amp;limit=1&amp;mode=detailed</pre>",
		"<b>HTTP 200 OK</b>\n<b>Allow:</b> <span class=\"lit\">GET, HEAD, OPTIONS</span>\n",
		"\n    &quot;count&quot;: 800,\n",
		`    &quot;next&quot;: &quot;<a href="http://HOST/2.3.0/launches/?a=%22%3Cx%3E&amp;b=2&amp;format=api&amp;limit=1&amp;mode=detailed&amp;offset=1" rel="nofollow">` +
			`http://HOST/2.3.0/launches/?a=%22%3Cx%3E&amp;b=2&amp;format=api&amp;limit=1&amp;mode=detailed&amp;offset=1</a>&quot;,`,
		`<a href="https://ll.thespacedevs.com/docs/" rel="nofollow">https://ll.thespacedevs.com/docs/</a> and &lt;elsewhere&gt;.&quot;`,
		`<a href="/2.3.0/launches/?a=%22%3Cx%3E&amp;b=2&amp;format=json&amp;limit=1&amp;mode=detailed" rel="nofollow">json</a>`,
		`<li><a href="/2.3.0/?format=api">/2.3.0/</a></li>`,
		"<p>Fields - id, last_updated, name, net</p>",
	} {
		if !contained(w, part) {
			t.Errorf("no %s", part)
		}
	}
	if t.Failed() {
		t.Logf("%.6000s", w.Body)
	}
}

// TestPageOfErrors: with text/html an error is a page too, and keeps its status.
func TestPageOfErrors(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{Limit: 2})
	for _, tt := range []struct {
		target, part string
		status       int
	}{
		{"/2.3.0/spacecraft/999999/", "&quot;detail&quot;: &quot;Not found.&quot;", 404},
		{"/2.3.0/spacecraft/?status=x", "&quot;Enter a number.&quot;", 400},
		{"/2.3.0/spacecraft/", "&quot;Request was throttled.", 429},
	} {
		w := ask(t, s, http.MethodGet, tt.target, "text/html")
		if w.Code != tt.status || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || !contained(w, tt.part) {
			t.Errorf("%s: %d %s", tt.target, w.Code, w.Body)
		}
	}
}

// TestPageIndent: the page indents by four unless the Accept field says otherwise.
func TestPageIndent(t *testing.T) {
	for accept, want := range map[string]string{
		"text/html": "{\n    &quot;count", "text/html;indent=2": "{\n  &quot;count", "text/html;indent=0": "{&quot;count",
	} {
		if w := get(t, "/2.3.0/pads/", accept); !contained(w, want) {
			t.Errorf("%s: no %q", accept, want)
		}
	}
}

func TestNames(t *testing.T) {
	for target, want := range map[string]string{
		"/2.3.0/": "Api Root", "/2.3.0/space_stations/": "Space Stations List", "/2.3.0/pads/1/": "Pads Instance",
		"/2.3.0/api-throttle/": "Api Throttle", "/2.2.0/config/launcher/": "Launcher Configurations List",
	} {
		w := ask(t, ll2sim.New(ll2sim.Options{}), http.MethodOptions, target)
		if !contained(w, `{"name":"`+want+`",`) {
			t.Errorf("%s: %s, want %s", target, w.Body, want)
		}
	}
}
