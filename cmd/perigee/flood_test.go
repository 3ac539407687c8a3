package main

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"perigee/proxy/ll2sim"
)

// TestAFloodOfSearches: pages that everybody asks for were gone, from memory and from
// disk, after one client had searched for enough else, and a restart changed nothing.
func TestAFloodOfSearches(t *testing.T) {
	t.Parallel()
	const popular, searches = 40, 450
	sim := ll2sim.New(ll2sim.Options{Limit: -1})
	upstream := httptest.NewServer(sim)
	defer upstream.Close()
	environ := []string{
		"PERIGEE_UPSTREAM_URL=" + upstream.URL, "PERIGEE_DATA_DIR=" + t.TempDir(), "PERIGEE_QUOTA=off",
		"PERIGEE_CACHE_SIZE=1MiB", "PERIGEE_DATA_SIZE=2MiB",
	}
	for run := range 2 {
		t.Run(fmt.Sprint("run ", run), func(t *testing.T) {
			a := serveTo(t, newOutput(), environ)
			for n := range popular * 5 {
				if run == 0 {
					get(t, a.TrafficURL()+page(n%popular))
				}
			}
			for n := range searches {
				get(t, fmt.Sprintf("%s/2.3.0/launches/?limit=1&search=run%dand%d", a.TrafficURL(), run, n))
			}
			before := sim.Requests().Billed
			for n := range popular {
				get(t, a.TrafficURL()+page(n))
			}
			if spent := sim.Requests().Billed - before; spent > popular/20 {
				t.Errorf("%d of %d popular pages were fetched again", spent, popular)
			}
		})
	}
}
