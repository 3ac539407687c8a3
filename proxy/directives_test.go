package proxy_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy"
)

func TestWhatAClientSaysOfTheAnswersItWillTake(t *testing.T) {
	for _, tt := range []struct {
		name    string
		age     time.Duration // of what is cached; negative: nothing is
		fields  []string
		status  int
		body    string // the id in it
		outcome string
	}{
		{"nothing said", 30 * time.Minute, nil, 200, "a", "hit;ttl=1800"},
		{"no-cache", 30 * time.Minute, []string{"Cache-Control", "no-cache"}, 200, "b", "fwd=request;fwd-status=200;stored"},
		{"Pragma", 30 * time.Minute, []string{"Pragma", "no-cache"}, 200, "b", "fwd=request;fwd-status=200;stored"},
		{"reload too soon", 30 * time.Second, []string{"Cache-Control", "no-cache"}, 200, "a", "hit;detail=reload-limited;ttl=3570"},
		{"max-age met", 30 * time.Minute, []string{"Cache-Control", "max-age=1800"}, 200, "a", "hit;ttl=1800"},
		{"max-age not met", 30 * time.Minute, []string{"Cache-Control", "max-age=60"}, 200, "b", "fwd=request;fwd-status=200;stored"},
		{"max-age=0 as browsers reload", 30 * time.Minute, []string{"Cache-Control", "max-age=0"}, 200, "b", "fwd=request;fwd-status=200;stored"},
		{"min-fresh met", 30 * time.Minute, []string{"Cache-Control", "min-fresh=600"}, 200, "a", "hit;ttl=1800"},
		{"min-fresh not met", 30 * time.Minute, []string{"Cache-Control", "min-fresh=2000"}, 200, "b", "fwd=request;fwd-status=200;stored"},
		{"max-stale", 3 * time.Hour, []string{"Cache-Control", "max-stale=10000"}, 200, "a", "hit;detail=stale-allowed;ttl=-7200"},
		{"max-stale exceeded", 3 * time.Hour, []string{"Cache-Control", "max-stale=60"}, 200, "b", "fwd=stale;fwd-status=200;stored"},
		{"no-store is of no account", 30 * time.Minute, []string{"Cache-Control", "no-store"}, 200, "a", "hit;ttl=1800"},
		{"only-if-cached, fresh", 30 * time.Minute, []string{"Cache-Control", "only-if-cached"}, 200, "a", "hit;ttl=1800"},
		{"only-if-cached, too stale", 3 * time.Hour, []string{"Cache-Control", "only-if-cached"}, 504, "", "detail=only-if-cached"},
		{"only-if-cached and max-stale", 3 * time.Hour, []string{"Cache-Control", "only-if-cached, max-stale"}, 200, "a", "hit;detail=stale-allowed;ttl=-7200"},
		{"only-if-cached, nothing cached", -1, []string{"Cache-Control", "only-if-cached"}, 504, "", "detail=only-if-cached"},
		{"only-if-cached and no-cache", 30 * time.Minute, []string{"Cache-Control", "only-if-cached, no-cache"}, 504, "", "detail=only-if-cached"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newClockRig(t, &script{steps: []http.HandlerFunc{okPage("a"), okPage("b")}}, reloadEveryMinute)
				if tt.age >= 0 {
					r.get(list)
					time.Sleep(tt.age)
				}
				before := r.up.gets.Load()
				got := r.get(list, tt.fields...)
				if got.status != tt.status || got.outcome() != tt.outcome {
					t.Errorf("%d %q, want %d %q", got.status, got.outcome(), tt.status, tt.outcome)
				}
				if tt.body != "" && got.body != emptyPage(tt.body) {
					t.Errorf("body %s, want %s", got.body, tt.body)
				}
				asked := r.up.gets.Load() - before
				if want := strings.HasPrefix(tt.outcome, "fwd="); (asked == 1) != want {
					t.Errorf("upstream was asked %d times", asked)
				}
			})
		})
	}
}

func reloadEveryMinute(o *proxy.Options) { o.ReloadInterval = time.Minute }

// However many clients reload, however often: one request an interval.
func TestReloadsCannotBurnTheQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, &script{steps: []http.HandlerFunc{okPage("a")}}, reloadEveryMinute)
		for range 600 { // ten minutes
			for range 3 {
				if got := r.get(list, "Cache-Control", "no-cache"); got.status != 200 {
					t.Fatalf("status %d", got.status)
				}
			}
			time.Sleep(time.Second)
		}
		if n := r.up.gets.Load(); n != 10 {
			t.Errorf("upstream was asked %d times in ten minutes, want 10", n)
		}
	})
}

// A reload that fails falls back on what is cached, which is still fresh.
func TestAFailedReloadIsAHit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, &script{steps: []http.HandlerFunc{okPage("a"), says(500, "text/html", "no")}}, reloadEveryMinute)
		r.get(list)
		time.Sleep(2 * time.Minute)
		got := r.get(list, "Cache-Control", "no-cache")
		if got.status != 200 || got.body != emptyPage("a") || got.outcome() != "hit;detail=stale-upstream-status;ttl=3480" {
			t.Errorf("%d %q %s", got.status, got.outcome(), got.body)
		}
	})
}

func TestRangesOfWhatIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, &script{steps: []http.HandlerFunc{
			okPage("a", "Last-Modified", "Mon, 02 Mar 2026 10:00:00 GMT"),
		}})
		whole := r.get(list)
		tag, page := whole.header.Get("Etag"), emptyPage("a")
		for _, tt := range []struct {
			fields []string
			status int
			body   string
		}{
			{[]string{"Range", "bytes=2-6"}, 206, page[2:7]},
			{[]string{"Range", "bytes=-5"}, 206, page[len(page)-5:]},
			{[]string{"Range", "bytes=9999-"}, 416, ""},
			{[]string{"Range", "lines=1-2"}, 200, page},
			{[]string{"Range", "bytes=0-1", "If-Range", tag}, 206, page[:2]},
			{[]string{"Range", "bytes=0-1", "If-Range", `"other"`}, 200, page},
			{[]string{"If-Modified-Since", "Mon, 02 Mar 2026 10:00:00 GMT"}, 304, ""},
			{[]string{"If-Modified-Since", "Mon, 02 Mar 2026 09:59:59 GMT"}, 200, page},
			{[]string{"If-Modified-Since", "Mon, 02 Mar 2026 10:00:00 GMT", "If-None-Match", `"other"`}, 200, page},
			{[]string{"If-Match", `"other"`}, 412, ""},
			{[]string{"If-Match", tag}, 200, page},
		} {
			got := r.get(list, tt.fields...)
			if got.status != tt.status || got.body != tt.body {
				t.Errorf("%v: %d %q, want %d %q", tt.fields, got.status, got.body, tt.status, tt.body)
			}
		}
		if n := r.up.gets.Load(); n != 1 {
			t.Errorf("upstream was asked %d times, want once", n)
		}
	})
}
