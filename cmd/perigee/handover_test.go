package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"perigee/cache"
	"perigee/cache/archive"
	"perigee/proxy/ll2sim"
)

// What one team has fetched answers at another, without an upstream, byte for byte
// and however old it is.
func TestAWarmCacheIsHandedOverAndServedOffline(t *testing.T) {
	t.Parallel()
	var offline atomic.Bool
	upstream := httptest.NewUnstartedServer(ll2sim.New(ll2sim.Options{Limit: -1}))
	upstream.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateNew && offline.Load() {
			t.Error("somebody has connected to upstream")
		}
	}
	upstream.Start()
	defer upstream.Close()
	file := filepath.Join(t.TempDir(), "warm")
	settings := []string{"PERIGEE_UPSTREAM_URL=" + upstream.URL, "PERIGEE_PUBLIC_URL=http://perigee.example/ll2"}
	want := stockUp(t, file, slices.Concat(settings, []string{"PERIGEE_QUOTA=off", "PERIGEE_DATA_DIR=" + t.TempDir()}))
	offline.Store(true)

	for _, age := range []time.Duration{0, 60 * 24 * time.Hour} {
		old := filepath.Join(t.TempDir(), "old")
		if err := os.WriteFile(old, aged(t, file, age), 0o600); err != nil {
			t.Fatal(err)
		}
		environ := slices.Concat(settings, anyPorts(), []string{"PERIGEE_DATA_DIR=" + filepath.Join(t.TempDir(), "new"), "PERIGEE_OFFLINE=true"})
		code, stdout, stderr := runs(t, environ, "import", old)
		if code != exitDone || stdout != "imported 6 pages, 0 already cached, 0 of another version\n" {
			t.Fatalf("import: %d %q %s", code, stdout, stderr)
		}
		r := start(t, environ)
		traffic := r.stderr.await(t, `traffic=(\S+)`)
		r.stderr.await(t, `(offline: nothing is sent upstream, only what is cached is served" pages=6)`)
		for _, target := range heldTargets() {
			resp, body := get(t, traffic+target)
			if resp.StatusCode != want[target].status || body != want[target].body || resp.Header.Get("Etag") != want[target].tag {
				t.Errorf("%s: %d %s %.200s\nwant %+v", target, resp.StatusCode, resp.Header.Get("Etag"), body, want[target])
			}
			status := resp.Header.Get("Cache-Status")
			if !strings.Contains(status, "Perigee;hit;") || strings.Contains(status, "detail=stale-offline;ttl=-") != (age > 0) {
				t.Errorf("%s: Cache-Status %s", target, status)
			}
		}
		for _, target := range []string{"/2.3.0/agencies/", "/2.3.0/spacecraft/?offset=300", "/2.3.0/spacecraft/400/", "/", "/admin/"} {
			if resp, body := get(t, traffic+target); resp.StatusCode != 504 || !strings.Contains(body, "PERIGEE_OFFLINE") {
				t.Errorf("%s, which is not cached: %d %s", target, resp.StatusCode, body)
			}
		}
		if resp, _ := get(t, traffic+"/2.3.0/api-throttle/"); resp.StatusCode != 200 {
			t.Errorf("the throttle report: %d", resp.StatusCode)
		}
		r.stop()
		if code := <-r.code; code != exitDone {
			t.Errorf("exit code %d: %s", code, r.stderr)
		}
	}
}

// A warm cache is of use online, too: its lists answer for their objects at once, as
// those that are cached already do.
func TestAWarmCacheSparesRequestsOnline(t *testing.T) {
	t.Parallel()
	sim := ll2sim.New(ll2sim.Options{})
	upstream := httptest.NewServer(sim)
	defer upstream.Close()
	file := filepath.Join(t.TempDir(), "warm")
	stockUp(t, file, []string{"PERIGEE_UPSTREAM_URL=" + upstream.URL, "PERIGEE_QUOTA=off", "PERIGEE_DATA_DIR=" + t.TempDir()})
	environ := []string{"PERIGEE_UPSTREAM_URL=" + upstream.URL, "PERIGEE_QUOTA=off", "PERIGEE_DATA_DIR=" + t.TempDir()}
	p := launch(t, environ...)
	get(t, p.traffic+"/2.3.0/config/agency_types/")
	if code, _, stderr := runs(t, environ, "import", file); code != exitDone {
		t.Fatalf("import: %d %s", code, stderr)
	}
	get(t, p.traffic+"/2.3.0/config/orbits/") // the server keeps what it knows meanwhile
	p.kill(t)
	asked := sim.Requests().Billed
	p = launch(t, environ...)
	defer p.kill(t)
	for _, target := range []string{"/2.3.0/spacecraft/57/", "/2.3.0/config/orbits/2/", "/2.3.0/config/agency_types/2/"} {
		resp, _ := get(t, p.traffic+target)
		if status := resp.Header.Get("Cache-Status"); !strings.Contains(status, ";detail=from-list;") {
			t.Errorf("%s: %s", target, status)
		}
	}
	if got := sim.Requests().Billed - asked; got != 0 {
		t.Errorf("upstream was asked %d times", got)
	}
}

// fetchedTargets are asked for while upstream is there, in six requests.
func fetchedTargets() []string {
	return []string{
		"/2.3.0/spacecraft/?limit=20&offset=90", "/2.3.0/spacecraft/?mode=detailed&limit=5",
		"/2.3.0/launches/upcoming/?mode=list&limit=3", "/2.3.0/spacecraft/500/", "/2.3.0/spacecraft/999999/",
	}
}

// heldTargets are those and what can be made of them.
func heldTargets() []string {
	return append(fetchedTargets(), "/2.3.0/spacecraft/", "/2.3.0/spacecraft/?limit=33&offset=77", "/2.3.0/spacecraft/?offset=10000",
		"/2.3.0/launches/upcoming?offset=4&mode=list", "/2.3.0/spacecraft/57/", "/2.3.0/spacecraft/?mode=detailed&limit=2&offset=60")
}

// answer is what must be the same again.
type answer struct {
	status    int
	tag, body string
}

// stockUp has a perigee fetch some pages, exports them while it runs, and returns
// what it answered.
func stockUp(t *testing.T, file string, environ []string) map[string]answer {
	t.Helper()
	p := launch(t, environ...)
	defer p.kill(t)
	for _, target := range fetchedTargets() {
		get(t, p.traffic+target)
	}
	answers := make(map[string]answer)
	for _, target := range heldTargets() {
		resp, body := get(t, p.traffic+target)
		if status := resp.Header.Get("Cache-Status"); !strings.Contains(status, "Perigee;hit;") {
			t.Errorf("%s: %s", target, status)
		}
		answers[target] = answer{resp.StatusCode, resp.Header.Get("Etag"), body}
	}
	code, stdout, stderr := runs(t, environ, "export", file)
	if code != exitDone || !strings.HasPrefix(stdout, "exported 6 pages (") || stderr != "" {
		t.Fatalf("export: %d %q %s", code, stdout, stderr)
	}
	return answers
}

// aged returns an archive with all its entries older.
func aged(t *testing.T, file string, by time.Duration) []byte {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	a, err := archive.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var entries []*cache.Entry
	for {
		e, err := a.Next()
		if err == io.EOF {
			return archived(t, a.Meta().Upstream, entries...)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []*time.Time{&e.Asked, &e.Answered, &e.FreshUntil, &e.StaleWhileRevalidateUntil, &e.StaleIfErrorUntil} {
			*at = at.Add(-by)
		}
		entries = append(entries, e)
	}
}

// archived returns an archive of entries.
func archived(t *testing.T, upstream string, entries ...*cache.Entry) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := archive.NewWriter(&file, archive.Meta{Upstream: upstream})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := w.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// A server has not to be stopped for it: what is imported answers at once.
func TestImportBesideAServer(t *testing.T) {
	t.Parallel()
	environ := []string{"PERIGEE_DATA_DIR=" + t.TempDir(), "PERIGEE_OFFLINE=true"}
	p := serveHere(t, environ...)
	for _, want := range []int{504, 200} {
		if resp, body := get(t, p.traffic+"/2.3.0/spacecraft/1/"); resp.StatusCode != want {
			t.Errorf("%d %s, want %d", resp.StatusCode, body, want)
		}
		file := archived(t, someUpstream, spacecraft(t, 1, "one", 5))
		if code, _, stderr := fed(t, bytes.NewReader(file), environ, "import", "-"); code != exitDone {
			t.Error(stderr)
		}
	}
}

// The demo has an upstream of its own and nothing cached: it is never offline.
func TestTheDemoIsNotOffline(t *testing.T) {
	t.Parallel()
	r := start(t, []string{"PERIGEE_OFFLINE=true"}, "demo")
	traffic := r.stdout.await(t, `Perigee answers on (http://\S+)`)
	if resp, body := get(t, traffic+"/2.3.0/spacecraft/"); resp.StatusCode != http.StatusOK {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	r.stop()
	<-r.code
}

// fed carries a command out to its end, with something on standard input.
func fed(t *testing.T, stdin io.Reader, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(patience(t), program{args: args, environ: environ, stdin: stdin, stdout: &out, stderr: &errs})
	return code, out.String(), errs.String()
}
