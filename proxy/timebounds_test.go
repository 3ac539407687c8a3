package proxy_test

import (
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy"
	"perigee/proxy/ll2sim"
)

// A client polls every five minutes with net__gte of that very moment, as the
// API's own tutorial does.
func TestPollsWithThePresentTimeShareAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, move := range []bool{true, false} {
			sim := ll2sim.New(ll2sim.Options{Limit: -1})
			r := newClockRig(t, sim, func(o *proxy.Options) { o.MoveTimeBounds = move })
			time.Sleep(time.Until(time.Now().Truncate(time.Hour).Add(time.Hour + 7*time.Second)))
			var last string
			for range 11 { // within one hour
				now := time.Now().UTC().Format("2006-01-02T15:04:05.000000")
				last = "/2.3.0/launches/?limit=2&net__gte=" + url.QueryEscape(now)
				got := r.get(last)
				if !strings.Contains(got.body, "net__gte="+url.QueryEscape(now)) {
					t.Errorf("the next link does not repeat the client's own time: %.300s", got.body)
				}
				if told := strings.Contains(got.outcome(), "detail=time-bound-moved"); told != move {
					t.Errorf("moved %t: %q", move, got.outcome())
				}
				time.Sleep(5 * time.Minute)
			}
			if want := map[bool]int64{true: 1, false: 11}[move]; r.up.gets.Load() != want {
				t.Errorf("moved %t: upstream was asked %d times, want %d", move, r.up.gets.Load(), want)
			}
		}
	})
}

// A cursor is exact.
func TestCursorsDoNotMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := ll2sim.New(ll2sim.Options{Limit: -1})
		r := newClockRig(t, sim, func(o *proxy.Options) { o.MoveTimeBounds = true })
		time.Sleep(7 * time.Second)
		now := url.QueryEscape(time.Now().UTC().Format("2006-01-02T15:04:05Z"))
		for _, query := range []string{"net__lt=" + now, "net__gte=" + now + "&offset=10", "net__gte=2020-01-01T00:00:07Z"} {
			if got := r.get("/2.3.0/launches/?" + query); strings.Contains(got.outcome(), "moved") {
				t.Errorf("%s: %q", query, got.outcome())
			}
		}
	})
}
