package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/cmd/perigee/app"
	"perigee/proxy/ll2sim"
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
func (o *output) await(t testing.TB, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	ctx := patience(t)
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

// patience ends when the test does, or shortly before the deadline of all tests, so
// that one which waits in vain can say for what.
func patience(t testing.TB) context.Context {
	t.Helper()
	if d, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if at, ok := d.Deadline(); ok {
			ctx, cancel := context.WithDeadline(t.Context(), at.Add(-10*time.Second))
			t.Cleanup(cancel)
			return ctx
		}
	}
	return t.Context()
}

// await waits for what no channel tells of: another process has to get there.
func await(t testing.TB, what string, met func() bool) {
	t.Helper()
	ctx := patience(t)
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for !met() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// perigee is one that runs, in this process or in one of its own.
type perigee struct {
	stderr         *output
	traffic, admin string // URLs
}

// serveHere runs a perigee in this process until the test ends.
func serveHere(t testing.TB, environ ...string) *perigee {
	t.Helper()
	log := newOutput()
	a := serveTo(t, log, environ)
	return &perigee{log, a.TrafficURL(), a.AdminURL()}
}

// serveTo is serveHere with another place for the log.
func serveTo(t testing.TB, log io.Writer, environ []string) *app.App {
	t.Helper()
	c, logger, err := program{environ: slices.Concat(environ, anyPorts()), stderr: log}.settings()
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(c, logger)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// anyPorts are the settings of what listens where nobody else does, and ends at once.
func anyPorts() []string {
	return []string{"PERIGEE_LISTEN=" + anyPort, "PERIGEE_ADMIN_LISTEN=" + anyPort, "PERIGEE_SHUTDOWN_DELAY=0s"}
}

// adminOf are the settings by which a command finds it.
func (p *perigee) adminOf() []string {
	return []string{"PERIGEE_ADMIN_LISTEN=" + strings.TrimPrefix(p.admin, "http://")}
}

// holds reports whether it answers a target without asking anybody.
func (p *perigee) holds(t *testing.T, target string) bool {
	t.Helper()
	resp, _ := send(t, http.MethodGet, p.traffic+target, "", "Cache-Control", "only-if-cached")
	return resp.StatusCode == http.StatusOK
}

// await waits until the metrics have a line.
func (p *perigee) await(t *testing.T, line string) {
	t.Helper()
	await(t, line, func() bool {
		_, body := get(t, p.admin+"/metrics")
		return strings.Contains(body, line)
	})
}

// nobody is where nothing listens.
const nobody = "127.0.0.1:1"

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
	code = run(patience(t), program{args: args, environ: environ, stdout: &out, stderr: &errs})
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

// raw sends bytes as they are, and returns the head of one answer.
func raw(t testing.TB, base, text string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

func TestTheDemoDoesWhatItPrints(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	sim, release := ll2sim.New(ll2sim.Options{}), make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "spacecraft") {
			<-release
		}
		sim.ServeHTTP(w, r)
	}))
	defer upstream.Close()
	r := start(t, append(anyPorts(), "PERIGEE_UPSTREAM_URL="+upstream.URL, "PERIGEE_LOG_FORMAT=json"))
	p := &perigee{r.stderr, r.stderr.await(t, `"traffic":"([^"]+)"`), r.stderr.await(t, `"admin":"([^"]+)"`)}

	if code, stdout, stderr := runs(t, p.adminOf(), "health"); code != exitDone || stdout != "ready\n" {
		t.Errorf("health: %d %q %q", code, stdout, stderr)
	}
	if resp, body := get(t, p.admin+"/livez"); resp.StatusCode != 200 || body != "alive\n" {
		t.Errorf("/livez: %d %q", resp.StatusCode, body)
	}
	// A request that is under way when the end comes is answered.
	status := make(chan int, 1)
	go func() {
		resp, err := http.Get(p.traffic + "/2.3.0/spacecraft/")
		if err != nil {
			status <- 0
			return
		}
		resp.Body.Close()
		status <- resp.StatusCode
	}()
	p.await(t, "\nperigee_fetches_in_flight 1\n")
	r.stop()
	await(t, "load balancers to be told", func() bool {
		resp, body := get(t, p.admin+"/readyz")
		return resp.StatusCode == http.StatusServiceUnavailable && body == "shutting down\n"
	})
	if code, stdout, stderr := runs(t, p.adminOf(), "health"); code != exitFailed || stdout != "shutting down\n" || !strings.Contains(stderr, "not ready: shutting down") {
		t.Errorf("health meanwhile: %d %q %q", code, stdout, stderr)
	}
	close(release)
	if got := <-status; got != 200 {
		t.Errorf("the request under way: status %d", got)
	}
	if code := <-r.code; code != exitDone {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
	if code, _, stderr := runs(t, p.adminOf(), "health"); code != exitFailed || !strings.Contains(stderr, "not running") {
		t.Errorf("health afterwards: %d %q", code, stderr)
	}
	r.stderr.await(t, `("msg":"request".*"outcome":"miss".*"upstream":1)`)
}

func TestAPortInUseIsAnError(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
	code, stdout, stderr := runs(t, []string{"PERIGEE_UPSTREAM_TOKEN=sesame", "PERIGEE_TTL=2h", "PERIGEE_TLT=1h"}, "check")
	if code != exitDone || !strings.Contains(stdout, "PERIGEE_TTL=2h") || strings.Contains(stdout+stderr, "sesame") {
		t.Errorf("check: %d\n%s\n%s", code, stdout, stderr)
	}
	if !strings.Contains(stderr, "PERIGEE_TLT") || !strings.Contains(stderr, "PERIGEE_TTL") {
		t.Errorf("the misspelt name is not reported: %s", stderr)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"dance"}, {"serve", "fast"}, {"demo", "x"}, {"sim", "-colour"}, {"sim", "x"}, {"version", "x"}, {"check", "x"}, {"health", "x"}} {
		if code, _, stderr := runs(t, nil, args...); code != exitUsage || stderr == "" {
			t.Errorf("%q: exit code %d, %q", args, code, stderr)
		}
	}
	if code, stdout, _ := runs(t, nil, "version"); code != exitDone || !strings.HasPrefix(stdout, "perigee ") {
		t.Errorf("version: %d %q", code, stdout)
	}
}
