package httpcache_test

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy/httpcache"
)

// A part must not become the answer of those who ask for the whole meanwhile.
func TestAPartIsNotSharedWithWhoAsksForTheWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, slowly(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "" {
				says(206, "el", "Cache-Control", "max-age=60", "Content-Range", "bytes 1-2/5")(w, r)
				return
			}
			says(200, "hello", "Cache-Control", "max-age=60")(w, r)
		}))
		var both sync.WaitGroup
		both.Go(func() { r.want(r.get("Range", "bytes=1-2"), 206, "el", "fwd=uri-miss") })
		synctest.Wait()
		both.Go(func() { r.want(r.get(), 200, "hello", "fwd=uri-miss") })
		both.Wait()
	})
}

// What is stale at once is validated for each, even for those who came together.
func TestWhatMustBeValidatedIsNotShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, slowly(confirms(`"v"`, "hello", "Cache-Control", "no-cache")))
		for _, a := range r.crowd(5) {
			r.want(a, 200, "hello", "fwd=")
		}
		r.wantAsked(5)
	})
}

// What upstream does not want kept any more is not served when it fails later.
func TestAnObsoleteAnswerDoesNotComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{StaleIfError: time.Hour}, says(200, "old", "Cache-Control", "max-age=10"),
			says(200, "mine", "Cache-Control", "private"), says(503, "down"))
		r.get()
		time.Sleep(20 * time.Second)
		r.want(r.get(), 200, "mine", "detail=private")
		r.want(r.get(), 503, "down", "fwd=uri-miss")
	})
}

// A field that no-cache names is for the one who caused the fetch.
func TestNamedFieldsAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, says(200, "hello", "Cache-Control", `max-age=60, no-cache="X"`, "X", "1"))
		for _, want := range []string{"1", ""} {
			if got := r.get().header.Get("X"); got != want {
				t.Errorf("X: %q, want %q", got, want)
			}
		}
		r.wantAsked(1)
	})
}

func TestPartsOfDifferentRepresentationsStayApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		r := newRig(t, httpcache.Options{}, func(w http.ResponseWriter, r *http.Request) {
			tag := strconv.Quote(strconv.FormatInt(n.Add(1), 10))
			span := "0-1"
			if r.Header.Get("Range") == "bytes=2-3" {
				span = "2-3"
			}
			says(206, "ab", "Cache-Control", "max-age=60", "Etag", tag, "Content-Range", "bytes "+span+"/4")(w, r)
		})
		r.get("Range", "bytes=0-1")
		r.get("Range", "bytes=2-3")
		r.want(r.get("Range", "bytes=0-3"), 206, "ab", "fwd=uri-miss")
	})
}

// The age of what a 304 confirms is that of the 304.
func TestAgeAfterValidation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{},
			says(200, "hello", "Cache-Control", "max-age=60", "Etag", `"v"`, "Age", "50"),
			says(304, "", "Cache-Control", "max-age=60", "Etag", `"v"`, "Age", "20"))
		if got := r.get().header.Get("Age"); got != "50" {
			t.Errorf("Age %q, want 50", got)
		}
		time.Sleep(15 * time.Second)
		r.get()
		time.Sleep(10 * time.Second)
		got := r.get()
		r.want(got, 200, "hello", "hit;ttl=30")
		if got.header.Get("Age") != "30" {
			t.Errorf("Age %q, want 30", got.header.Get("Age"))
		}
	})
}

// A POST may be answered with the resource that it went to.
func TestTheAnswerToAPostServesAsOneToGet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, says(200, "posted", "Cache-Control", "max-age=60", "Content-Location", "/a?b=1"))
		r.want(r.do(t.Context(), http.MethodPost, "/a?b=1"), 200, "posted", "fwd=method;fwd-status=200;stored")
		r.want(r.get(), 200, "posted", "hit")
	})
}

// A 304 that nobody asked for is no answer.
func TestA304WithoutAConditionIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{StaleIfError: time.Minute}, says(304, ""), says(200, "hello", "Cache-Control", "max-age=10"), says(304, ""))
		if got := r.get(); got.status != http.StatusBadGateway {
			t.Errorf("got %d, want 502", got.status)
		}
		r.get()
		time.Sleep(20 * time.Second)
		r.want(r.get(), 200, "hello", "detail=stale-upstream-failed")
	})
}

// The target counts as it was sent, however Go would write it.
func TestOddTargetsAreInvalidated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, says(200, "old", "Cache-Control", "max-age=60"), says(204, ""), says(200, "new"))
		r.do(t.Context(), http.MethodGet, "/a|b?%zz")
		r.do(t.Context(), http.MethodPost, "/a|b?%zz")
		r.want(r.do(t.Context(), http.MethodGet, "/a|b?%zz"), 200, "new", "fwd=uri-miss")
	})
}
