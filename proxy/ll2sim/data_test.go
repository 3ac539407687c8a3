package ll2sim_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy/ll2/catalog"
	"perigee/proxy/ll2sim"
)

// TestDataAreTheSame compares two servers of the same moment, list by list.
func TestDataAreTheSame(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC) }
	a, b := ll2sim.New(ll2sim.Options{Limit: -1, Now: now}), ll2sim.New(ll2sim.Options{Limit: -1, Now: now})
	for _, e := range catalog.Table(catalog.Latest) {
		if e.ID == 0 && e.Path != "/2.3.0/api-throttle/" {
			x, y := ask(t, a, http.MethodGet, e.Path+"?mode=detailed"), ask(t, b, http.MethodGet, e.Path+"?mode=detailed")
			if x.Body.String() != y.Body.String() {
				t.Errorf("%s differs", e.Path)
			}
		}
	}
}

// TestClockMoves lets a week pass: launches leave the one list and join the
// other, and are in both for a day.
func TestClockMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ll2sim.New(ll2sim.Options{Limit: -1})
		count := func(target string) int { return countOf(t, s, target) }
		for _, list := range []string{"launches", "events"} {
			all := count("/2.3.0/" + list + "/")
			upcoming, previous := count("/2.3.0/"+list+"/upcoming/"), count("/2.3.0/"+list+"/previous/")
			hidden := count("/2.3.0/" + list + "/upcoming/?hide_recent_previous=true")
			if upcoming+previous <= all || hidden+previous != all {
				t.Errorf("%s: %d upcoming, %d without the recent, %d previous, of %d", list, upcoming, hidden, previous, all)
			}
			time.Sleep(7 * 24 * time.Hour)
			later := count("/2.3.0/" + list + "/upcoming/")
			if moved := count("/2.3.0/"+list+"/previous/") - previous; moved < 10 || upcoming-later < 10 {
				t.Errorf("%s: %d moved in a week, %d upcoming became %d", list, moved, upcoming, later)
			}
		}
	})
}

func TestHide(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{Limit: -1})
	second := func() int {
		var body struct {
			Count   int
			Results []struct{ ID int }
		}
		decode(t, ask(t, s, http.MethodGet, "/2.3.0/spacecraft/?limit=1&offset=1"), &body)
		return body.Count*1000 + body.Results[0].ID
	}
	for _, tt := range []struct{ hide, want int }{{0, 590002}, {3, 587005}, {0, 590002}} {
		s.Hide("spacecraft", tt.hide)
		if got := second(); got != tt.want {
			t.Errorf("%d hidden: count and second id %d, want %d", tt.hide, got, tt.want)
		}
	}
	s.Hide("spacecraft", 1000)
	if got := status(t, s, "/2.3.0/spacecraft/590/"); got != http.StatusNotFound {
		t.Errorf("a hidden object: %d, want 404", got)
	}
}
