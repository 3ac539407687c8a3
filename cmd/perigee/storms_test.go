package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"perigee/cache/valkey/valkeytest"
	"perigee/proxy/ll2sim"
)

// lease is how long a replica leads that is not heard from.
const lease = 5 * time.Second

// The replica that leads is killed while it fetches: whoever waits at the others
// waits for its lease and not much longer, and gets the page.
func TestAKilledLeaderDelaysNobodyForLong(t *testing.T) {
	reached, hang := make(chan struct{}, 10), make(chan struct{})
	var asked atomic.Int32
	sim := ll2sim.New(ll2sim.Options{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "agencies") && asked.Add(1) == 1 {
			reached <- struct{}{}
			<-hang
		}
		sim.ServeHTTP(w, r)
	}))
	defer upstream.Close()
	defer close(hang)
	f := launchFleet(t, valkeytest.Start(t), sim, 3, "PERIGEE_UPSTREAM_URL="+upstream.URL)
	leads := f.leader(t)
	answers := make(chan reply, 2)
	for i, r := range f.replicas {
		if i == leads {
			continue
		}
		go func() { answers <- r.ask("/2.3.0/agencies/", clientNo(1+i), "") }()
		r.await(t, "\nperigee_delegated_fetches_in_flight 1\n")
	}
	<-reached
	f.replicas[leads].kill(t)
	killed := time.Now()
	for range 2 {
		if a := <-answers; a.status != 200 || a.err != nil {
			t.Errorf("got %+v, want an answer", a)
		}
	}
	took := time.Since(killed)
	t.Logf("they waited %v", took)
	if took > lease+3*time.Second { // two of which are a busy machine's
		t.Errorf("they waited %v", took)
	}
	if got := asked.Load(); got != 2 {
		t.Errorf("upstream was asked %d times, want once more", got)
	}
}

// The replica that leads is shut down, as in a rolling restart: the next one leads
// at once.
func TestTheLeadIsHandedOver(t *testing.T) {
	sim := ll2sim.New(ll2sim.Options{})
	f := launchFleet(t, valkeytest.Start(t), sim, 3)
	leads := f.leader(t)
	old := f.replicas[leads]
	f.replicas = slices.Delete(f.replicas, leads, leads+1)
	if err := old.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	old.stderr.await(t, `msg="(the lead is handed over)`)
	left := time.Now()
	_ = old.cmd.Wait()
	a := f.replicas[0].ask(page(0), clientNo(0), "")
	t.Logf("a miss took %v, %v after the lead was given back", a.took, time.Since(left))
	if a.status != 200 || a.took > time.Second {
		t.Errorf("got %+v, want an answer at once", a)
	}
	f.await(t, "\nperigee_quota_used 1\n")
}

// storm is what goes wrong for a while.
type storm struct {
	name   string
	always bool // not only if it is asked for
	lost   bool // to a replica that does not lead
	begin  func(*trouble)
	end    func(*trouble)
}

// trouble is a fleet with one replica that leads and another that does not.
type trouble struct {
	*fleet
	t              *testing.T
	server         *valkeytest.Server
	leads, follows int
}

// oldCopy is the storm for which Valkey has to save one.
const oldCopy = "Valkey is restored from an old copy"

func storms() []storm {
	nothing := func(*trouble) {}
	return []storm{
		{"Valkey is stopped", true, true, func(x *trouble) { x.server.Kill() }, func(x *trouble) { x.server.Restart() }},
		{"Valkey is paused", false, true, func(x *trouble) { x.server.Pause() }, func(x *trouble) { x.server.Resume() }},
		{"Valkey is restarted empty", true, false, func(x *trouble) { x.server.Restart() }, nothing},
		{oldCopy, false, false, func(x *trouble) { x.server.Restart() }, nothing},
		{"Valkey is slow", false, true, func(x *trouble) { x.delay(2 * time.Second) }, func(x *trouble) { x.delay(0) }},
		{"the leader is cut off", true, false, func(x *trouble) { x.cuts[x.leads].Cut() }, func(x *trouble) { x.cuts[x.leads].Heal() }},
		{"a follower is cut off", false, true, func(x *trouble) { x.cuts[x.follows].Cut() }, func(x *trouble) { x.cuts[x.follows].Heal() }},
		{"all are cut off", false, true, func(x *trouble) { x.eachCut((*valkeytest.Partition).Cut) }, func(x *trouble) { x.eachCut((*valkeytest.Partition).Heal) }},
		{"the leader is killed and replaced", true, false, func(x *trouble) { x.replace(x.leads) }, nothing},
		{"the leader is paused", false, false, func(x *trouble) { x.signal(x.leads, syscall.SIGSTOP) }, func(x *trouble) { x.signal(x.leads, syscall.SIGCONT) }},
	}
}

func (x *trouble) delay(d time.Duration) {
	x.eachCut(func(c *valkeytest.Partition) { c.Delay(d) })
}

func (x *trouble) eachCut(do func(*valkeytest.Partition)) {
	for _, c := range x.cuts {
		do(c)
	}
}

func (x *trouble) replace(n int) {
	x.replicas[n].kill(x.t)
	x.launch(x.t, n, stormy...)
}

func (x *trouble) signal(n int, s syscall.Signal) {
	if err := x.replicas[n].cmd.Process.Signal(s); err != nil {
		x.t.Fatal(err)
	}
}

const (
	stormPeriod = 12 * time.Second
	stormLength = 9 * time.Second // longer than it takes a replica to go alone
)

// stormy are the settings of replicas in a storm: upstream tells its limit, and a
// fetch that is given up counts for no more than seven seconds longer.
var stormy = []string{"PERIGEE_QUOTA=auto", "PERIGEE_UPSTREAM_TIMEOUT=1s"}

// Whatever happens to Valkey, to the network and to replicas, under load: what is
// cached is served, upstream never has to refuse, a replica leads again soon, and
// within a period the quota is used in full.
func TestStorms(t *testing.T) {
	all := os.Getenv("PERIGEE_STORMS") == "all" // which takes minutes
	for _, s := range storms() {
		if !all && !s.always {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			server := valkeytest.Start(t)
			f := launchFleet(t, server, ll2sim.New(ll2sim.Options{Period: stormPeriod}), 3, stormy...)
			cached := f.cachePages(t)
			if s.name == oldCopy {
				server.Do("SAVE")
			}
			x := &trouble{fleet: f, t: t, server: server, leads: f.leader(t)}
			x.follows = (x.leads + 1) % 3
			calm := f.load(cached, false)
			<-time.After(time.Second)
			before := calm()
			stop := f.load(cached, true)
			<-time.After(2 * time.Second) // so that something is spent after the copy
			s.begin(x)
			<-time.After(stormLength)
			during := stop()
			if _, body := get(t, f.replicas[x.follows].admin+"/readyz"); s.lost != strings.Contains(body, "ready\nbut Valkey is lost: this replica sends") {
				t.Errorf("health says %q", body)
			}
			s.end(x)
			ended := time.Now()
			f.await(t, "\nperigee_valkey_up 1\n")
			leads := f.leader(t)
			recovered := time.Since(ended)
			stop = f.load(cached, true)
			<-time.After(stormPeriod + 8*time.Second)
			spent := f.sim.Requests().Billed
			<-time.After(stormPeriod + time.Second)
			used := f.sim.Requests().Billed - spent
			after := stop()
			f.wantNoRefusal(t)
			for i, a := range slices.Concat(before.cached, during.cached, after.cached) {
				if a.err == nil && a.status != 200 {
					t.Fatalf("got %+v for a page that is cached, the %d.", a, i)
				}
			}
			for _, all := range []loaded{during, after} {
				for status, n := range all.others {
					if status != 0 && status != 404 && status != 429 { // of those pages there are none
						t.Errorf("got %d answers of status %d for pages that are not cached", n, status)
					}
				}
			}
			if used < 11 {
				t.Errorf("%d requests in a period after it, of 15", used)
			}
			t.Logf("%s: leader %d before, %d after, %v after the end; a hit took %v before, %v meanwhile, %v after (%d, %d, %d hits); misses meanwhile %v, after %v; %d requests in one period after",
				s.name, x.leads, leads, recovered.Round(time.Millisecond), median(before.cached), median(during.cached), median(after.cached),
				len(before.cached), len(during.cached), len(after.cached), during.others, after.others, used)
		})
	}
}

// cachePages has every replica cache some pages, and returns them.
func (f *fleet) cachePages(t *testing.T) []string {
	t.Helper()
	var pages []string
	for i := range 4 {
		pages = append(pages, page(i))
		for _, r := range f.replicas {
			if a := r.ask(page(i), clientNo(i), "8"); a.status != 200 {
				t.Fatalf("got %+v, want page %d", a, i)
			}
		}
	}
	return pages
}

// loaded is what came of a load.
type loaded struct {
	cached []reply     // answers to requests for pages that are cached
	others map[int]int // the others, by status; 0: the process did not answer
}

// load asks every replica for pages that it has cached until it is stopped, and, if
// greedy, for others as well, so that the quota is always wanted.
func (f *fleet) load(cached []string, greedy bool) (stop func() loaded) {
	ctx, cancel := context.WithCancel(context.Background())
	var loading sync.WaitGroup
	var mu sync.Mutex
	l := loaded{others: make(map[int]int)}
	for i, r := range f.replicas {
		loading.Go(func() {
			ticker := time.NewTicker(10 * time.Millisecond)
			defer ticker.Stop()
			for n := 0; ctx.Err() == nil; n++ {
				<-ticker.C
				a := r.askWithin(ctx, cached[n%len(cached)], clientNo(i), "")
				mu.Lock()
				if ctx.Err() == nil {
					l.cached = append(l.cached, a)
				}
				mu.Unlock()
			}
		})
		for range 3 {
			loading.Go(func() {
				for greedy && ctx.Err() == nil {
					n := int(uncached.Add(1))
					a := r.askWithin(ctx, page(n), clientNo(10+n%20), "2")
					mu.Lock()
					if ctx.Err() == nil {
						l.others[a.status]++
					}
					mu.Unlock()
					if a.status != 200 { // as clients do that are told to retry
						select {
						case <-time.After(300 * time.Millisecond):
						case <-ctx.Done():
						}
					}
				}
			})
		}
	}
	return func() loaded {
		cancel()
		loading.Wait()
		return l
	}
}

// uncached numbers pages that nobody has asked for.
var uncached atomic.Int64

func init() { uncached.Store(1000) }

func median(answers []reply) time.Duration {
	slices.SortFunc(answers, func(a, b reply) int { return int(a.took - b.took) })
	return answers[len(answers)/2].took
}

// Replicas without a folder crash, one after the other, under a new name each time:
// nothing of the quota is kept for them.
func TestCrashesHoldNothing(t *testing.T) {
	sim := ll2sim.New(ll2sim.Options{})
	f := launchFleet(t, valkeytest.Start(t), sim, 3, "PERIGEE_QUOTA=auto", "PERIGEE_DATA_DIR=off")
	for range 5 {
		n := (f.leader(t) + 1) % 3
		f.replicas[n].kill(t)
		f.launch(t, n, "PERIGEE_QUOTA=auto", "PERIGEE_DATA_DIR=off")
		f.replicas[n].await(t, "\nperigee_replica_leader_known 1\n")
	}
	f.await(t, "\nperigee_replicas 3\n")
	f.await(t, "\nperigee_replicas_missing 5\n")
	begun := time.Now()
	statuses, _ := f.all(15, page, clientNo, "2")
	t.Logf("of 15 new clients %v, within %v", statuses, time.Since(begun))
	if statuses[200] < 12 {
		t.Errorf("got statuses %v, want at least 12 of 200", statuses)
	}
	f.wantNoRefusal(t)
}

// Replicas come, leave and crash, with nothing of their own, under load.
func TestReplicasComeAndGo(t *testing.T) {
	f := launchFleet(t, valkeytest.Start(t), ll2sim.New(ll2sim.Options{Period: stormPeriod}), 3, stormy...)
	cached := f.cachePages(t)
	stayed := &fleet{sim: f.sim, replicas: []*process{f.replicas[0]}}
	stop := stayed.load(cached, true)
	for round := range 6 {
		n := 1 + round%2
		if round%3 == 0 {
			f.replicas[n].kill(t)
		} else if err := f.replicas[n].cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		} else {
			_ = f.replicas[n].cmd.Wait()
		}
		f.launch(t, n, stormy...)
		f.replicas[n].await(t, "\nperigee_replica_leader_known 1\n")
		others := &fleet{sim: f.sim, replicas: f.replicas[1:]}
		calm := others.load(cached, true)
		<-time.After(3 * time.Second)
		for _, a := range calm().cached {
			if a.status != 200 {
				t.Fatalf("got %+v for a page that is cached", a)
			}
		}
	}
	l := stop()
	for _, a := range l.cached {
		if a.status != 200 {
			t.Fatalf("got %+v for a page that is cached", a)
		}
	}
	t.Logf("%d hits; misses %v", len(l.cached), l.others)
	if l.others[404] == 0 {
		t.Errorf("nothing was fetched: %v", l.others)
	}
	f.wantNoRefusal(t)
}

// What a replica fetches for another takes a few milliseconds more than what it
// fetches for itself.
func TestDelegatedFetchesAreFast(t *testing.T) {
	sim := ll2sim.New(ll2sim.Options{Limit: 60000, Latency: func() time.Duration { return 20 * time.Millisecond }})
	f := launchFleet(t, valkeytest.Start(t), sim, 3, "PERIGEE_QUOTA=auto")
	leads := f.leader(t)
	var own, delegated []reply
	for i := range 60 {
		for n, r := range f.replicas {
			a := r.ask(page(10*i+n), clientNo(n), "")
			if a.status != 200 && a.status != 404 {
				t.Fatalf("got %+v", a)
			}
			if n == leads {
				own = append(own, a)
			} else {
				delegated = append(delegated, a)
			}
		}
	}
	t.Logf("median of a miss: %v at the leader, %v at a follower", median(own), median(delegated))
	if more := median(delegated) - median(own); more > 100*time.Millisecond {
		t.Errorf("a follower takes %v longer", more)
	}
}

// Valkey has no memory left: pages are sent to the replica that wants them, and what
// is spent is still written.
func TestReplicasWhenValkeyIsFull(t *testing.T) {
	t.Parallel()
	server := valkeytest.Start(t)
	f := launchFleet(t, server, ll2sim.New(ll2sim.Options{}), 2)
	server.Do("CONFIG SET maxmemory 1")
	for i, r := range f.replicas {
		if a := r.ask(page(i), clientNo(i), ""); a.status != 200 {
			t.Errorf("replica %d: got %+v, want the page", i, a)
		}
		if a := r.ask(page(i), clientNo(i), ""); !strings.Contains(a.cacheStatus, ";hit;") {
			t.Errorf("replica %d: got %+v, want it cached", i, a)
		}
	}
	f.await(t, "\nperigee_quota_used 2\n")
	if got := f.sim.Requests().Billed; got != 2 {
		t.Errorf("upstream was asked %d times", got)
	}
}

// Without a quota one replica fetches for all as well, and without Valkey each for
// itself.
func TestReplicasWithoutAQuota(t *testing.T) {
	t.Parallel()
	server := valkeytest.Start(t)
	sim := ll2sim.New(ll2sim.Options{Limit: -1, Latency: func() time.Duration { return 100 * time.Millisecond }})
	upstream := httptest.NewServer(sim)
	defer upstream.Close()
	f := &fleet{sim: sim, upstream: upstream.URL}
	for n := range 2 {
		f.cuts, f.replicas = append(f.cuts, valkeytest.NewPartition(t, server.Addr())), append(f.replicas, nil)
		f.launch(t, n, "PERIGEE_QUOTA=off")
	}
	f.await(t, "\nperigee_replicas 2\n")
	f.await(t, "\nperigee_replica_leader_known 1\n")
	if statuses, _ := f.all(20, func(int) string { return page(0) }, clientNo, ""); statuses[200] != 20 {
		t.Errorf("got %v", statuses)
	}
	if got := sim.Requests().Billed; got != 1 {
		t.Errorf("upstream was asked %d times, want once", got)
	}
	server.Kill()
	f.await(t, "\nperigee_replica_standalone 1\n")
	for i, r := range f.replicas {
		if a := r.ask(page(1+i), clientNo(i), "5"); a.status != 200 {
			t.Errorf("replica %d: got %+v without Valkey", i, a)
		}
	}
}
