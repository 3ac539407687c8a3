package main

import (
	"net/http"
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
