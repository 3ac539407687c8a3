package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestKeysAreReadAgainOnHangup(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys")
	write := func(names ...string) {
		t.Helper()
		var lines strings.Builder
		for _, name := range names { // each name is its own key
			fmt.Fprintf(&lines, "%s %x\n", name, sha256.Sum256([]byte(name)))
		}
		if err := os.WriteFile(file, []byte(lines.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	r := start(t, append(anyPorts(), "PERIGEE_UPSTREAM_URL=http://"+nobody, "PERIGEE_CLIENT_KEYS_FILE="+file, "PERIGEE_CLIENT_KEYS=required"))
	traffic := r.stderr.await(t, `traffic=(\S+)`)
	status := func(key string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, traffic+"/2.3.0/api-throttle/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Token "+key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if one, two := status("one"), status("two"); one != 200 || two != 401 {
		t.Errorf("at first: one %d, two %d", one, two)
	}
	write("two")
	hangUp(t)
	r.stderr.await(t, `(the client keys were read again)`)
	if one, two := status("one"), status("two"); one != 401 || two != 200 {
		t.Errorf("after the first hangup: one %d, two %d", one, two)
	}
	write("bad name")
	hangUp(t)
	r.stderr.await(t, `(the client keys stay as they were)`)
	if two := status("two"); two != 200 {
		t.Errorf("after a broken file: two %d", two)
	}
}

func hangUp(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

func TestABrokenKeysFileIsAFaultOfTheSettings(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, []byte("one sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, file + ".missing"} {
		code, _, stderr := runs(t, append(anyPorts(), "PERIGEE_CLIENT_KEYS_FILE="+path), "serve")
		if code != exitUsage || !strings.Contains(stderr, "PERIGEE_CLIENT_KEYS_FILE") || strings.Contains(stderr, "sesame") {
			t.Errorf("%s: exit code %d, %s", path, code, stderr)
		}
	}
}

// Without a file of keys, as in profile http, the signal ended the process.
func TestHangupNeverEndsTheProcess(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"ll2", "http"} {
		p := launch(t, "PERIGEE_PROFILE="+profile, "PERIGEE_UPSTREAM_URL=http://"+nobody, "PERIGEE_DATA_DIR=off")
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		p.stderr.await(t, `(there is no file of client keys to read again)`)
		if resp, body := get(t, p.admin+"/livez"); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", profile, resp.StatusCode, body)
		}
		p.kill(t)
	}
}
