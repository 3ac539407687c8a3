package proxy_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy"
)

const list = "/2.3.0/spacecraft/?limit=5"

func TestAFreshAnswerCostsNothingAndAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, &script{steps: []http.HandlerFunc{okPage("a")}})
		if got := r.get(list); got.outcome() != "fwd=uri-miss;fwd-status=200;stored" || got.header.Get("Age") != "0" {
			t.Errorf("first: %q, age %s", got.outcome(), got.header.Get("Age"))
		}
		time.Sleep(59 * time.Minute)
		got := r.get(list)
		if got.outcome() != "hit;ttl=60" || got.header.Get("Age") != "3540" {
			t.Errorf("later: %q, age %s", got.outcome(), got.header.Get("Age"))
		}
		if got, want := got.header.Get("Cache-Control"), "public, max-age=3600"; got != want {
			t.Errorf("Cache-Control %q, want %q", got, want)
		}
		if n := r.up.gets.Load(); n != 1 {
			t.Errorf("upstream was asked %d times, want once", n)
		}
	})
}

func TestAStaleAnswerIsServedWhileItIsRefreshed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, &script{steps: []http.HandlerFunc{okPage("a"), okPage("b")}})
		r.get(list)
		time.Sleep(61 * time.Minute)
		if got := r.get(list); got.outcome() != "hit;detail=stale-while-revalidate;ttl=-60" || got.body != emptyPage("a") {
			t.Errorf("stale: %q %s", got.outcome(), got.body)
		}
		synctest.Wait() // for the refresh
		if got := r.get(list); got.outcome() != "hit;ttl=3600" || got.body != emptyPage("b") {
			t.Errorf("refreshed: %q %s", got.outcome(), got.body)
		}
	})
}

func TestPastTheWindowAClientWaitsForTheNewAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, &script{steps: []http.HandlerFunc{okPage("a"), okPage("b")}})
		r.get(list)
		time.Sleep(2*time.Hour + time.Second)
		if got := r.get(list); got.body != emptyPage("b") || got.outcome() != "fwd=stale;fwd-status=200;stored" {
			t.Errorf("%q %s", got.outcome(), got.body)
		}
	})
}

// A worse answer never takes a good one's place, and what failed is not asked
// for again at once.
func TestAHeldAnswerOutlivesUpstreamsFailures(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fails  http.HandlerFunc
		detail string
		kept   string
	}{
		{"server error", says(500, "text/html", "<title>Server Error (500)</title>"), "stale-upstream-status", "status"},
		{"bad gateway", says(502, "text/html", "bad"), "stale-upstream-status", "status"},
		{"throttled", says(429, "application/json", `{"detail":"Request was throttled. Expected available in 100 seconds."}`, "Retry-After", "100"), "stale-quota", "status"},
		{"not JSON", says(200, "application/json", `{"count":1,"next":nu`), "stale-upstream-malformed", "malformed"},
		{"no list", says(200, "application/json", `{"detail":"maintenance"}`), "stale-upstream-shape", "shape"},
		{"a page for people", says(200, "text/html", `<h1>Maintenance</h1>`), "stale-upstream-media-type", "media-type"},
		{"a list that is not found", says(404, "text/html", `<h1>Not Found</h1>`), "stale-upstream-status", "status"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newClockRig(t, &script{steps: []http.HandlerFunc{okPage("a"), tt.fails, okPage("b")}})
				r.get(list)
				time.Sleep(3 * time.Hour) // past stale-while-revalidate
				got := r.get(list)
				if got.status != 200 || got.body != emptyPage("a") || !strings.Contains(got.outcome(), ";detail="+tt.detail+";") {
					t.Errorf("after the failure: %d %q %s, want detail %s", got.status, got.outcome(), got.body, tt.detail)
				}
				if r.seen.count(r.seen.kept, tt.kept) != 1 {
					t.Errorf("kept %v, want one by reason of %s", r.seen.kept, tt.kept)
				}
				if got := r.get(list); got.body != emptyPage("a") {
					t.Errorf("again: %s", got.body)
				}
				if n := r.up.gets.Load(); n != 2 {
					t.Errorf("upstream was asked %d times, want 2: the failure is believed for a while", n)
				}
				time.Sleep(2 * time.Minute)
				if got := r.get(list); got.body != emptyPage("b") {
					t.Errorf("recovered: %q %s", got.outcome(), got.body)
				}
			})
		})
	}
}

func TestTooOldAnAnswerIsNotServedForAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, &script{steps: []http.HandlerFunc{okPage("a"), says(500, "text/html", "no")}})
		r.get(list)
		time.Sleep(8 * 24 * time.Hour)
		if got := r.get(list); got.status != 500 {
			t.Errorf("status %d, want upstream's 500", got.status)
		}
	})
}

func TestAfterA429NothingIsAskedUntilItSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := `{"detail":"Request was throttled. Expected available in 100 seconds."}`
		r := newClockRig(t, &script{steps: []http.HandlerFunc{
			says(429, "application/json", body, "Retry-After", "100"), okPage("a"),
		}}, func(o *proxy.Options) { o.Upstream.(*inProcess).report = noReport }) // one would open the gate again
		first := r.get(list)
		if first.status != 429 || first.header.Get("Retry-After") != "100" ||
			!strings.Contains(first.body, `"detail":"Request was throttled. Expected available in 100 seconds."`) {
			t.Errorf("first: %d %s, Retry-After %s", first.status, first.body, first.header.Get("Retry-After"))
		}
		if got, want := first.outcome(), "detail=quota"; got != want {
			t.Errorf("first: %q, want %q", got, want)
		}
		time.Sleep(30 * time.Second)
		// Another resource: the quota is upstream's, not the resource's.
		second := r.get("/2.3.0/agencies/")
		if second.status != 429 || second.header.Get("Retry-After") != "70" ||
			!strings.Contains(second.body, "Request was throttled. Expected available in 70 seconds.") {
			t.Errorf("second: %d %s, Retry-After %s", second.status, second.body, second.header.Get("Retry-After"))
		}
		if n := r.up.gets.Load(); n != 1 {
			t.Errorf("upstream was asked %d times, want once", n)
		}
		time.Sleep(71 * time.Second)
		if got := r.get(list); got.status != 200 {
			t.Errorf("after the pause: %d", got.status)
		}
	})
}

func TestNotFoundIsHeldBriefly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		missing := says(404, "application/json", `{"detail":"Not found."}`)
		r := newClockRig(t, &script{steps: []http.HandlerFunc{missing}})
		for range 3 {
			if got := r.get("/2.3.0/spacecraft/999999/"); got.status != 404 || got.body != `{"detail":"Not found."}` {
				t.Errorf("%d %s", got.status, got.body)
			}
		}
		if n := r.up.gets.Load(); n != 1 {
			t.Errorf("upstream was asked %d times, want once", n)
		}
		time.Sleep(5 * time.Minute)
		r.get("/2.3.0/spacecraft/999999/")
		if n := r.up.gets.Load(); n != 2 {
			t.Errorf("after five minutes: asked %d times, want twice", n)
		}
	})
}

// An object that upstream does not know any more is believed to be gone when it says
// so again: it may say so for a moment only.
func TestAnObjectMayCeaseToExist(t *testing.T) {
	const object = "/2.3.0/spacecraft/7/"
	known := says(200, "application/json", `{"id":7}`)
	unknown := says(404, "application/json", `{"detail":"Not found."}`)
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, &script{steps: []http.HandlerFunc{known, unknown, known, unknown, unknown}})
		r.get(object)
		for i, want := range []struct {
			status  int
			outcome string
		}{
			{200, "hit;detail=stale-upstream-status"}, // it is said the first time
			{200, "fwd=stale"},                        // it was not so
			{200, "hit;detail=stale-upstream-status"},
			{404, "fwd=stale"}, // it is said again
		} {
			if want.outcome == "fwd=stale" && i == 3 {
				time.Sleep(time.Minute) // after the pause, while the object is stale
			} else {
				time.Sleep(3 * time.Hour)
			}
			if got := r.get(object); got.status != want.status || !strings.HasPrefix(got.outcome(), want.outcome) {
				t.Errorf("%d: %d %s, want %d %s", i, got.status, got.outcome(), want.status, want.outcome)
			}
		}
	})
}

func TestUpstreamsDirectivesAreOverriddenButCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, &script{steps: []http.HandlerFunc{
			okPage("a", "Cache-Control", "private, no-store", "Vary", "Accept, Cookie", "Set-Cookie", "session=1"),
		}})
		first := r.get(list)
		if got := r.get(list); !strings.HasPrefix(got.outcome(), "hit;") {
			t.Errorf("%q, want a hit", got.outcome())
		}
		if first.header.Get("Set-Cookie") != "" || first.header.Get("Vary") != "Accept" {
			t.Errorf("relayed: Set-Cookie %q, Vary %q", first.header.Get("Set-Cookie"), first.header.Get("Vary"))
		}
		if r.seen.count(r.seen.overrode, "no-store") != 1 || r.seen.count(r.seen.overrode, "private") != 1 {
			t.Errorf("counted %v", r.seen.overrode)
		}
	})
}

func TestAPanicInAFetchIsAnErrorForThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, &script{steps: []http.HandlerFunc{
			func(http.ResponseWriter, *http.Request) { panic("boom") }, okPage("a"),
		}})
		if got := r.get(list); got.status != http.StatusBadGateway || strings.Contains(got.body, "boom") {
			t.Errorf("%d %s", got.status, got.body)
		}
		if r.seen.panics != 1 {
			t.Errorf("%d panics counted", r.seen.panics)
		}
		if got := r.get(list); got.status != 200 {
			t.Errorf("afterwards: %d", got.status)
		}
	})
}

// A path that the table does not know may answer anything.
func TestAnUnknownPathMayAnswerAnyMediaType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, &script{steps: []http.HandlerFunc{says(200, "application/yaml", "a: b")}})
		for _, want := range []string{"fwd=uri-miss;fwd-status=200;stored", "hit;ttl=3600"} {
			if got := r.get("/2.3.0/schema/"); got.status != 200 || got.body != "a: b" || got.outcome() != want {
				t.Errorf("%d %q %s, want %q", got.status, got.outcome(), got.body, want)
			}
		}
	})
}

// Links that upstream writes in a way of its own are not written anew.
func TestAPageThatLinksInAnotherWayIsRelayedAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := `{"count":30,"next":"` + inProcessBase + `/2.3.0/spacecraft/?cursor=xyz","previous":null,"results":[]}`
		r := newClockRig(t, &script{steps: []http.HandlerFunc{says(200, "application/json", body)}})
		want := strings.ReplaceAll(body, inProcessBase, "http://perigee.test")
		if got := r.get(list + "&format=json"); got.body != want {
			t.Errorf("got  %s\nwant %s", got.body, want)
		}
	})
}

// By an upstream clock that was a day slow every answer came stale to the caches of
// clients: its Age was a day.
func TestAWrongClockOfUpstreamAgesNothing(t *testing.T) {
	for _, off := range []time.Duration{-24 * time.Hour, 24 * time.Hour, -30 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			date := time.Now().Add(off).UTC().Format(http.TimeFormat)
			r := newClockRig(t, okPage("a", "Date", date))
			r.get(list)
			want := time.Now().UTC().Format(http.TimeFormat)
			if off == -30*time.Second { // that may be
				want = date
			}
			time.Sleep(10 * time.Second)
			got := r.get(list)
			age := 10
			if want == date {
				age = 40
			}
			if got.header.Get("Age") != strconv.Itoa(age) || got.header.Get("Date") != want {
				t.Errorf("off by %s: Age %s, Date %s; want %d, %s", off, got.header.Get("Age"), got.header.Get("Date"), age, want)
			}
		})
	}
}
