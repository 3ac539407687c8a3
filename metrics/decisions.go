package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// QuotaStats is the state of the quota as Perigee's own ledger has it.
type QuotaStats struct {
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

// decisions counts what the quota decided.
type decisions struct {
	granted, dropped *prometheus.CounterVec
	refused          *prometheus.CounterVec
	waits            []prometheus.Observer // by position of the priority
	priorities       labelSet
	reasons          labelSet

	stale   *prometheus.CounterVec
	details labelSet
}

func (f factory) decisions() decisions {
	d := decisions{priorities: newLabelSet(priorities()), reasons: newLabelSet(refusals()), details: newLabelSet(staleDetails())}
	d.granted = f.closed(quotaGrantedName, quotaGrantedHelp, labelPriority, d.priorities)
	d.dropped = f.closed(quotaDroppedName, quotaDroppedHelp, labelPriority, d.priorities)
	d.refused = f.counters(quotaRefusedName, quotaRefusedHelp, labelPriority, labelReason)
	d.waits = f.histograms(quotaWaitName, quotaWaitHelp, labelPriority, waitBuckets(), d.priorities.values)
	d.stale = f.counters(staleName, staleHelp, labelReason, labelEndpoint)
	return d
}

// waitBuckets reach from a slot that was free to the longest wait that makes sense.
func waitBuckets() []float64 { return []float64{.001, .01, .1, .5, 1, 2, 4, 8, 16, 32} }

// QuotaGranted counts a fetch that got its turn, and how long it waited for it.
func (m *Metrics) QuotaGranted(priority string, waited time.Duration) {
	d := &m.decisions
	d.granted.WithLabelValues(d.priorities.bound(priority)).Inc()
	d.waits[d.priorities.find(priority)].Observe(waited.Seconds())
}

// QuotaRefused counts a fetch that was told to come back, and how long it waited.
func (m *Metrics) QuotaRefused(priority, reason string, waited time.Duration) {
	d := &m.decisions
	d.refused.WithLabelValues(d.priorities.bound(priority), d.reasons.bound(reason)).Inc()
	d.waits[d.priorities.find(priority)].Observe(waited.Seconds())
}

// QuotaDropped counts a fetch that nobody waited for any more. It cost nothing.
func (m *Metrics) QuotaDropped(priority string) {
	d := &m.decisions
	d.dropped.WithLabelValues(d.priorities.bound(priority)).Inc()
}

// StaleServed counts an answer that was past its freshness, and why it was served.
func (m *Metrics) StaleServed(detail, endpoint string) {
	d := &m.decisions
	d.stale.WithLabelValues(d.details.bound(detail), m.endpoints.bound(endpoint)).Inc()
}

// quotaStateCollector reads the ledger when it is scraped.
type quotaStateCollector struct {
	stats   func() QuotaStats
	clients func(n int) []ClientUse

	spent, waiting, active, client *prometheus.Desc
	replicas, held, alone          *prometheus.Desc
}

func newQuotaStateCollector(stats func() QuotaStats, clients func(n int) []ClientUse) *quotaStateCollector {
	return &quotaStateCollector{
		stats: stats, clients: clients,
		spent:   prometheus.NewDesc(quotaSpentName, quotaSpentHelp, []string{labelBy}, nil),
		waiting: prometheus.NewDesc(quotaWaitingName, quotaWaitingHelp, nil, nil),
		active:  prometheus.NewDesc(quotaClientsName, quotaClientsHelp, nil, nil),
		client:  prometheus.NewDesc(clientUsedName, clientUsedHelp, []string{labelClient}, nil),

		replicas: prometheus.NewDesc(quotaReplicasName, quotaReplicasHelp, nil, nil),
		held:     prometheus.NewDesc(quotaHeldName, quotaHeldHelp, nil, nil),
		alone:    prometheus.NewDesc(quotaAloneName, quotaAloneHelp, nil, nil),
	}
}

// Describe is part of prometheus.Collector.
func (c *quotaStateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.spent, c.waiting, c.active, c.client, c.replicas, c.held, c.alone} {
		ch <- d
	}
}

// Collect is part of prometheus.Collector.
func (c *quotaStateCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s := c.stats()
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
