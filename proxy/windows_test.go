package proxy_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy"
	"perigee/proxy/ll2sim"
)

func withWindows(o *proxy.Options) { o.Window, o.WindowDetailed = 100, 100 }

func windowRig(t *testing.T) *rig {
	return newRig(t, rigOptions{sim: ll2sim.Options{Now: frozen}, adjust: withWindows})
}

func TestAWalkThroughAWholeListCostsItsWindows(t *testing.T) {
	r := windowRig(t)
	target, pages := "/2.3.0/spacecraft/?limit=10", 0
	for target != "" {
		want, got := r.direct(target), r.get(target)
		if got.body != swapBase(r, want.body) {
			t.Fatalf("%s differs at %s", target, firstDifference(got.body, swapBase(r, want.body)))
		}
		_, next, _ := strings.Cut(got.body, `"next":"`+r.proxy.URL)
		target, _, _ = strings.Cut(next, `"`)
		pages++
	}
	if got := r.billed() - pages; pages != 59 || got != 6 { // each page was asked directly, too
		t.Errorf("%d pages cost %d requests, want 59 and 6", pages, got)
	}
}

func TestFortyWalkersInDifferentStepsCostNoMore(t *testing.T) {
	r := windowRig(t)
	var wg sync.WaitGroup
	for c := range 40 {
		limit := 5 + 2*c
		wg.Go(func() {
			for offset := 0; offset < 590; offset += limit {
				if got := r.get(fmt.Sprintf("/2.3.0/spacecraft/?limit=%d&offset=%d", limit, offset)); got.status != 200 {
					t.Errorf("limit %d offset %d: %d", limit, offset, got.status)
				}
			}
		})
	}
	wg.Wait()
	if got := r.billed(); got != 6 {
		t.Errorf("cost %d requests, want 6", got)
	}
}

// Every recorded query and every known client, cut from windows.
func TestCutPagesAreUpstreams(t *testing.T) {
	r := windowRig(t)
	for _, target := range allTargets() {
		sameAnswer(t, r, target)
	}
}

func TestPastTheEndNothingIsAsked(t *testing.T) {
	r := windowRig(t)
	r.get("/2.3.0/spacecraft/?limit=5")
	for _, query := range []string{"offset=590", "offset=10000&limit=3", "offset=9999999999999"} {
		got := r.get("/2.3.0/spacecraft/?" + query)
		if want := swapBase(r, r.direct("/2.3.0/spacecraft/?"+query).body); got.body != want {
			t.Errorf("%s differs at %s", query, firstDifference(got.body, want))
		}
	}
	if got := r.billed() - 3; got != 1 {
		t.Errorf("cost %d requests, want 1", got)
	}
}

// How long a list is only a fresh window tells.
func TestPastTheEndOfAStaleListUpstreamIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, ll2sim.New(ll2sim.Options{Limit: -1}), withWindows)
		r.get("/2.3.0/spacecraft/?limit=5")
		time.Sleep(90 * time.Minute)
		if got := r.get("/2.3.0/spacecraft/?offset=10000"); got.outcome() != "fwd=uri-miss;fwd-status=200;stored" {
			t.Errorf("%q", got.outcome())
		}
	})
}

func TestAStraddlingPageNeedsBothWindows(t *testing.T) {
	r := windowRig(t)
	got := r.get("/2.3.0/spacecraft/?limit=20&offset=90")
	if want := swapBase(r, r.direct("/2.3.0/spacecraft/?limit=20&offset=90").body); got.body != want || r.billed() != 3 {
		t.Errorf("cost %d requests; differs at %s", r.billed()-1, firstDifference(got.body, want))
	}
	if again := r.get("/2.3.0/spacecraft/?offset=90&limit=20"); !strings.HasPrefix(again.outcome(), "hit;") {
		t.Errorf("again: %q", again.outcome())
	}
}

// An upstream that caps pages lower than it is asked for has no windows.
func TestAListThatIsCappedIsAskedForAsItIs(t *testing.T) {
	capped := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			if n, err := strconv.Atoi(q.Get("limit")); err == nil && n > 50 {
				q.Set("limit", "50")
				r.URL.RawQuery = q.Encode()
			}
			next.ServeHTTP(w, r)
		})
	}
	r := newRig(t, rigOptions{sim: ll2sim.Options{Now: frozen}, adjust: withWindows, wrap: capped})
	for range 2 {
		for _, target := range []string{"/2.3.0/spacecraft/?limit=7&offset=3", "/2.3.0/spacecraft/?limit=3"} {
			sameAnswer(t, r, target)
		}
	}
	if r.seen.doubts != 1 {
		t.Errorf("%d doubts were counted, want one", r.seen.doubts)
	}
}

func TestWithOneRequestLeftAStraddlingPageIsAskedForAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sim := newQuotaRig(t, withWindows)
		for n := range 13 { // of 15; one is kept in reserve
			r.from(address(1), page(n))
		}
		for range 2 {
			if got := r.from(address(1), "/2.3.0/spacecraft/?limit=20&offset=90"); got.status != 200 {
				t.Errorf("%d %s", got.status, got.body)
			}
		}
		if got := sim.Requests().Billed; got != 14 {
			t.Errorf("%d requests, want 14", got)
		}
	})
}

// The list changes under a walker: no page has a wrong count for its elements,
// and the change is seen after one interval.
func TestAListThatChangesUnderAWalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := ll2sim.New(ll2sim.Options{Limit: -1})
		r := newClockRig(t, sim, withWindows)
		count := func(target string) string {
			got := r.get(target)
			_, rest, _ := strings.Cut(got.body, `"count":`)
			n, _, _ := strings.Cut(rest, ",")
			return n
		}
		if got := count("/2.3.0/spacecraft/?limit=50"); got != "590" {
			t.Errorf("count %s", got)
		}
		sim.Hide("spacecraft", 10)
		for offset := 50; offset < 580; offset += 50 {
			n := count(fmt.Sprintf("/2.3.0/spacecraft/?limit=50&offset=%d", offset))
			if n != "590" && n != "580" {
				t.Errorf("offset %d: count %s", offset, n)
			}
		}
		time.Sleep(time.Hour + time.Minute)
		r.get("/2.3.0/spacecraft/?limit=50") // stale: it is refreshed
		synctest.Wait()
		if got := count("/2.3.0/spacecraft/?limit=50"); got != "580" {
			t.Errorf("after an interval: count %s", got)
		}
	})
}

// What upstream says to a bad filter it says to every page of the list.
func TestAnErrorOfAWindowAnswersItsPages(t *testing.T) {
	r := windowRig(t)
	for i, want := range []string{"fwd=uri-miss;fwd-status=400;stored", "hit;ttl="} {
		got := r.get(fmt.Sprintf("/2.3.0/spacecraft/?status=abc&limit=%d", 3+i))
		if got.status != 400 || got.body != `{"status":["Enter a number."]}` || !strings.HasPrefix(got.outcome(), want) {
			t.Errorf("%d %q %s, want %s", got.status, got.outcome(), got.body, want)
		}
	}
}

// A client that walks by next reads on in what it began with, while others are
// given what is newer.
func TestAWalkerKeepsItsGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := ll2sim.New(ll2sim.Options{Limit: -1})
		r := newClockRig(t, sim, withWindows)
		ask := func(client int, offset int) string {
			got := r.from(address(client), fmt.Sprintf("/2.3.0/spacecraft/?limit=30&offset=%d", offset))
			count, _, _ := strings.Cut(strings.TrimPrefix(got.body, `{"count":`), ",")
			return count
		}
		ask(2, 0) // somebody had the window fetched
		sim.Hide("spacecraft", 10)
		time.Sleep(55 * time.Minute)
		if got := ask(1, 0); got != "590" {
			t.Errorf("the walk begins with count %s", got)
		}
		time.Sleep(6 * time.Minute)
		ask(2, 0) // stale: it is refreshed
		synctest.Wait()
		if got := ask(3, 30); got != "580" {
			t.Errorf("another client reads count %s, want the newer 580", got)
		}
		if got := ask(1, 30); got != "590" {
			t.Errorf("the walker reads on with count %s, want its own 590", got)
		}
		time.Sleep(3 * time.Hour)
		if got := ask(1, 60); got != "580" {
			t.Errorf("resumed after three hours: count %s, want 580", got)
		}
	})
}
