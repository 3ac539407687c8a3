package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// QuotaStats is the state of the quota as Perigee's own ledger has it.
type QuotaStats struct {
	// Limit requests may be spent in one Period. Zero: nothing is limited, or it is
	// not known yet. Then nothing is exported of it, nor of what is used and left.
	Limit  int
	Period time.Duration
	Next   time.Duration // until one can be spent; zero: now
	// Reported is when upstream told of it last; zero: never.
	Reported time.Time

	Own     int // requests that Perigee has spent of the quota, or is spending
	Foreign int // requests that others have spent of it, as far as is known
	Waiting int // fetches that wait for their turn
	Clients int // clients that asked or spent within the period

	Replicas int  // that share the quota
	Held     int  // requests kept for those of them that are away
	Alone    bool // this one can ask none of them
}

// ClientUse is what one client has spent of the quota within the period.
type ClientUse struct {
	Client   string
	Requests float64 // parts of a request that several waited for are fractions
}

// maxClients bounds the clients that are told apart: those that spent most.
const maxClients = 20

// quotaCollector reads the ledger when it is scraped. It is a collector and not a
// set of gauges because time alone changes what it tells, and because as long as
// the limit is not known there is nothing true to tell of what is left.
type quotaCollector struct {
	now     func() time.Time
	stats   func() QuotaStats
	clients func(n int) []ClientUse

	limit, used, remaining, period, next, age *prometheus.Desc
	spent, waiting, active, client            *prometheus.Desc
	replicas, held, alone                     *prometheus.Desc
}

func newQuotaCollector(now func() time.Time, stats func() QuotaStats, clients func(n int) []ClientUse) *quotaCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &quotaCollector{
		now: now, stats: stats, clients: clients,

		limit:     desc(quotaLimitName, quotaLimitHelp),
		used:      desc(quotaUsedName, quotaUsedHelp),
		remaining: desc(quotaRemainingName, quotaRemainingHelp),
		period:    desc(quotaPeriodName, quotaPeriodHelp),
		next:      desc(quotaNextName, quotaNextHelp),
		age:       desc(quotaAgeName, quotaAgeHelp),

		spent:   desc(quotaSpentName, quotaSpentHelp, labelBy),
		waiting: desc(quotaWaitingName, quotaWaitingHelp),
		active:  desc(quotaClientsName, quotaClientsHelp),
		client:  desc(clientUsedName, clientUsedHelp, labelClient),

		replicas: desc(quotaReplicasName, quotaReplicasHelp),
		held:     desc(quotaHeldName, quotaHeldHelp),
		alone:    desc(quotaAloneName, quotaAloneHelp),
	}
}

// Describe is part of prometheus.Collector.
func (c *quotaCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.limit, c.used, c.remaining, c.period, c.next, c.age,
		c.spent, c.waiting, c.active, c.client, c.replicas, c.held, c.alone,
	} {
		ch <- d
	}
}

// Collect is part of prometheus.Collector.
func (c *quotaCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s := c.stats()
	if s.Limit > 0 {
		used := s.Own + s.Foreign
		gauge(c.limit, float64(s.Limit))
		gauge(c.used, float64(used))
		gauge(c.remaining, float64(max(s.Limit-used, 0)))
		gauge(c.period, s.Period.Seconds())
		gauge(c.next, s.Next.Seconds())
	}
	if !s.Reported.IsZero() {
		gauge(c.age, max(c.now().Sub(s.Reported), 0).Seconds())
	}
	gauge(c.spent, float64(s.Own), "perigee")
	gauge(c.spent, float64(s.Foreign), "others")
	gauge(c.waiting, float64(s.Waiting))
	gauge(c.active, float64(s.Clients))
	gauge(c.replicas, float64(s.Replicas))
	gauge(c.held, float64(s.Held))
	gauge(c.alone, truth(s.Alone))
	if c.clients == nil {
		return
	}
	for _, u := range c.clients(maxClients) {
		gauge(c.client, u.Requests, u.Client)
	}
}
