package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"perigee/proxy/ll2sim"
)

// During a rolling restart two processes have one data folder. The new one answers
// from what is cached at once, and what has to be fetched waits until the old one has
// ended, whether by SIGTERM or by SIGKILL. Together they spend no more than the
// quota.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	sim := ll2sim.New(ll2sim.Options{})
	upstream := httptest.NewServer(sim)
	defer upstream.Close()
	environ := []string{"PERIGEE_UPSTREAM_URL=" + upstream.URL, "PERIGEE_DATA_DIR=" + t.TempDir(), "PERIGEE_QUOTA=15/1h", "PERIGEE_TRUSTED_PROXIES=127.0.0.0/8"}
	old := launch(t, environ...)
	asked := 0
	for _, end := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		get(t, old.traffic+page(asked))
		next := launch(t, environ...)
		next.stderr.await(t, `level=WARN msg="(another process has the data folder)`)
		if _, body := get(t, next.admin+"/readyz"); !strings.HasPrefix(body, "ready\nbut another process has the data folder") {
			t.Errorf("/readyz says %q", body)
		}
		if !next.holds(t, page(asked)) {
			t.Error("the new process does not answer from what is cached")
		}
		if a := next.ask(page(asked+1), clientNo(1), "0"); a.status != http.StatusTooManyRequests {
			t.Errorf("got %+v from a process that must not spend", a)
		}
		get(t, old.traffic+page(asked+1)) // which the old one may
		waits := make(chan reply)
		go func() { waits <- next.ask(page(asked+2), clientNo(1), "20") }()
		next.await(t, "\nperigee_quota_waiting 1\n")
		if err := old.cmd.Process.Signal(end); err != nil {
			t.Fatal(err)
		}
		if a := <-waits; a.status != http.StatusOK || a.err != nil {
			t.Errorf("got %+v after the old process has ended", a)
		}
		_ = old.cmd.Wait() // says how it ended
		if _, body := get(t, next.admin+"/readyz"); body != "ready\n" {
			t.Errorf("/readyz says %q afterwards", body)
		}
		asked += 3
		if got := sim.Requests().Billed; got != asked {
			t.Errorf("%v: upstream was asked %d times, want %d", end, got, asked)
		}
		old = next
	}
	// What waited was fetched while upstream's first report was under way, and may
	// count twice until the next. One more process, which fetches nothing before that
	// report, counts exactly.
	old.kill(t)
	last := launch(t, environ...)
	defer last.kill(t)
	last.awaitReport(t)
	for n := range 14 {
		last.ask(page(asked+n), clientNo(n), "0")
	}
	if got := sim.Requests().Billed; got != 15 || sim.Throttled() != 0 {
		t.Errorf("upstream was asked %d times and refused %d, want 15 and none", got, sim.Throttled())
	}
}

// A process that never gets its turn ends as any other.
func TestWaitingForAnotherProcessEnds(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(ll2sim.New(ll2sim.Options{}))
	defer upstream.Close()
	environ := []string{"PERIGEE_UPSTREAM_URL=" + upstream.URL, "PERIGEE_DATA_DIR=" + t.TempDir()}
	first := launch(t, environ...)
	defer first.kill(t)
	second := launch(t, environ...)
	second.stderr.await(t, `msg="(another process has the data folder)`)
	context.AfterFunc(patience(t), func() { _ = second.cmd.Process.Kill() })
	if err := second.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := second.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	// Who spends nothing does not wait: offline, or without a quota.
	for _, setting := range []string{"PERIGEE_OFFLINE=true", "PERIGEE_QUOTA=off"} {
		other := launch(t, append(environ, setting)...)
		if _, body := get(t, other.admin+"/readyz"); body != "ready\n" {
			t.Errorf("%s: /readyz says %q", setting, body)
		}
		other.kill(t)
	}
}
