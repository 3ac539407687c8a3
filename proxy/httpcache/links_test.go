package httpcache_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"perigee/proxy/httpcache"
)

// A redirect, or a link, led clients past the cache, to an address that may be
// internal.
func TestReferencesToUpstreamLeadBack(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"Location", "http://upstream.test/new?a=b#c", "/new?a=b#c"},
		{"Location", "HTTP://Upstream.Test:80/new", "/new"},
		{"Location", "//upstream.test/new", "/new"},
		{"Location", "http://upstream.test", "/"},
		{"Location", "http://upstream.test?a", "/?a"},
		{"Location", "http://upstream.test//evil.test/", "/.//evil.test/"}, // no other host
		{"Location", `http://upstream.test/\evil.test/`, `/./\evil.test/`},
		{"Location", "/new", "/new"},
		{"Location", "new", "new"},
		{"Location", "http://upstream.test:8080/new", "http://upstream.test:8080/new"},
		{"Location", "http://upstream.test.evil/new", "http://upstream.test.evil/new"},
		{"Location", "http://upstream.test@evil/new", "http://upstream.test@evil/new"},
		{"Location", "https://upstream.test/new", "https://upstream.test/new"}, // would come back here, and again
		{"Location", "http://elsewhere.test/?u=http://upstream.test/", "http://elsewhere.test/?u=http://upstream.test/"},
		{"Content-Location", "http://upstream.test/new", "/new"},
		{"Link", `<http://upstream.test/2>; rel=next, <http://elsewhere.test/>; title="<http://upstream.test/>"; rel="x", </3>;rel=y`,
			`</2>; rel=next, <http://elsewhere.test/>; title="<http://upstream.test/>"; rel="x", </3>;rel=y`},
		{"Link", `<http://upstream.test/2`, `<http://upstream.test/2`},
	} {
		synctest.Test(t, func(t *testing.T) {
			for _, cc := range []string{"no-store", "max-age=60"} {
				r := newRig(t, httpcache.Options{}, says(302, "", tt.name, tt.value, "Cache-Control", cc))
				for range 2 { // from upstream, and from the store
					if got := r.get().header.Get(tt.name); got != tt.want {
						t.Errorf("%s: %s: got %s, want %s", tt.name, tt.value, got, tt.want)
					}
				}
				if got := r.do(t.Context(), http.MethodPost, "/a?b=1").header.Get(tt.name); got != tt.want {
					t.Errorf("%s: %s: a POST got %s, want %s", tt.name, tt.value, got, tt.want)
				}
			}
		})
	}
}

func TestReferencesLeadToThePublicURLOrStay(t *testing.T) {
	public, err := url.Parse("https://example.org/cache")
	must(t, err)
	for _, tt := range []struct {
		options httpcache.Options
		want    string
	}{
		{httpcache.Options{PublicURL: public}, "https://example.org/cache/new"},
		{httpcache.Options{KeepLinks: true}, "http://upstream.test/new"},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, tt.options, says(302, "", "Location", "http://upstream.test/new"))
			if got := r.get().header.Get("Location"); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// An operator with the wrong scheme got redirects, and no reason.
func TestAnotherSchemeIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		r := newRig(t, httpcache.Options{Logger: slog.New(slog.NewTextHandler(&logged, nil))}, says(301, "", "Location", "https://upstream.test/a?b=1"))
		r.get()
		r.get()
		if n := strings.Count(logged.String(), "another scheme"); n != 1 {
			t.Errorf("logged %d times: %s", n, &logged)
		}
	})
}

// Early hints lead back, too.
func TestReferencesOfInterimAnswersLeadBack(t *testing.T) {
	base, client := wired(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "<http://"+r.Host+"/style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
	})
	hints := make(chan string, 1)
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(_ int, h textproto.MIMEHeader) error { hints <- h.Get("Link"); return nil },
	})
	fetch(t, client, ctx, base+"/")
	if got := <-hints; got != "</style.css>; rel=preload" {
		t.Errorf("Link %q", got)
	}
}
