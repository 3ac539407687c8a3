package soak

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/cmd/perigee/app"
	"perigee/config"
)

// Settings of the soak, from the environment.
const (
	durationVariable = "PERIGEE_SOAK"      // how long it takes, both profiles together
	seedVariable     = "PERIGEE_SOAK_SEED" // of all that is random; without it, the time
)

const (
	numberClients   = 12
	faultRate       = 0.03
	upstreamTimeout = 2 * time.Second
)

// TestSoak has random clients ask, in either profile, a proxy in front of an upstream
// that fails now and then, while operators purge.
func TestSoak(t *testing.T) {
	if os.Getenv(durationVariable) == "" {
		t.Skip("it takes minutes: make soak")
	}
	duration, err := time.ParseDuration(os.Getenv(durationVariable))
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano() % 1_000_000)
	if value := os.Getenv(seedVariable); value != "" {
		if seed, err = strconv.ParseUint(value, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	for _, profile := range []string{config.ProfileLL2, config.ProfileHTTP} {
		t.Run(profile, func(t *testing.T) {
			s := newSoak(profile, seed, duration/2)
			before := measure()
			s.run(t)
			s.report.tell(t, s)
			s.history, s.report, s.workload, s.faults = nil, nil, nil, nil
			before.awaitReturn(t, "after the proxy has ended")
		})
	}
}

// workload is what is different from one profile to the other.
type workload interface {
	http.Handler // upstream
	// act has a client do one thing, and checks what it is answered.
	act(ctx context.Context, c *client)
}

// soak is one profile under way.
type soak struct {
	*history
	profile  string
	seed     uint64
	duration time.Duration
	report   *report
	faults   *faults
	settings []string
	workload workload
	setBase  func(traffic string)
	lie      func(http.RoundTripper) http.RoundTripper // between proxy and clients; nil: none
	enough   func() bool                               // ends the soak early

	admin string
}

func newSoak(profile string, seed uint64, duration time.Duration) *soak {
	s := &soak{
		history: newHistory(), profile: profile, seed: seed, duration: duration, report: newReport(),
		enough: func() bool { return false },
		faults: &faults{rate: faultRate, rng: rand.New(rand.NewPCG(seed, 0))},
	}
	if profile == config.ProfileLL2 {
		upstream := &ll2Upstream{history: s.history, faults: s.faults, collections: collections()}
		check := &ll2Check{ll2Upstream: upstream, report: s.report, bodies: newBodies()}
		s.workload = &ll2Clients{ll2Check: check, purge: s.purge}
		s.setBase = func(traffic string) { check.base = traffic }
		s.settings = ll2Settings()
		return s
	}
	s.faults.not = malformed
	s.workload = &httpCheck{httpUpstream: newHTTPUpstream(s.history, s.faults), report: s.report, purge: s.purge}
	s.setBase = func(string) {}
	s.settings = []string{
		"PERIGEE_PROFILE=http", "PERIGEE_UPSTREAM_TIMEOUT=" + upstreamTimeout.String(), "PERIGEE_STALE_IF_ERROR=" + httpSIE.String(),
		"PERIGEE_CACHE_SIZE=8MiB",
	}
	return s
}

func ll2Settings() []string {
	return []string{
		"PERIGEE_PROFILE=ll2", "PERIGEE_QUOTA=60000/1m", "PERIGEE_QUOTA_WAIT=2s", "PERIGEE_UPSTREAM_TIMEOUT=" + upstreamTimeout.String(),
		"PERIGEE_TTL=" + ll2TTL.String(), "PERIGEE_TTL_RULES=/2.3.0/config/*=" + ll2ConfigTTL.String(), "PERIGEE_TTL_FLOOR=1s",
		"PERIGEE_STALE_WHILE_REVALIDATE=" + ll2SWR.String(), "PERIGEE_STALE_IF_ERROR=" + ll2SIE.String(),
		"PERIGEE_RELOAD_INTERVAL=" + ll2Reload.String(), fmt.Sprintf("PERIGEE_WINDOW=%d", ll2Window),
		fmt.Sprintf("PERIGEE_WINDOW_DETAILED=%d", ll2Detailed), "PERIGEE_CACHE_SIZE=2MiB", "PERIGEE_TRUSTED_PROXIES=127.0.0.0/8",
	}
}

// run is the soak itself, from the start of the proxy to its end.
func (s *soak) run(t *testing.T) {
	upstream := httptest.NewServer(s.workload)
	defer upstream.Close()
	a := s.start(t, upstream.URL)
	ended := false
	defer func() {
		if !ended {
			_ = a.Close()
		}
	}()
	s.admin = a.AdminURL()
	s.setBase(a.TrafficURL())
	s.clients(t, a.TrafficURL(), time.Second) // so that what stays is there
	idle := measure()
	idle.heap = math.MaxInt64 // meanwhile the soak itself remembers what happens
	s.clients(t, a.TrafficURL(), s.duration)
	s.faults.stop()
	if s.lie == nil {
		idle.awaitReturn(t, "with the proxy idle")
	}
	s.askForPanics()
	ended = true
	if err := a.Close(); err != nil {
		s.report.violation("not closed", "%v", err)
	}
}

// start starts the proxy.
func (s *soak) start(t *testing.T, upstream string) *app.App {
	t.Helper()
	c, _, err := config.Load(append(s.settings, "PERIGEE_UPSTREAM_URL="+upstream, "PERIGEE_DATA_DIR="+t.TempDir(),
		"PERIGEE_LISTEN=127.0.0.1:0", "PERIGEE_ADMIN_LISTEN=127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(c, slog.New(slog.NewTextHandler(errorLog{s.report}, &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	return a
}

// errorLog makes violations of what the proxy logs as errors.
type errorLog struct{ *report }

func (e errorLog) Write(line []byte) (int, error) {
	e.violation("logged as an error", "%s", line)
	return len(line), nil
}

// clients have all clients act for a while, and wait for them.
func (s *soak) clients(t *testing.T, traffic string, d time.Duration) {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var all sync.WaitGroup
	for i := range numberClients {
		all.Go(func() {
			transport := &http.Transport{DisableCompression: true}
			defer transport.CloseIdleConnections()
			c := &client{
				history: s.history, name: fmt.Sprintf("10.0.0.%d", i), base: traffic,
				rng: rand.New(rand.NewPCG(s.seed, uint64(i)+1)), http: &http.Client{Transport: transport, CheckRedirect: noRedirect},
				tags: make(map[string]string), seen: make(map[string]sight),
			}
			if s.lie != nil {
				c.http.Transport = s.lie(transport)
			}
			for ctx.Err() == nil && !s.enough() {
				s.workload.act(ctx, c)
				pause(ctx, time.Duration(c.rng.IntN(8))*time.Millisecond)
			}
		})
	}
	all.Wait()
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// purge has the proxy purge a target.
func (s *soak) purge(ctx context.Context, target string) {
	begun := s.now()
	form := strings.NewReader(url.Values{"target": {target}}.Encode())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.admin+"/purge", form)
	if err != nil {
		panic(err) // the URL is ours
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(r)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		s.report.violation("not purged", "%s: %v", target, err)
		return
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		s.report.violation("not purged", "%s: %d %s", target, resp.StatusCode, body)
		return
	}
	s.purged(target, begun, s.now())
	s.report.count("purge")
}

// askForPanics reads in the metrics whether any were recovered from.
func (s *soak) askForPanics() {
	resp, err := http.Get(s.admin + "/metrics")
	if err != nil {
		s.report.violation("no metrics", "%v", err)
		return
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	metrics, _ := io.ReadAll(resp.Body)
	if !strings.Contains(string(metrics), "\nperigee_panics_recovered_total 0\n") {
		s.report.violation("panic", "the metrics do not have perigee_panics_recovered_total 0")
	}
}
