package metrics

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestQuota(t *testing.T) {
	state := func(own, others int) QuotaStats {
		return QuotaStats{Limit: 15, Period: time.Hour, Next: time.Minute, Own: own, Foreign: others, Reported: noon}
	}
	for _, tt := range []struct {
		name                     string
		stats                    QuotaStats
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
				Now:        func() time.Time { return noon.Add(tt.later) },
				QuotaStats: func() QuotaStats { return tt.stats },
			})
			for name, want := range map[string]float64{
				quotaLimitName: 15, quotaPeriodName: 3600, quotaNextName: 60,
				quotaUsedName: tt.wantUsed, quotaRemainingName: tt.left, quotaAgeName: tt.wantAged,
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
	m := New(reg, Options{QuotaStats: func() QuotaStats { return QuotaStats{Own: 1, Waiting: 2} }})
	m.ThrottleReportFailed()
	for _, name := range []string{quotaLimitName, quotaUsedName, quotaRemainingName, quotaPeriodName, quotaNextName, quotaAgeName} {
		if got := seriesOf(t, reg, name); got != nil {
			t.Errorf("%s is exported though it is not known: %v", name, got)
		}
	}
	if got := seriesOf(t, reg, quotaWaitingName)[0].GetGauge().GetValue(); got != 2 {
		t.Errorf("%v waiting, want 2", got)
	}
	if got := seriesOf(t, reg, quotaFailuresName)[0].GetCounter().GetValue(); got != 1 {
		t.Errorf("%v failures, want 1", got)
	}
}
