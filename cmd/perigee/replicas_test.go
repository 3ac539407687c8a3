package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/cache/valkey/valkeytest"
	"perigee/proxy/ll2sim"
)

// fleet is some replicas before one upstream.
type fleet struct {
	sim      *ll2sim.Server
	upstream string
	replicas []*process
	cuts     []*valkeytest.Partition // between each of them and Valkey
}

// launchFleet starts replicas that share a quota of 15 an hour, and waits until
// each knows of all, and of upstream's report.
func launchFleet(t *testing.T, server *valkeytest.Server, sim *ll2sim.Server, n int, environ ...string) *fleet {
	t.Helper()
	upstream := httptest.NewServer(sim)
	t.Cleanup(upstream.Close)
	f := &fleet{sim: sim, upstream: upstream.URL}
	for range n {
		f.cuts = append(f.cuts, valkeytest.NewPartition(t, server.Addr()))
		f.replicas = append(f.replicas, nil)
		f.launch(t, len(f.replicas)-1, environ...)
	}
	f.await(t, fmt.Sprintf("\nperigee_replicas %d\n", n))
	f.await(t, "\nperigee_replica_leader_known 1\n")
	f.await(t, "\nperigee_quota_report_age_seconds ")
	return f
}

// launch starts the replica of a number, with nothing of its own.
func (f *fleet) launch(t *testing.T, n int, environ ...string) {
	t.Helper()
	f.replicas[n] = launch(t, append([]string{
		"PERIGEE_UPSTREAM_URL=" + f.upstream, "PERIGEE_VALKEY_URL=" + f.cuts[n].URL(), "PERIGEE_QUOTA=15/1h",
		"PERIGEE_DATA_DIR=" + t.TempDir(), "PERIGEE_TRUSTED_PROXIES=127.0.0.0/8",
	}, environ...)...)
}

// await waits until the metrics of every replica have a line.
func (f *fleet) await(t *testing.T, line string) {
	t.Helper()
	for _, r := range f.replicas {
		r.await(t, line)
	}
}

// awaitReport waits until the process has upstream's first report. What is fetched
// while that is under way may count twice until the next, so that a test which
// counts to the last request begins after it. That another's is known is not enough.
func (p *perigee) awaitReport(t *testing.T) {
	t.Helper()
	asked := regexp.MustCompile(`\nperigee_upstream_requests_total\{endpoint="api-throttle",status="200"\} [1-9]`)
	await(t, "a throttle report", func() bool {
		_, body := get(t, p.admin+"/metrics")
		return asked.MatchString(body) && strings.Contains(body, "\nperigee_quota_report_age_seconds ")
	})
}

// reply is what a replica said.
type reply struct {
	status      int
	cacheStatus string
	took        time.Duration
	err         error
}

// ask asks on behalf of a client, which waits as long as it is told to.
func (p *perigee) ask(path, client, wait string) reply {
	return p.askWithin(context.Background(), path, client, wait)
}

// askWithin is ask until ctx ends.
func (p *perigee) askWithin(ctx context.Context, path, client, wait string) reply {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.traffic+path, nil)
	if err != nil {
		return reply{err: err}
	}
	req.Header.Set("X-Forwarded-For", client)
	if wait != "" {
		req.Header.Set("Prefer", "wait="+wait)
	}
	begin := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return reply{resp.StatusCode, resp.Header.Get("Cache-Status"), time.Since(begin), err}
}

// all asks n times at once, one replica after the other, and counts the answers by
// status.
func (f *fleet) all(n int, path func(i int) string, client func(i int) string, wait string) (statuses map[int]int, answers []reply) {
	statuses, answers = make(map[int]int), make([]reply, n)
	var asking sync.WaitGroup
	for i := range n {
		asking.Go(func() { answers[i] = f.replicas[i%len(f.replicas)].ask(path(i), client(i), wait) })
	}
	asking.Wait()
	for _, a := range answers {
		statuses[a.status]++
	}
	return statuses, answers
}

func clientNo(i int) string { return fmt.Sprintf("192.0.2.%d", i+1) }

// leader is the number of the replica that leads.
func (f *fleet) leader(t *testing.T) (n int) {
	t.Helper()
	await(t, "a replica to lead", func() bool {
		n = slices.IndexFunc(f.replicas, func(r *process) bool { return r.metric("perigee_replica_leading") == 1 })
		return n >= 0
	})
	return n
}

// metric is the value of a metric without labels; -1 if it cannot be had.
func (p *process) metric(name string) float64 {
	resp, err := http.Get(p.admin + "/metrics")
	if err != nil {
		return -1
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	_, rest, found := strings.Cut(string(body), "\n"+name+" ")
	line, _, _ := strings.Cut(rest, "\n")
	value, err := strconv.ParseFloat(line, 64)
	if !found || err != nil {
		return -1
	}
	return value
}

// wantNoRefusal: whatever happens, upstream never has to refuse a request.
func (f *fleet) wantNoRefusal(t *testing.T) {
	t.Helper()
	if got := f.sim.Throttled(); got != 0 {
		t.Errorf("upstream had to refuse %d requests", got)
	}
}

// Three replicas are asked for one page by 150 clients at once, in two spellings:
// one request, which the metrics of each of them tell.
func TestReplicasShareOneFetch(t *testing.T) {
	t.Parallel()
	sim := ll2sim.New(ll2sim.Options{Latency: func() time.Duration { return 300 * time.Millisecond }})
	f := launchFleet(t, valkeytest.Start(t), sim, 3)
	page := func(i int) string {
		return []string{"/2.3.0/agencies/?limit=7&mode=normal", "/2.3.0/agencies?offset=0&limit=07"}[i%2]
	}
	statuses, answers := f.all(150, page, func(i int) string { return clientNo(i % 50) }, "")
	if statuses[200] != 150 {
		t.Errorf("got statuses %v, want 150 of 200: %+v", statuses, answers[0])
	}
	if got := sim.Requests().Billed; got != 1 {
		t.Errorf("upstream was asked %d times", got)
	}
	for i, r := range f.replicas {
		if a := r.ask(page(0), clientNo(i), ""); !strings.Contains(a.cacheStatus, ";hit;") {
			t.Errorf("replica %d: got %q afterwards, want a hit", i, a.cacheStatus)
		}
	}
	f.await(t, "\nperigee_quota_used 1\n")
	f.await(t, "\nperigee_quota_remaining 14\n")
	f.await(t, "\nperigee_quota_next_slot_seconds 0\n")
}

// A list that one replica has fetched answers for its objects at every other, though
// nobody has asked for the list there.
func TestReplicasShareTheObjectsOfLists(t *testing.T) {
	t.Parallel()
	sim := ll2sim.New(ll2sim.Options{})
	f := launchFleet(t, valkeytest.Start(t), sim, 2)
	f.replicas[0].ask("/2.3.0/spacecraft/?mode=detailed&limit=2", clientNo(0), "")
	await(t, "the other replica to hear of it", func() bool { return f.replicas[1].holds(t, page(56)) })
	if a := f.replicas[1].ask(page(0), clientNo(1), ""); !strings.Contains(a.cacheStatus, ";detail=from-list;") {
		t.Errorf("got %+v, want it out of the list", a)
	}
	// One that comes later, with nothing of its own, knows of it, too.
	late := launch(t, "PERIGEE_UPSTREAM_URL="+f.upstream, "PERIGEE_VALKEY_URL="+f.cuts[0].URL(), "PERIGEE_DATA_DIR="+t.TempDir())
	await(t, "a new replica to hear of it", func() bool { return late.holds(t, page(58)) })
	if got := sim.Requests().Billed; got != 1 {
		t.Errorf("upstream was asked %d times", got)
	}
}

// Sixty clients want sixty pages from three replicas, of which 15 may be fetched in
// an hour. Each of them is new, so that nothing is kept in reserve for others.
func TestReplicasShareTheQuota(t *testing.T) {
	t.Parallel()
	sim := ll2sim.New(ll2sim.Options{Latency: func() time.Duration { return 20 * time.Millisecond }})
	f := launchFleet(t, valkeytest.Start(t), sim, 3)
	statuses, answers := f.all(60, page, clientNo, "6")
	if statuses[200] != 15 || statuses[429] != 45 {
		t.Errorf("got statuses %v, want 15 of 200 and 45 of 429: %+v", statuses, answers[0])
	}
	if got := sim.Requests().Billed; got != 15 {
		t.Errorf("upstream was asked %d times, want 15", got)
	}
	f.wantNoRefusal(t)
	for i, r := range f.replicas {
		if _, body := get(t, r.traffic+"/2.3.0/api-throttle/"); !strings.Contains(body, `"current_use":15`) {
			t.Errorf("replica %d says %s, want all used", i, body)
		}
	}
}

// One client asks a single replica for all it can get, others ask other replicas:
// its share is what it would be on one machine.
func TestNobodyIsStarvedOverReplicas(t *testing.T) {
	t.Parallel()
	sim := ll2sim.New(ll2sim.Options{})
	f := launchFleet(t, valkeytest.Start(t), sim, 3)
	// The others come first, with one page each, so that they are known.
	for i := range 2 {
		if a := f.replicas[1+i].ask(page(100+i), clientNo(i), "5"); a.status != 200 {
			t.Fatalf("got %+v", a)
		}
	}
	greedy := 0
	for i := range 30 {
		if a := f.replicas[0].ask(page(i), "198.51.100.1", "0"); a.status == 200 {
			greedy++
		}
	}
	served := 0
	for i := range 8 {
		if a := f.replicas[1+i%2].ask(page(200+i), clientNo(i%2), "0"); a.status == 200 {
			served++
		}
	}
	if greedy > 8 || served < 4 {
		t.Errorf("the greedy client got %d of 15, the two others %d more", greedy, served)
	}
	f.wantNoRefusal(t)
}
