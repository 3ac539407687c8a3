package metrics

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"perigee/proxy/quota"
)

func TestQuota(t *testing.T) {
	state := func(own, others int) quota.Stats {
		return quota.Stats{Known: true, Limit: 15, Period: time.Hour, Next: time.Minute, Own: own, Foreign: others, Reported: noon}
	}
	for _, tt := range []struct {
		name                     string
		stats                    quota.Stats
		later                    time.Duration
		wantUsed, left, wantAged float64
	}{
		{"nothing is spent", state(0, 0), 0, 0, 15, 0},
		{"by Perigee and by others", state(4, 3), time.Second, 7, 8, 1},
		{"all is", state(15, 0), 2 * time.Hour, 15, 0, 7200},
		{"and more, since the limit was lowered", state(15, 2), 0, 17, 0, 0},
		{"the clock went back", state(4, 0), -time.Hour, 4, 11, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reg := prometheus.NewRegistry()
			New(reg, Options{
				Now:   func() time.Time { return noon.Add(tt.later) },
				Quota: func() quota.Stats { return tt.stats },
			})
			for name, want := range map[string]float64{
				"perigee_quota_limit": 15, "perigee_quota_period_seconds": 3600, "perigee_quota_next_slot_seconds": 60,
				"perigee_quota_used": tt.wantUsed, "perigee_quota_remaining": tt.left, "perigee_quota_report_age_seconds": tt.wantAged,
			} {
				series := seriesOf(t, reg, name)
				if len(series) != 1 {
					t.Fatalf("%s has %d series, want 1", name, len(series))
				}
				if got := series[0].GetGauge().GetValue(); got != want {
					t.Errorf("%s = %v, want %v", name, got, want)
				}
			}
		})
	}
}

// Before the limit is known nothing is claimed of it, in particular not that no
// request is left; nor is an age, before there is a report.
func TestQuotaUnknown(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := New(reg, Options{Quota: func() quota.Stats { return quota.Stats{Own: 1, Waiting: 2} }})
	m.ThrottleReportFailed()
	for _, name := range []string{"perigee_quota_limit", "perigee_quota_used", "perigee_quota_remaining", "perigee_quota_period_seconds", "perigee_quota_next_slot_seconds", "perigee_quota_report_age_seconds"} {
		if got := seriesOf(t, reg, name); got != nil {
			t.Errorf("%s is exported though it is not known: %v", name, got)
		}
	}
	if got := seriesOf(t, reg, "perigee_quota_waiting")[0].GetGauge().GetValue(); got != 2 {
		t.Errorf("%v waiting, want 2", got)
	}
	if got := seriesOf(t, reg, "perigee_quota_report_failures_total")[0].GetCounter().GetValue(); got != 1 {
		t.Errorf("%v failures, want 1", got)
	}
}
