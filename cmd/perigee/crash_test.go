package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"perigee/proxy/ll2sim"
)

// asProgram in its environment makes the test binary the program itself, so that
// a test can kill it.
const asProgram = "PERIGEE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Unsetenv(asProgram) // it is no setting
		main()
	}
	os.Exit(m.Run())
}

// process is a perigee in a process of its own, which can be killed.
type process struct {
	perigee
	cmd *exec.Cmd
}

func launch(t *testing.T, environ ...string) *process {
	t.Helper()
	return launchWith(t, nil, environ...)
}

// launchWith is launch by way of a command, which is given the path of the program.
func launchWith(t *testing.T, command []string, environ ...string) *process {
	t.Helper()
	if command = append(command, os.Args[0]); len(command) == 1 {
		command = append(command, "serve")
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	p := &process{cmd: exec.CommandContext(ctx, command[0], command[1:]...), perigee: perigee{stderr: newOutput()}}
	p.cmd.Env = slices.Concat(environ, anyPorts(), []string{asProgram + "=1"})
	p.cmd.Stderr = p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.traffic = p.stderr.await(t, `traffic=(\S+)`)
	p.admin = p.stderr.await(t, `admin=(\S+)`)
	return p
}

// kill is kill -9.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait() // says that it was killed
}

// Whatever was answered before the process was killed is answered again after,
// and what it cost is remembered.
func TestWhatWasPaidForSurvivesAKill(t *testing.T) {
	t.Parallel()
	sim := ll2sim.New(ll2sim.Options{})
	upstream := httptest.NewServer(sim)
	defer upstream.Close()
	environ := []string{
		"PERIGEE_UPSTREAM_URL=" + upstream.URL, "PERIGEE_DATA_DIR=" + t.TempDir(), "PERIGEE_QUOTA=15/1h",
	}
	const rounds = 4
	asked := 0
	for round := range rounds {
		p := launch(t, environ...)
		for n := range asked { // all that was answered before
			resp, body := get(t, p.traffic+page(n))
			if status := resp.Header.Get("Cache-Status"); resp.StatusCode != 200 || !strings.Contains(status, ";hit;") {
				t.Errorf("round %d, page %d: %d %s %.100s", round, n, resp.StatusCode, status, body)
			}
			if !strings.Contains(body, p.traffic+page(n)) {
				t.Errorf("round %d, page %d: its links do not lead back: %.200s", round, n, body)
			}
		}
		for range 3 {
			if resp, body := get(t, p.traffic+page(asked)); resp.StatusCode != 200 {
				t.Errorf("round %d, page %d: %d %s", round, asked, resp.StatusCode, body)
			}
			asked++
		}
		p.kill(t)
	}
	if got := sim.Requests().Billed; got != asked {
		t.Errorf("upstream was asked %d times for %d pages", got, asked)
	}
	// The ledger knows what is spent: of 15 an hour one is kept in reserve.
	p := launch(t, environ...)
	defer p.kill(t)
	p.awaitReport(t)
	served := 0
	for n := range 5 {
		if status, _ := impatient(t, p.traffic+page(asked+n)); status == 200 {
			served++
		}
	}
	if want := 14 - asked; served != want || sim.Throttled() != 0 {
		t.Errorf("%d more were served, want %d; upstream refused %d", served, want, sim.Throttled())
	}
}

// Two upstreams have one data folder in turn: each answers for itself, and has a
// quota of its own for each key.
func TestUpstreamsDoNotAnswerForEachOther(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	ask := func(upstream, key string) (cacheStatus, report string) {
		t.Helper()
		p := launch(t, "PERIGEE_UPSTREAM_URL="+upstream, "PERIGEE_DATA_DIR="+data, "PERIGEE_QUOTA=15/1h", "PERIGEE_UPSTREAM_TOKEN="+key)
		defer p.kill(t)
		resp, body := get(t, p.traffic+page(0))
		if !strings.Contains(body, p.traffic+page(0)) {
			t.Errorf("the links do not lead back: %.200s", body)
		}
		_, report = get(t, p.traffic+"/2.3.0/api-throttle/")
		return resp.Header.Get("Cache-Status"), report
	}
	var upstreams []string
	for range 2 {
		server := httptest.NewServer(ll2sim.New(ll2sim.Options{Limit: -1}))
		defer server.Close()
		upstreams = append(upstreams, server.URL)
	}
	for i, tt := range []struct{ upstream, key, status, used string }{
		{upstreams[0], "", "fwd=uri-miss;", `"current_use":1,`},
		{upstreams[1], "", "fwd=uri-miss;", `"current_use":1,`},
		{upstreams[0], "", "hit;", `"current_use":1,`},
		{upstreams[0], "key", "hit;", `"current_use":0,`}, // pages are the same for every key
	} {
		status, report := ask(tt.upstream, tt.key)
		if !strings.Contains(status, ";"+tt.status) || !strings.Contains(report, tt.used) {
			t.Errorf("run %d: got %s and %s, want %s and %s", i, status, report, tt.status, tt.used)
		}
	}
}

// What a list has answered is not lost with the process that read the list.
func TestObjectsOutOfListsSurviveAKill(t *testing.T) {
	t.Parallel()
	sim := ll2sim.New(ll2sim.Options{})
	upstream := httptest.NewServer(sim)
	defer upstream.Close()
	environ := []string{
		"PERIGEE_UPSTREAM_URL=" + upstream.URL, "PERIGEE_DATA_DIR=" + t.TempDir(), "PERIGEE_PUBLIC_URL=http://perigee.test",
	}
	p := launch(t, environ...)
	get(t, p.traffic+"/2.3.0/spacecraft/?mode=detailed&limit=2")
	_, want := get(t, p.traffic+page(56))
	p.kill(t)
	p = launch(t, environ...)
	defer p.kill(t)
	resp, body := get(t, p.traffic+page(56))
	if status := resp.Header.Get("Cache-Status"); !strings.Contains(status, ";detail=from-list;") || body != want {
		t.Errorf("got %s and %.100s, want %.100s out of the list", status, body, want)
	}
	if got := sim.Requests().Billed; got != 1 {
		t.Errorf("upstream was asked %d times", got)
	}
}

func page(n int) string { return "/2.3.0/spacecraft/" + strconv.Itoa(n+1) + "/" }

// impatient asks without waiting for a turn.
func impatient(t *testing.T, url string) (status int, body string) {
	t.Helper()
	resp, body := send(t, http.MethodGet, url, "", "Prefer", "wait=3")
	return resp.StatusCode, body
}
