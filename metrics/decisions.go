package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

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
