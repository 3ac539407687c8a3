package proxy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"perigee/cache"
	"perigee/proxy"
	"perigee/proxy/ll2sim"
)

// purge has the proxy forget a target, and checks how many entries of it were cached.
func (r *rig) purge(target string, cached int) {
	r.t.Helper()
	forgotten, err := r.proxy.Config.Handler.(*proxy.Handler).Purge(target)
	must(r.t, err)
	if len(forgotten) != cached {
		r.t.Errorf("%s: %d entries were cached, want %d", target, len(forgotten), cached)
	}
}

// However a target is spelt, what answered a request for it does so no more: the
// next one has upstream asked. All else stays.
func TestPurge(t *testing.T) {
	const list, detailed = "/2.3.0/spacecraft/", "/2.3.0/spacecraft/?mode=detailed"
	for _, tt := range []struct {
		name, before, purge, after string
		fields                     []string // of the requests before and after
		cached, cost               int      // entries forgotten, and requests of the one after
	}{
		{name: "itself", before: "/2.3.0/agencies/7/", purge: "/2.3.0/agencies/7/", after: "/2.3.0/agencies/7/", cached: 1, cost: 1},
		{name: "another spelling", before: "/2.3.0/agencies/7/", purge: "/2.3.0/agencies/07?format=json&x=y", after: "/2.3.0/agencies/7", cached: 0, cost: 0},
		{name: "without the slash", before: "/2.3.0/agencies/7/", purge: "/2.3.0/agencies/7?format=json&x=y", after: "/2.3.0/agencies/7", cached: 1, cost: 1},
		{name: "the window of a page", before: list, purge: list + "?offset=30&mode=normal", after: list + "?limit=3", cached: 1, cost: 1},
		{name: "both windows of a page", before: list + "?limit=20&offset=90", purge: list + "?limit=4&offset=98", after: list + "?offset=90&limit=20", cached: 2, cost: 2},
		{name: "another window", before: list, purge: list + "?offset=300", after: list, cached: 0, cost: 0},
		{name: "beyond the end", before: list, purge: list + "?offset=7000", after: list + "?offset=8000", cached: 1, cost: 1},
		{name: "an error", before: list + "?status=abc", purge: list + "?status=abc&limit=2", after: list + "?status=abc", cached: 1, cost: 1},
		{name: "an object of a list", before: detailed, purge: list + "1/", after: list + "1/", cached: 0, cost: 1},
		{name: "the list of an object", before: detailed, purge: detailed, after: list + "1/", cached: 1, cost: 1},
		{name: "not the list with its object", before: detailed, purge: list + "1/", after: detailed, cached: 0, cost: 0},
		{name: "HTML", before: list, purge: list, after: list, fields: []string{"Accept", "text/html"}, cached: 1, cost: 1},
		{name: "HTML by its format", before: list + "?format=api", purge: list + "?format=api", after: list + "?format=api", cached: 1, cost: 1},
		{name: "indented", before: list + "3/", purge: list + "3/", after: list + "3/", fields: []string{"Accept", "application/json; indent=4"}, cached: 1, cost: 1},
		{name: "an older version", before: "/2.2.0/spacecraft/?b=1&a=2", purge: "/2.2.0/spacecraft?a=2&b=1", after: "/2.2.0/spacecraft/?b=1&a=2", cached: 1, cost: 1},
		{name: "what is never cached", before: list, purge: "/2.3.0/api-throttle/", after: list, cached: 0, cost: 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := windowRig(t)
			want := r.get(tt.before, tt.fields...)
			r.purge(tt.purge, tt.cached)
			before := r.billed()
			got := r.get(tt.after, tt.fields...)
			if cost := r.billed() - before; cost != tt.cost {
				t.Errorf("the request after cost %d, want %d: %s", cost, tt.cost, got.outcome())
			}
			if tt.before == tt.after && (got.status != want.status || got.body != want.body) {
				t.Errorf("the answer is another one: %d %.100s", got.status, got.body)
			}
			again := r.billed()
			if got := r.get(tt.after, tt.fields...); r.billed() != again {
				t.Errorf("what was fetched anew is not cached: %s", got.outcome())
			}
		})
	}
}

func TestPurgeRefusesWhatIsNoTarget(t *testing.T) {
	r := windowRig(t)
	r.get("/2.3.0/spacecraft/")
	for _, target := range []string{
		"", "spacecraft", "2.3.0/spacecraft/", "http://host/2.3.0/spacecraft/", "/2.3.0/spacecraft/\n", "/2.3.0/spacecraft/#", "/%zz",
		"/" + strings.Repeat("x", 9000), "/2.3.0/spacecraft/?" + strings.Repeat("a&", 1001),
	} {
		_, err := r.proxy.Config.Handler.(*proxy.Handler).Purge(target)
		if !errors.Is(err, proxy.ErrTarget) {
			t.Errorf("%.40q: got error %v, want ErrTarget", target, err)
		}
	}
	if got := r.get("/2.3.0/spacecraft/"); !strings.HasPrefix(got.outcome(), "hit") {
		t.Errorf("something was forgotten: %s", got.outcome())
	}
}

// A store that cannot forget is told of.
func TestPurgeTellsWhatMayComeBack(t *testing.T) {
	fault := errors.New("the disk is gone")
	r := newRig(t, rigOptions{adjust: func(o *proxy.Options) { o.Store = stubborn{o.Store, fault} }})
	_, err := r.proxy.Config.Handler.(*proxy.Handler).Purge("/2.3.0/agencies/7/")
	if !errors.Is(err, fault) || errors.Is(err, proxy.ErrTarget) {
		t.Errorf("got error %v, want that of the store", err)
	}
}

type stubborn struct {
	cache.Tier
	fault error
}

func (s stubborn) Delete(cache.Key) error { return s.fault }

// A walker who reads on in older windows does not keep what was purged, and neither
// does one at a replica that only hears of the purge.
func TestAPurgeEndsAGeneration(t *testing.T) {
	for name, purge := range map[string]func(r *clockRig) error{
		"here":      func(r *clockRig) error { _, err := r.h.Purge("/2.3.0/spacecraft/"); return err },
		"elsewhere": func(r *clockRig) error { r.h.Forget("ll2/1 json /2.3.0/spacecraft/?limit=100"); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := ll2sim.New(ll2sim.Options{Limit: -1})
				r := newClockRig(t, sim, withWindows)
				count := func(client, offset int) string {
					got := r.from(address(client), fmt.Sprintf("/2.3.0/spacecraft/?limit=30&offset=%d", offset))
					n, _, _ := strings.Cut(strings.TrimPrefix(got.body, `{"count":`), ",")
					return n
				}
				count(2, 0)
				sim.Hide("spacecraft", 10)
				time.Sleep(55 * time.Minute)
				count(1, 0)
				time.Sleep(6 * time.Minute)
				count(2, 0) // stale: it is refreshed
				synctest.Wait()
				time.Sleep(time.Second)
				if got := count(1, 30); got != "590" {
					t.Fatalf("before the purge the walker reads count %s, want its own 590", got)
				}
				must(t, purge(r))
				if got := count(1, 60); got != "580" {
					t.Errorf("after the purge the walker reads count %s, want 580", got)
				}
			})
		})
	}
}

// What another replica has purged does not go on answering out of a list.
func TestForgetAnObject(t *testing.T) {
	r := windowRig(t)
	r.get("/2.3.0/spacecraft/?mode=detailed")
	if got := r.get("/2.3.0/spacecraft/1/"); !strings.Contains(got.outcome(), "from-list") {
		t.Fatalf("got %s, want it from the list", got.outcome())
	}
	r.proxy.Config.Handler.(*proxy.Handler).Forget("ll2/1 json /2.3.0/spacecraft/1/")
	if got := r.get("/2.3.0/spacecraft/1/"); !strings.Contains(got.outcome(), "fwd=uri-miss") {
		t.Errorf("got %s, want it asked for", got.outcome())
	}
}
