package proxy_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"perigee/proxy"
	"perigee/proxy/ll2sim"
)

// gate holds back upstream's answers until it is opened, and tells when the
// first request has arrived.
type gate struct {
	arrived chan struct{}
	open    chan struct{}
}

func newGate() *gate {
	return &gate{arrived: make(chan struct{}, 1024), open: make(chan struct{})}
}

func (g *gate) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "api-throttle") {
			g.arrived <- struct{}{}
			<-g.open
		}
		next.ServeHTTP(w, r)
	})
}

func TestOnePageInSixSpellingsCostsOneRequest(t *testing.T) {
	g := newGate()
	r := newRig(t, rigOptions{wrap: g.wrap})
	spellings := []string{
		"/2.3.0/spacecraft/?limit=5&mode=normal",
		"/2.3.0/spacecraft/?mode=normal&limit=5",
		"/2.3.0/spacecraft?limit=5",
		"/2.3.0/spacecraft/?limit=%35&offset=0",
		"/2.3.0/spacecraft/?&&limit=05&unheard_of=1",
		"/2.3.0/spacecraft/?limit=7&limit=5&format=json",
	}
	const clients = 300
	answers := make([]answered, clients)
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() { answers[i] = r.get(spellings[i%len(spellings)]) })
	}
	for range clients - 1 {
		<-r.seen.joined
	}
	close(g.open)
	wg.Wait()

	if got := r.billed(); got != 1 {
		t.Errorf("upstream was asked %d times, want once", got)
	}
	for i, a := range answers {
		want := swapBase(r, r.direct(spellings[i%len(spellings)]).body)
		if strings.Contains(spellings[i%len(spellings)], "spacecraft?") {
			want = swapBase(r, r.direct("/2.3.0/spacecraft/?limit=5").body)
		}
		if a.status != http.StatusOK || a.body != want {
			t.Fatalf("client %d: status %d, body\n%.300s\nwant\n%.300s", i, a.status, a.body, want)
		}
	}
	if got := r.seen.count(r.seen.outcomes, "collapsed"); got != clients-1 {
		t.Errorf("%d answers were collapsed, want %d", got, clients-1)
	}
}

func TestHalfOfTheClientsLeaveAndTheOthersAreServed(t *testing.T) {
	g := newGate()
	r := newRig(t, rigOptions{wrap: g.wrap})
	const clients = 1000
	leaving, leave := context.WithCancel(t.Context())
	statuses := make([]int, clients)
	var left, stayed sync.WaitGroup
	ask := func(ctx context.Context, i int) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.proxy.URL+"/2.3.0/spacecraft/", nil)
		if err != nil {
			t.Error(err)
			return
		}
		resp, err := plainTransport.RoundTrip(req)
		if err != nil {
			return
		}
		resp.Body.Close()
		statuses[i] = resp.StatusCode
	}
	left.Go(func() { ask(leaving, 0) }) // the one that causes the fetch leaves, too
	<-g.arrived
	for i := 1; i < clients; i++ {
		if i%2 == 0 {
			left.Go(func() { ask(leaving, i) })
		} else {
			stayed.Go(func() { ask(t.Context(), i) })
		}
	}
	for range clients - 1 {
		<-r.seen.joined
	}
	leave()
	left.Wait()
	close(g.open)
	stayed.Wait()

	if got := r.billed(); got != 1 {
		t.Errorf("upstream was asked %d times, want once", got)
	}
	for i := 1; i < clients; i += 2 {
		if statuses[i] != http.StatusOK {
			t.Errorf("client %d, which stayed, got status %d", i, statuses[i])
		}
	}
	if after := r.get("/2.3.0/spacecraft/"); !strings.HasPrefix(after.outcome(), "hit;") {
		t.Errorf("afterwards: %q, want a hit", after.outcome())
	}
}

// swapBase writes the proxy's base where upstream's stands.
func swapBase(r *rig, body string) string { return strings.ReplaceAll(body, r.up.URL, r.proxy.URL) }

// A miss looks into the store twice for each page that it may use: before the fetch,
// and within it, since another may have stored the page in between. Stores may be
// slow: each look-up may read a disk, or ask another machine.
func TestAMissLooksUpTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, target := range []string{
			"/2.3.0/spacecraft/1/",
			"/2.3.0/spacecraft/?limit=5",
			"/2.3.0/spacecraft/?limit=20&offset=90", // over two windows
			"/2.3.0/launches/upcoming/?mode=detailed&limit=3",
		} {
			store := &counting{Tier: newStore(t), gets: map[string]int{}}
			r := newClockRig(t, ll2sim.New(ll2sim.Options{Limit: -1}), withWindows, func(o *proxy.Options) { o.Store = store })
			if got := r.get(target); got.status != 200 {
				t.Fatalf("%s: %d %s", target, got.status, got.body)
			}
			for key, n := range store.gets {
				if n > 2 {
					t.Errorf("%s: %s is looked up %d times", target, key, n)
				}
			}
		}
	})
}
