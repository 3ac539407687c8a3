package metrics

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// quotaReport is upstream's throttle report as it was at a moment.
type quotaReport struct {
	limit, used  int
	period, next time.Duration
	at           time.Time
}

// quotaCollector tells the last report. It is a collector and not a set of gauges
// because two of its values change with time alone, and because before the first
// report there is nothing true to tell: then it exports nothing.
type quotaCollector struct {
	now  func() time.Time
	last atomic.Pointer[quotaReport]

	limit, used, remaining, period, next, age *prometheus.Desc
}

func newQuotaCollector(now func() time.Time) *quotaCollector {
	return &quotaCollector{
		now:       now,
		limit:     prometheus.NewDesc(quotaLimitName, quotaLimitHelp, nil, nil),
		used:      prometheus.NewDesc(quotaUsedName, quotaUsedHelp, nil, nil),
		remaining: prometheus.NewDesc(quotaRemainingName, quotaRemainingHelp, nil, nil),
		period:    prometheus.NewDesc(quotaPeriodName, quotaPeriodHelp, nil, nil),
		next:      prometheus.NewDesc(quotaNextName, quotaNextHelp, nil, nil),
		age:       prometheus.NewDesc(quotaAgeName, quotaAgeHelp, nil, nil),
	}
}

func (c *quotaCollector) set(r quotaReport) { c.last.Store(&r) }

// Describe is part of prometheus.Collector.
func (c *quotaCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.limit, c.used, c.remaining, c.period, c.next, c.age} {
		ch <- d
	}
}

// Collect is part of prometheus.Collector.
func (c *quotaCollector) Collect(ch chan<- prometheus.Metric) {
	r := c.last.Load()
	if r == nil {
		return
	}
	age, used := max(0, c.now().Sub(r.at)), r.used
	if age >= r.period { // all that the report counted has left the sliding period
		used = 0
	}
	gauge := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	gauge(c.limit, float64(r.limit))
	gauge(c.used, float64(used))
	gauge(c.remaining, float64(max(0, r.limit-used)))
	gauge(c.period, r.period.Seconds())
	gauge(c.next, max(0, r.next-age).Seconds())
	gauge(c.age, age.Seconds())
}
