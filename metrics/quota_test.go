package metrics

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestQuota(t *testing.T) {
	for _, tt := range []struct {
		name                  string
		limit, used           int
		next, later           time.Duration
		wantUsed, wantLeft    float64
		wantNextIn, wantOlder float64
	}{
		{"at once", 15, 4, 10 * time.Minute, 0, 4, 11, 600, 0},
		{"the next slot comes nearer", 15, 4, 10 * time.Minute, 9 * time.Minute, 4, 11, 60, 540},
		{"and is due", 15, 4, 10 * time.Minute, 11 * time.Minute, 4, 11, 0, 660},
		{"used over the limit", 15, 17, time.Minute, 0, 17, 0, 60, 0},
		{"just before the period ends", 15, 15, time.Minute, time.Hour - time.Second, 15, 0, 0, 3599},
		{"all has come back", 15, 15, time.Minute, time.Hour, 0, 15, 0, 3600},
		{"the clock went back", 15, 4, time.Minute, -time.Hour, 4, 11, 60, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reg := prometheus.NewRegistry()
			m := New(reg, Options{Now: func() time.Time { return noon.Add(tt.later) }})
			m.SetQuota(tt.limit, tt.used, time.Hour, tt.next, noon)
			for name, want := range map[string]float64{
				quotaLimitName: float64(tt.limit), quotaPeriodName: 3600,
				quotaUsedName: tt.wantUsed, quotaRemainingName: tt.wantLeft,
				quotaNextName: tt.wantNextIn, quotaAgeName: tt.wantOlder,
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

// TestQuotaUnknown: before the first report nothing is claimed, in particular not
// that no request is left.
func TestQuotaUnknown(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := New(reg, Options{})
	m.ThrottleReportFailed()
	for _, name := range []string{quotaLimitName, quotaUsedName, quotaRemainingName, quotaNextName, quotaAgeName} {
		if got := seriesOf(t, reg, name); got != nil {
			t.Errorf("%s is exported before the first report: %v", name, got)
		}
	}
	if got := seriesOf(t, reg, quotaFailuresName)[0].GetCounter().GetValue(); got != 1 {
		t.Errorf("%v failures, want 1", got)
	}
}
