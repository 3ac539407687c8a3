package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// In profile http any upstream will do, and its own headers decide.
func TestProfileHTTP(t *testing.T) {
	t.Parallel()
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = io.WriteString(w, r.URL.RequestURI())
	}))
	defer origin.Close()
	p := serveHere(t, "PERIGEE_PROFILE=http", "PERIGEE_UPSTREAM_URL="+origin.URL)
	for _, tt := range []struct{ target, want string }{
		{"/any;thing?b&a=%zz", "fwd=uri-miss;fwd-status=200;stored"},
		{"/any;thing?b&a=%zz", "hit"},
		{"/any;thing?a=%zz&b", "fwd=uri-miss"},
	} {
		resp, body := get(t, p.traffic+tt.target)
		if got := resp.Header.Get("Cache-Status"); body != tt.target || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, Cache-Status %q, want %s", tt.target, body, got, tt.want)
		}
	}
	_, body := get(t, p.admin+"/metrics")
	for _, want := range []string{
		`perigee_requests_total{endpoint="http",outcome="hit",status="200"} 1`,
		`perigee_upstream_requests_total{endpoint="http",status="200"} 2`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
}
