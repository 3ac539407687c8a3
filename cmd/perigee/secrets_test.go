package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The program serves although Valkey is not there, and whatever it says about that
// holds no secret.
func TestNothingShowsASecret(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, setting string }{
		{"the token", "PERIGEE_UPSTREAM_TOKEN=sesame"},
		{"the password of Valkey", "PERIGEE_VALKEY_URL=redis://:sesame@127.0.0.1:1"},
		{"that of the Sentinels", "PERIGEE_VALKEY_URL=redis://user:sesame@127.0.0.1:1?master_name=m&password=sesame"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sim := start(t, nil, "sim", "-listen", "127.0.0.1:0")
			upstream := sim.stdout.await(t, `answers on (http://[^/]+)`)
			environ := append(anyPorts(), "PERIGEE_UPSTREAM_URL="+upstream, "PERIGEE_LOG_LEVEL=debug", tt.setting)
			code, stdout, stderr := runs(t, environ, "check")
			if code != exitDone || strings.Contains(stdout+stderr, "sesame") {
				t.Errorf("check: %d\n%s\n%s", code, stdout, stderr)
			}
			r := start(t, environ)
			traffic, admin := r.stderr.await(t, `traffic=(\S+)`), r.stderr.await(t, `admin=(\S+)`)
			resp, body := get(t, traffic+"/2.3.0/agencies/")
			if resp.StatusCode != http.StatusOK {
				t.Errorf("got %d: %.200s", resp.StatusCode, body)
			}
			said := body
			for _, path := range []string{"/metrics", "/readyz"} {
				_, body := get(t, admin+path)
				said += body
			}
			r.stop()
			<-r.code
			if got, want := strings.Contains(said, "Valkey is lost"), strings.Contains(tt.setting, "VALKEY"); got != want {
				t.Errorf("it tells that Valkey is lost: %t, want %t:\n%s", got, want, said)
			}
			if said += r.stderr.String() + r.stdout.String(); strings.Contains(said, "sesame") {
				t.Errorf("it is shown:\n%s", said)
			}
		})
	}
}

// Upstream's pages that print the key, and its error pages that echo the request, reach
// clients without it, whatever they ask for and however they spell it.
func TestAnUpstreamThatPrintsTheTokenShowsItToNobody(t *testing.T) {
	t.Parallel()
	const token = "5e5a3e5e5a3e5e5a3e"
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Ident", token)
		w.Header().Set("Content-Type", "text/html")
		if strings.Contains(r.URL.Path, "broken") {
			w.WriteHeader(http.StatusInternalServerError)
		}
		fmt.Fprintf(w, `<p>%s sent %v, and is "%s`, r.RequestURI, r.Header, token[:5])
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, token[5:]+`"`)
	}))
	defer upstream.Close()
	p := serveHere(t, "PERIGEE_UPSTREAM_URL="+upstream.URL, "PERIGEE_UPSTREAM_TOKEN="+token, "PERIGEE_QUOTA=off", "PERIGEE_LOG_LEVEL=debug")
	for _, target := range []string{
		"/docs/", "/", "/api-auth/login/?next=/2.3.0/api-throttle/", "/2.3.0/api-throttle/", "/2.3.0//api-throttle/", "/2.3.0/api%2Dthrottle/",
		"/2.3.0/api%252Dthrottle/", "/2.3.0/api%25252Dthrottle/", "/2.3.0/x/..%252fapi-throttle/", "/2.3.0/api-throttle%00/", "/2.3.0/api-throttl%0Ae/",
		"/2.3.0%252Fapi-thr%25256Fttle/", "/static/broken", "/2.3.0/agencies/", "/2.3.0/agencies/broken/", "/2.3.0/no/such/", "/2.2.0/agencies/", "/1.4.2/x/",
	} {
		for _, accept := range []string{"*/*", "text/html"} {
			resp, body := send(t, http.MethodGet, p.traffic+target, "", "Accept", accept, "Accept-Encoding", "gzip", "Range", "bytes=0-99")
			if said := fmt.Sprint(resp.Header) + body; strings.Contains(said, token) {
				t.Errorf("%s: %d %s", target, resp.StatusCode, said)
			}
		}
	}
	if strings.Contains(p.stderr.String(), token) {
		t.Errorf("it is logged:\n%s", p.stderr)
	}
}
