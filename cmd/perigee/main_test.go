package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// output collects what a program prints and lets a test wait for it.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed and renewed with every write
}

func newOutput() *output { return &output{changed: make(chan struct{})} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.changed)
	o.changed = make(chan struct{})
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await returns what the first group of the pattern matches, once it does.
func (o *output) await(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		o.mu.Lock()
		m, changed := re.FindStringSubmatch(o.text.String()), o.changed
		o.mu.Unlock()
		if m != nil {
			return m[1]
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("no %s in:\n%s", pattern, o)
		}
	}
}

// running is a program under way in this process.
type running struct {
	stdout, stderr *output
	stop           context.CancelFunc
	code           chan int
}

func start(t *testing.T, environ []string, args ...string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r := &running{stdout: newOutput(), stderr: newOutput(), stop: stop, code: make(chan int, 1)}
	go func() {
		r.code <- run(ctx, program{args: args, environ: environ, stdout: r.stdout, stderr: r.stderr})
	}()
	t.Cleanup(stop)
	return r
}

// runs carries a command out to its end.
func runs(t *testing.T, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // should it serve after all
	defer cancel()
	code = run(ctx, program{args: args, environ: environ, stdout: &out, stderr: &errs})
	return code, out.String(), errs.String()
}

func get(t testing.TB, url string) (*http.Response, string) {
	t.Helper()
	return send(t, http.MethodGet, url, "")
}

// send sends one request; fields are names and values in turn.
func send(t testing.TB, method, url, body string, fields ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		req.Header.Set(fields[i], fields[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(answer)
}

func TestTheDemoDoesWhatItPrints(t *testing.T) {
	r := start(t, nil, "demo")
	traffic := r.stdout.await(t, `Perigee answers on (http://\S+)`)
	admin := r.stdout.await(t, `Metrics: (http://\S+)/metrics`)
	targets := regexp.MustCompile(`'`+regexp.QuoteMeta(traffic)+`(\S+)'`).FindAllStringSubmatch(r.stdout.String(), -1)
	if len(targets) != 3 {
		t.Fatalf("the demo prints %d things to try, want 3:\n%s", len(targets), r.stdout)
	}
	for i, want := range []string{"fwd=uri-miss;fwd-status=200;stored", ";hit;", "throttle-report"} {
		resp, body := get(t, traffic+targets[i][1])
		if got := resp.Header.Get("Cache-Status"); resp.StatusCode != 200 || !strings.Contains(got, want) {
			t.Errorf("%s: %d, Cache-Status %q, want %s", targets[i][1], resp.StatusCode, got, want)
		}
		if i == 2 && !strings.Contains(body, `"current_use":1,`) {
			t.Errorf("the report does not show the one request: %s", body)
		}
	}
	_, body := get(t, admin+"/metrics")
	for _, want := range []string{
		`perigee_requests_total{endpoint="/2.3.0/launches/upcoming/",outcome="hit",status="200"} 1`,
		`perigee_upstream_requests_total{endpoint="/2.3.0/launches/upcoming/",status="200"} 1`,
		"perigee_quota_limit 15", "perigee_build_info{",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
	r.stop()
	if code := <-r.code; code != exitDone {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
}

func TestServeIsHealthyWhileItServesAndDrainsWhenItStops(t *testing.T) {
	sim := start(t, nil, "sim", "-listen", "127.0.0.1:0", "-latency", "300ms")
	upstream := sim.stdout.await(t, `answers on (http://[^/]+)`)
	environ := []string{
		"PERIGEE_UPSTREAM_URL=" + upstream, "PERIGEE_LISTEN=127.0.0.1:0",
		"PERIGEE_ADMIN_LISTEN=" + freeAddress(t), "PERIGEE_LOG_FORMAT=json",
	}
	r := start(t, environ)
	traffic := r.stderr.await(t, `"traffic":"([^"]+)"`)
	admin := r.stderr.await(t, `"admin":"([^"]+)"`)

	if code, stdout, stderr := runs(t, environ, "health"); code != exitDone || stdout != "ready\n" {
		t.Errorf("health: %d %q %q", code, stdout, stderr)
	}
	if resp, body := get(t, admin+"/livez"); resp.StatusCode != 200 || body != "alive\n" {
		t.Errorf("/livez: %d %q", resp.StatusCode, body)
	}
	// A request that is under way when the end comes is answered.
	status := make(chan int, 1)
	go func() {
		resp, err := http.Get(traffic + "/2.3.0/spacecraft/")
		if err != nil {
			status <- 0
			return
		}
		resp.Body.Close()
		status <- resp.StatusCode
	}()
	awaitInFlight(t, admin)
	r.stop()
	if got := <-status; got != 200 {
		t.Errorf("the request under way: status %d", got)
	}
	if code := <-r.code; code != exitDone {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
	if code, _, stderr := runs(t, environ, "health"); code != exitFailed || !strings.Contains(stderr, "not running") {
		t.Errorf("health afterwards: %d %q", code, stderr)
	}
	r.stderr.await(t, `("msg":"request".*"outcome":"miss".*"upstream":1)`)
}

// awaitInFlight polls the metrics until a fetch is under way.
func awaitInFlight(t *testing.T, admin string) {
	t.Helper()
	for t.Context().Err() == nil {
		if _, body := get(t, admin+"/metrics"); strings.Contains(body, "\nperigee_fetches_in_flight 1\n") {
			return
		}
	}
}

// freeAddress is one that nothing listens on at the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestAPortInUseIsAnError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().String()
	for _, environ := range [][]string{
		{"PERIGEE_LISTEN=" + taken, "PERIGEE_ADMIN_LISTEN=127.0.0.1:0"},
		{"PERIGEE_LISTEN=127.0.0.1:0", "PERIGEE_ADMIN_LISTEN=" + taken},
	} {
		code, _, stderr := runs(t, environ, "serve")
		if code != exitFailed || !strings.Contains(stderr, "address already in use") {
			t.Errorf("%v: exit code %d, %s", environ, code, stderr)
		}
	}
}

func TestBadSettingsAreToldAllAtOnce(t *testing.T) {
	environ := []string{"PERIGEE_TTL=soon", "PERIGEE_LISTEN=nowhere", "PERIGEE_UPSTREAM_TOKEN=ses ame"}
	for _, command := range []string{"serve", "check", "demo", "health"} {
		code, _, stderr := runs(t, environ, command)
		if code != exitUsage {
			t.Errorf("%s: exit code %d, want %d", command, code, exitUsage)
		}
		for _, want := range []string{"PERIGEE_TTL", "soon", "PERIGEE_LISTEN", "nowhere", "PERIGEE_UPSTREAM_TOKEN"} {
			if !strings.Contains(stderr, want) {
				t.Errorf("%s does not name %s:\n%s", command, want, stderr)
			}
		}
		if strings.Contains(stderr, "ses ame") {
			t.Errorf("%s shows the secret:\n%s", command, stderr)
		}
	}
}

func TestCheckShowsTheSettingsWithoutSecrets(t *testing.T) {
	code, stdout, stderr := runs(t, []string{"PERIGEE_UPSTREAM_TOKEN=sesame", "PERIGEE_TTL=2h", "PERIGEE_TLT=1h"}, "check")
	if code != exitDone || !strings.Contains(stdout, "PERIGEE_TTL=2h") || strings.Contains(stdout+stderr, "sesame") {
		t.Errorf("check: %d\n%s\n%s", code, stdout, stderr)
	}
	if !strings.Contains(stderr, "PERIGEE_TLT") || !strings.Contains(stderr, "PERIGEE_TTL") {
		t.Errorf("the misspelt name is not told: %s", stderr)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"dance"}, {"serve", "fast"}, {"demo", "x"}, {"sim", "-colour"}, {"sim", "x"}, {"version", "x"}, {"check", "x"}, {"health", "x"}} {
		if code, _, stderr := runs(t, nil, args...); code != exitUsage || stderr == "" {
			t.Errorf("%q: exit code %d, %q", args, code, stderr)
		}
	}
	if code, stdout, _ := runs(t, nil, "version"); code != exitDone || !strings.HasPrefix(stdout, "perigee ") {
		t.Errorf("version: %d %q", code, stdout)
	}
}
