package proxy_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy"
	"perigee/proxy/ll2sim"
	"perigee/testdata"
)

// replayHours is how much time is simulated; more with PERIGEE_REPLAY_HOURS in the
// environment, as make replay has it.
const replayHours = 3

// tally is what became of the requests of a replay.
type tally struct {
	mu                             sync.Mutex // guards all below
	requests, fresh, stale, failed int
	age                            time.Duration // of all answers together
	upstream                       int
}

func (y *tally) add(a answered) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.requests++
	switch {
	case a.status >= 429:
		y.failed++
		return
	case strings.Contains(a.header.Get("Cache-Status"), "ttl=-"):
		y.stale++
	default:
		y.fresh++
	}
	seconds, _ := strconv.Atoi(a.header.Get("Age"))
	y.age += time.Duration(seconds) * time.Second
}

func (y *tally) String() string {
	share := func(n int) float64 { return 100 * float64(n) / float64(y.requests) }
	answers := y.fresh + y.stale
	return fmt.Sprintf("%8d requests %5d upstream %7.1f answers each  fresh %5.1f %%  stale %5.1f %%  refused %5.1f %%  mean age %s",
		y.requests, y.upstream, float64(answers)/float64(max(y.upstream, 1)), share(y.fresh), share(y.stale), share(y.failed),
		(y.age / time.Duration(max(answers, 1))).Round(time.Second))
}

// TestReplay plays the requests of known clients, each at its own pace, against a
// simulator with its throttle, and compares what each mechanism gains.
func TestReplay(t *testing.T) {
	hours := replayHours
	if n, err := strconv.Atoi(os.Getenv("PERIGEE_REPLAY_HOURS")); err == nil {
		hours = n
	}
	adjusted := func(window int) func(*proxy.Options) {
		return func(o *proxy.Options) {
			o.Patience, o.MoveTimeBounds = 8*time.Second, window > 0
			o.Window, o.WindowDetailed = window, window
		}
	}
	windows := replay(t, hours, func(t *testing.T) (http.Handler, *ll2sim.Server) {
		r, sim := newQuotaRig(t, adjusted(100))
		return r.h, sim
	})
	exact := replay(t, hours, func(t *testing.T) (http.Handler, *ll2sim.Server) {
		r, sim := newQuotaRig(t, adjusted(0))
		return r.h, sim
	})
	urls := replay(t, hours, func(*testing.T) (http.Handler, *ll2sim.Server) {
		sim := ll2sim.New(ll2sim.Options{})
		return &urlCache{sim: sim, cached: map[string]cachedURL{}}, sim
	})
	t.Logf("%d hours\nall mechanisms    %s\nwithout windows   %s\ncache by exact URL%s", hours, windows, exact, urls)
	// Over a few hours from a cold start, fair turns alone do not beat first come,
	// first served, which favours whoever polls most often.
	if windows.failed >= min(exact.failed, urls.failed) {
		t.Errorf("refused: %d with all mechanisms, %d without windows, %d by exact URL", windows.failed, exact.failed, urls.failed)
	}
}

// replay runs in a bubble of its own.
func replay(t *testing.T, hours int, start func(*testing.T) (http.Handler, *ll2sim.Server)) *tally {
	t.Helper()
	y := new(tally)
	synctest.Test(t, func(t *testing.T) {
		h, sim := start(t)
		random := rand.New(rand.NewPCG(1, 2))
		end := time.Now().Add(time.Duration(hours) * time.Hour)
		var wg sync.WaitGroup
		for i, c := range pollers() {
			phase := time.Duration(random.Int64N(int64(c.every)))
			wg.Go(func() {
				for time.Sleep(phase); time.Now().Before(end); time.Sleep(c.every) {
					y.add(poll(h, c, i))
				}
			})
		}
		wg.Wait()
		y.upstream = sim.Requests().Billed
	})
	return y
}

// poller is a client that asks for the same thing again and again.
type poller struct {
	target string
	every  time.Duration
}

// usualInterval is that of clients of which nothing is noted.
const usualInterval = 15 * time.Minute

var notedInterval = regexp.MustCompile(`\b(\d+) ?(s|min|h)\b`)

func pollers() []poller {
	var all []poller
	for _, row := range testdata.Clients() {
		if row.Method != http.MethodGet || strings.Contains(row.Path, "api-throttle") {
			continue
		}
		c := poller{target: row.Path, every: usualInterval}
		if row.Query != "" {
			c.target += "?" + row.Query
		}
		if m := notedInterval.FindStringSubmatch(row.Notes); m != nil {
			unit := map[string]time.Duration{"s": time.Second, "min": time.Minute, "h": time.Hour}[m[2]]
			n, _ := strconv.Atoi(m[1])
			if every := time.Duration(n) * unit; every >= time.Minute && every <= 24*time.Hour {
				c.every = every
			}
		}
		all = append(all, c)
	}
	return all
}

// presentTime is a bound that a client makes of the time at which it asks.
var presentTime = regexp.MustCompile(`20\d\d-\d\d-\d\dT12(:|%3A)34(:|%3A)56`)

func poll(h http.Handler, c poller, client int) answered {
	now := time.Now().UTC()
	target := presentTime.ReplaceAllString(c.target, now.Format("2006-01-02T15:04:05"))
	r := httptest.NewRequest(http.MethodGet, "http://perigee.test"+target, nil)
	r.RequestURI, r.RemoteAddr = target, fmt.Sprintf("10.0.%d.%d:1", client/250, 1+client%250)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return answered{rec.Code, rec.Result().Header, ""}
}

// urlCache is what a plain HTTP cache does: an hour for each exact URL.
type urlCache struct {
	sim *ll2sim.Server

	mu     sync.Mutex // guards cached
	cached map[string]cachedURL
}

type cachedURL struct {
	at     time.Time
	status int
}

func (c *urlCache) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	cached, ok := c.cached[r.RequestURI]
	c.mu.Unlock()
	if !ok || time.Since(cached.at) >= time.Hour {
		rec := httptest.NewRecorder()
		r.RemoteAddr = "10.9.9.9:1" // upstream sees the cache, not its clients
		c.sim.ServeHTTP(rec, r)
		cached = cachedURL{time.Now(), rec.Code}
		if rec.Code != http.StatusTooManyRequests {
			c.mu.Lock()
			c.cached[r.RequestURI] = cached
			c.mu.Unlock()
		}
	}
	w.Header().Set("Age", strconv.Itoa(int(time.Since(cached.at)/time.Second)))
	w.WriteHeader(cached.status)
}
