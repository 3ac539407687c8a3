package main

import (
	"net/http/httptest"
	"strings"
	"testing"

	"perigee/proxy/ll2sim"
)

// The metrics tell of a limit if there is one, and once it is known.
func TestTheLimitIsToldOnceItIsKnown(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(ll2sim.New(ll2sim.Options{}))
	t.Cleanup(upstream.Close)
	const (
		told     = "\nperigee_quota_remaining 15\n"
		reported = "\nperigee_upstream_requests_total{endpoint=\"api-throttle\",status=\"200\"} 1\n"
		failed   = "\nperigee_quota_report_failures_total 1\n"
	)
	for _, tt := range []struct{ name, upstream, quota, until string }{
		{"upstream tells", upstream.URL, "auto", told},
		{"the settings tell", "http://" + nobody, "15/1h", told},
		{"upstream cannot be reached", "http://" + nobody, "auto", failed},
		{"there is none", upstream.URL, "off", reported},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := serveHere(t, "PERIGEE_UPSTREAM_URL="+tt.upstream, "PERIGEE_QUOTA="+tt.quota, "PERIGEE_DATA_DIR=off")
			p.await(t, tt.until)
			_, body := get(t, p.admin+"/metrics")
			for _, name := range []string{"limit", "used", "remaining", "period_seconds", "next_slot_seconds"} {
				if got := strings.Contains(body, "\nperigee_quota_"+name+" "); got != (tt.until == told) {
					t.Errorf("whether it tells perigee_quota_%s: %v", name, got)
				}
			}
		})
	}
}
