package httpcache_test

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy/httpcache"
)

// Each test of this file is named for what a user of some cache had to suffer.

// A 304 that one client asked for must not be what another gets.
func TestA304NeverReachesWhoDidNotAskForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, confirms(`"v"`, "hello", "Cache-Control", "max-age=10"))
		r.want(r.get("If-None-Match", `"v"`), 304, "", "fwd=uri-miss")
		r.want(r.get(), 200, "hello", "fwd=uri-miss")
		time.Sleep(20 * time.Second)
		var both sync.WaitGroup // stale now, and validated for two who ask in different ways
		both.Go(func() { r.want(r.get("If-None-Match", `"v"`), 304, "", "") })
		both.Go(func() { r.want(r.get(), 200, "hello", "") })
		both.Wait()
		r.want(r.get(), 200, "hello", "hit")
	})
}

// A body must be sent once, whole, also when another one was begun before.
func TestAStaleBodyIsSentOnce(t *testing.T) {
	for name, fails := range map[string]http.HandlerFunc{
		"status":      says(503, "sorry"),
		"broken body": says(200, "", "Cache-Control", "max-age=10", "Broken", "hel"),
		"unreachable": says(200, "", "Unreachable", "yes"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, httpcache.Options{}, says(200, "hello", "Cache-Control", "max-age=10, stale-if-error=60"), fails)
				r.get()
				time.Sleep(20 * time.Second)
				got := r.get()
				r.want(got, 200, "hello", "hit;detail=stale-")
				if got.header.Get("Content-Length") != "5" {
					t.Errorf("Content-Length %q", got.header.Get("Content-Length"))
				}
			})
		})
	}
}

// A refresh in the background must not die with the client that caused it.
func TestARefreshOutlivesItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(5 * time.Second)
			says(200, "new", "Cache-Control", "max-age=10")(w, r)
		}
		r := newRig(t, httpcache.Options{}, says(200, "old", "Cache-Control", "max-age=10, stale-while-revalidate=60"), slow)
		r.get()
		time.Sleep(15 * time.Second)
		ctx, leave := context.WithCancel(t.Context())
		r.want(r.do(ctx, http.MethodGet, "/a?b=1"), 200, "old", "detail=stale-while-revalidate")
		leave()
		time.Sleep(6 * time.Second)
		r.want(r.get(), 200, "new", "hit;ttl=4") // the five seconds upstream took count
		r.wantAsked(2)
	})
}

// Stale answers must be refreshed each time they are served, and end.
func TestNothingIsServedStaleForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{},
			says(200, "old", "Cache-Control", "max-age=10, stale-while-revalidate=60"), says(500, "no"))
		r.get()
		time.Sleep(15 * time.Second)
		for asked := range 3 {
			r.want(r.get(), 200, "old", "detail=stale-while-revalidate")
			synctest.Wait()
			r.wantAsked(asked + 2)
			time.Sleep(10 * time.Second)
		}
		time.Sleep(time.Minute)
		r.want(r.get(), 500, "no", "fwd=stale")
	})
}

// What a crowd had validated together must expire like everything else.
func TestACollapsedValidationExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			confirms(`"v"`, "hello", "Cache-Control", "max-age=10")(w, r)
		}
		r := newRig(t, httpcache.Options{}, slow)
		r.get()
		for round := range 3 {
			time.Sleep(11 * time.Second)
			var crowd sync.WaitGroup
			for range 5 {
				crowd.Go(func() { r.want(r.get(), 200, "hello", "fwd=stale") })
			}
			crowd.Wait()
			r.wantAsked(round + 2)
		}
	})
}

// A failure that could be kept must not be served past its time, though a good
// answer may be.
func TestOnlyGoodAnswersAreServedStale(t *testing.T) {
	for _, tt := range []struct{ kept, want int }{{200, 200}, {404, 404}, {500, 503}, {503, 503}} {
		t.Run(strconv.Itoa(tt.kept), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, httpcache.Options{StaleIfError: time.Hour},
					says(tt.kept, "kept", "Cache-Control", "max-age=10", "Etag", `"v"`), says(503, "down"))
				r.get()
				r.want(r.get(), tt.kept, "kept", "hit")
				time.Sleep(20 * time.Second)
				if got := r.get(); got.status != tt.want {
					t.Errorf("got %d, want %d", got.status, tt.want)
				}
			})
		})
	}
}

// A 429 is never kept, and its Retry-After counts down; upstream is left alone
// until then.
func TestA429IsNotFrozen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{},
			says(429, "slow down", "Cache-Control", "max-age=600", "Retry-After", "100"), says(200, "hello", "Cache-Control", "max-age=10"))
		if got := r.get(); got.status != 429 || got.header.Get("Retry-After") != "100" {
			t.Errorf("first: %d, Retry-After %q", got.status, got.header.Get("Retry-After"))
		}
		time.Sleep(30 * time.Second)
		if got := r.get(); got.status != 429 || got.header.Get("Retry-After") != "70" {
			t.Errorf("second: %d, Retry-After %q", got.status, got.header.Get("Retry-After"))
		}
		r.wantAsked(1)
		time.Sleep(71 * time.Second)
		r.want(r.get(), 200, "hello", "stored")
	})
}

// While upstream throttles, what is stored is served, and nothing is asked.
func TestAThrottledUpstreamIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{StaleIfError: time.Hour},
			says(200, "hello", "Cache-Control", "max-age=10"), says(429, "slow down", "Retry-After", "100"))
		r.get()
		time.Sleep(20 * time.Second)
		for range 5 {
			r.want(r.get(), 200, "hello", "detail=stale-throttled")
			time.Sleep(10 * time.Second)
		}
		r.wantAsked(2)
		time.Sleep(time.Minute)
		r.get()
		r.wantAsked(3)
	})
}

// Whatever happens, a member of Cache-Status never has both hit and fwd: outcome
// fails the test if it does.
func TestHitAndForwardExcludeEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{StaleIfError: 50 * time.Second},
			says(200, "a", "Cache-Control", "max-age=10, stale-while-revalidate=10", "Cache-Status", "Origin; hit"),
			says(503, "no"), says(503, "no"), says(200, "b", "Cache-Control", "no-store"))
		for _, fields := range [][]string{
			nil, {"Cache-Control", "no-cache"}, {"Cache-Control", "no-store"}, {"Range", "bytes=0-0"},
			{"Cache-Control", "only-if-cached"}, {"Cache-Control", "max-stale"}, {"If-Match", `"x"`},
		} {
			for range 3 {
				r.get(fields...).outcome(t)
				time.Sleep(7 * time.Second)
			}
		}
	})
}
