package httpcache_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy/httpcache"
)

// slowly answers after a second.
func slowly(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Second)
		h(w, r)
	}
}

// crowd asks n times at once.
func (r *rig) crowd(n int, fields ...string) []answer {
	answers := make([]answer, n)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = r.get(fields...) })
	}
	all.Wait()
	return answers
}

func TestManyCauseOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, slowly(says(200, "hello", "Cache-Control", "max-age=10")))
		collapsed := 0
		for _, a := range r.crowd(20) {
			r.want(a, 200, "hello", "fwd=uri-miss")
			if strings.Contains(a.outcome(t), "collapsed") {
				collapsed++
			}
		}
		if collapsed != 19 {
			t.Errorf("%d collapsed, want 19", collapsed)
		}
		r.wantAsked(1)
	})
}

// A client that had changed something was given what was before: it joined a fetch
// that had been sent before the change. The same goes for who has purged it.
func TestWhoComesAfterAChangeDoesNotJoinAFetchFromBefore(t *testing.T) {
	for name, change := range map[string]func(*rig) error{
		"POST": func(r *rig) error {
			r.want(r.do(r.t.Context(), http.MethodPost, "/x"), 204, "", "fwd=method")
			return nil
		},
		"purge": func(r *rig) error {
			_, err := r.h.Purge("/x")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				version := "old"
				r := newRig(t, httpcache.Options{}, func(w http.ResponseWriter, req *http.Request) {
					if req.Method == http.MethodPost {
						version = "new"
						w.WriteHeader(http.StatusNoContent)
						return
					}
					slowly(says(200, version, "Cache-Control", "max-age=10"))(w, req)
				})
				before := make(chan answer)
				go func() { before <- r.do(t.Context(), http.MethodGet, "/x") }()
				synctest.Wait()
				must(t, change(r))
				version = "new"
				r.want(r.do(t.Context(), http.MethodGet, "/x"), 200, "new", "fwd=uri-miss")
				r.want(<-before, 200, "old", "fwd=uri-miss")
				r.want(r.do(t.Context(), http.MethodGet, "/x"), 200, "new", "hit")
			})
		})
	}
}

// What may not be shared is not: each gets an answer of its own, and the next time
// nobody waits for anybody.
func TestWhoWaitedForAnUncacheableAnswerAsksAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		r := newRig(t, httpcache.Options{}, slowly(func(w http.ResponseWriter, r *http.Request) {
			says(200, strings.Repeat("x", int(n.Add(1))), "Cache-Control", "private, max-age=60")(w, r)
		}))
		start := time.Now()
		seen := make(map[string]bool)
		for _, a := range r.crowd(5) {
			seen[a.body] = true
		}
		if len(seen) != 5 || time.Since(start) != 2*time.Second {
			t.Errorf("%d different bodies after %v, want 5 after 2s", len(seen), time.Since(start))
		}
		start = time.Now()
		r.crowd(5)
		if took := time.Since(start); took != time.Second {
			t.Errorf("the second crowd took %v, want 1s", took)
		}
	})
}

func TestWhoDiffersInVaryAsksAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, slowly(func(w http.ResponseWriter, r *http.Request) {
			says(200, r.Header.Get("Accept-Language"), "Cache-Control", "max-age=10", "Vary", "Accept-Language")(w, r)
		}))
		var both sync.WaitGroup
		for _, lang := range []string{"en", "de"} {
			both.Go(func() { r.want(r.get("Accept-Language", lang), 200, lang, "fwd=uri-miss") })
		}
		both.Wait()
		r.want(r.get("Accept-Language", "DE"), 200, "de", "hit")
		r.want(r.get("Accept-Language", "fr"), 200, "fr", "fwd=vary-miss")
		r.wantAsked(3)
	})
}

func TestAClientThatLeavesEndsNothingForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, slowly(says(200, "hello", "Cache-Control", "max-age=10")))
		ctx, leave := context.WithCancel(t.Context())
		go r.do(ctx, http.MethodGet, "/a?b=1")
		synctest.Wait()
		go func() { leave() }()
		r.want(r.get(), 200, "hello", "collapsed")
		r.wantAsked(1)
	})
}

func TestLongBodiesAreStreamedAndNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := strings.Repeat("x", 100)
		for _, length := range []string{"", "100"} {
			step := says(200, long, "Cache-Control", "max-age=10")
			if length != "" {
				step = says(200, long, "Cache-Control", "max-age=10", "Content-Length", length)
			}
			r := newRig(t, httpcache.Options{MaxBody: 99}, step)
			r.want(r.get(), 200, long, "detail=too-large")
			r.want(r.get(), 200, long, "detail=too-large")
			r.wantAsked(2)
		}
	})
}

// A timeout is a failure: a stale response is served if there is one.
func TestASlowUpstreamTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		r := newRig(t, httpcache.Options{Timeout: 3 * time.Second, StaleIfError: time.Minute},
			says(200, "hello", "Cache-Control", "max-age=10"), hangs)
		r.get()
		time.Sleep(20 * time.Second)
		start := time.Now()
		r.want(r.get(), 200, "hello", "detail=stale-upstream-timeout")
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %v, want 3s", took)
		}
		r.want(r.get(), 200, "hello", "detail=stale-backoff")
		time.Sleep(2 * time.Minute)
		if got := r.get(); got.status != http.StatusGatewayTimeout {
			t.Errorf("got %d, want 504", got.status)
		}
	})
}

func TestAPanicIsAnErrorForThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, func(http.ResponseWriter, *http.Request) { panic("boom") }, says(200, "hello"))
		if got := r.get(); got.status != http.StatusBadGateway || strings.Contains(got.body, "boom") {
			t.Errorf("got %d %s", got.status, got.body)
		}
		r.want(r.get(), 200, "hello", "fwd=uri-miss")
	})
}
