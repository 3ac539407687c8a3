package main

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
)

// A web page whose name leads to the admin listener (DNS rebinding) read the metrics,
// with the names of clients, and purged.
func TestTheAdminListenerChecksHost(t *testing.T) {
	t.Parallel()
	listed := []string{"PERIGEE_ADMIN_HOSTS=perigee, metrics.example"}
	for _, tt := range []struct {
		host    string
		environ []string
		allowed bool
	}{
		{"127.0.0.1:PORT", nil, true}, {"127.0.0.1", nil, true}, {"localhost:PORT", nil, true}, {"LocalHost.:1", nil, true},
		{"perigee.localhost", nil, true}, {"[::1]:PORT", nil, true}, {"[::ffff:127.0.0.1]", nil, true},
		{"evil.example:PORT", nil, false}, {"127.0.0.1.evil.example", nil, false}, {"localhost.evil.example", nil, false}, {"evillocalhost", nil, false},
		{"192.0.2.1:PORT", nil, false}, {"perigee:8081", nil, false}, {":PORT", nil, false}, {"[::1", nil, false}, {"*", nil, false},
		{"perigee:8081", listed, true}, {"METRICS.example", listed, true}, {"evil.metrics.example", listed, false},
		{"evil.example", []string{"PERIGEE_ADMIN_HOSTS=*"}, true},
	} {
		p := serveHere(t, append(tt.environ, "PERIGEE_UPSTREAM_URL=http://"+nobody, "PERIGEE_DATA_DIR=off", "PERIGEE_QUOTA=off")...)
		_, port, _ := net.SplitHostPort(strings.TrimPrefix(p.admin, "http://"))
		host := strings.ReplaceAll(tt.host, "PORT", port)
		for _, request := range []struct{ method, path, form string }{{"GET", "/metrics", ""}, {"POST", "/purge", "target=/2.3.0/x/"}} {
			got := raw(t, p.admin, fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n"+
				"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", request.method, request.path, host, host, len(request.form), request.form))
			want := http.StatusOK
			if !tt.allowed {
				want = http.StatusMisdirectedRequest
			}
			if got.StatusCode != want && (tt.allowed || got.StatusCode != http.StatusBadRequest) { // which net/http says
				t.Errorf("%v, %s of Host %s: %d, want %d", tt.environ, request.path, host, got.StatusCode, want)
			}
		}
		for _, probe := range []string{"/livez", "/readyz"} { // by load balancers, which send what they like
			if got := raw(t, p.admin, "GET "+probe+" HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n"); got.StatusCode != 200 && got.StatusCode != 400 {
				t.Errorf("%s of Host %s: %d", probe, host, got.StatusCode)
			}
		}
		if got := raw(t, p.admin, "GET /metrics HTTP/1.0\r\n\r\n"); got.StatusCode != 200 {
			t.Errorf("without Host: %d", got.StatusCode)
		}
	}
}

// By a name that is not allowed, not even what is wrong is told.
func TestProbesByAnyNameLearnNoMoreThanTheStatus(t *testing.T) {
	t.Parallel()
	p := serveHere(t, "PERIGEE_UPSTREAM_URL=http://"+nobody, "PERIGEE_DATA_DIR=off", "PERIGEE_VALKEY_URL=redis://"+nobody)
	if _, body := get(t, p.admin+"/readyz"); body == "ready\n" {
		t.Fatal("there is no trouble to tell of")
	}
	if got := raw(t, p.admin, "GET /readyz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"); got.ContentLength != int64(len("ready\n")) {
		t.Errorf("%d bytes were told", got.ContentLength)
	}
}
