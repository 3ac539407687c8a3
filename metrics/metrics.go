// Package metrics holds every metric of Perigee: names, help texts and labels
// stand in names.go, the sets that labels are drawn from in labels.go. Other
// packages do not import it. They define small observer interfaces of basic
// types, which *Metrics satisfies, and only the program wires the two together.
//
// Labels are drawn from closed sets: whatever a client or upstream sends, the
// number of series is bounded.
package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Options configure the metrics.
type Options struct {
	// Build tells which program is running.
	Build BuildInfo
	// Endpoints is the closed set of endpoint labels. Any other counts as
	// "other". If nil, every one does.
	Endpoints []string
	// CacheStats is asked for the state of the cache in memory, once a scrape. It
	// must be safe for concurrent use. If nil, there are no cache metrics.
	CacheStats func() CacheStats
	// DiskStats is the same for the cache on disk. If nil, there are no metrics of it.
	DiskStats func() DiskStats
	// ValkeyStats is the same for what replicas share.
	ValkeyStats func() ValkeyStats
	// QuotaStats is asked for the state of the quota, once a scrape, and
	// QuotaClients for the n clients that spent most, at most. Both must be safe
	// for concurrent use. If nil, there are no such metrics.
	QuotaStats   func() QuotaStats
	QuotaClients func(n int) []ClientUse
	// WindowsHeld is asked how many windows are held, once a scrape. If nil, there
	// is no such metric.
	WindowsHeld func() int
	// Now is the clock. If nil, time.Now.
	Now func() time.Time
}

// Metrics counts what the proxy does. All methods are safe for concurrent use.
type Metrics struct {
	requests       *requestCounters
	requestSeconds []prometheus.Observer // by position of the outcome
	inFlight       prometheus.Gauge
	fetches        prometheus.Gauge
	waiters        prometheus.Counter
	panics         prometheus.Counter

	reasons, directives labelSet
	worse, overridden   *prometheus.CounterVec

	endpoints        labelSet
	statuses         *statusSet
	upstreamRequests *prometheus.CounterVec
	upstreamSeconds  map[string]prometheus.Observer // by result

	quotaFailures prometheus.Counter
	decisions     decisions
	windows       windows
	ignored       *ignored
}

// New makes the metrics and registers them, and those of the Go runtime and of
// the process, with reg. Like every MustRegister it panics if reg holds a metric
// of the same name: a registry takes one Metrics.
func New(reg prometheus.Registerer, o Options) *Metrics {
	if o.Now == nil {
		o.Now = time.Now
	}
	f := factory{promauto.With(reg)}
	m := &Metrics{
		inFlight: f.gauge(requestsInFlightName, requestsInFlightHelp),
		fetches:  f.gauge(fetchesInFlightName, fetchesInFlightHelp),
		waiters:  f.counter(waitersName, waitersHelp),
		panics:   f.counter(panicsName, panicsHelp),

		reasons: newLabelSet(reasons()), directives: newLabelSet(directives()),
		endpoints: newLabelSet(o.Endpoints), statuses: newStatusSet(),

		quotaFailures: f.counter(quotaFailuresName, quotaFailuresHelp),
	}
	m.worse = f.closed(worseName, worseHelp, labelReason, m.reasons)
	m.overridden = f.closed(overriddenName, overriddenHelp, labelDirective, m.directives)
	m.decisions = f.decisions()
	m.windows = f.windows()
	m.ignored = f.ignored()
	if o.WindowsHeld != nil {
		f.gaugeFunc(windowsHeldName, windowsHeldHelp, o.WindowsHeld)
	}
	m.makeRequests(f)
	m.makeUpstream(f)
	f.build(o.Build)
	if o.CacheStats != nil {
		reg.MustRegister(newCacheCollector(o.CacheStats))
	}
	if o.DiskStats != nil {
		reg.MustRegister(newDiskCollector(o.DiskStats))
	}
	if o.ValkeyStats != nil {
		reg.MustRegister(newValkeyCollector(o.ValkeyStats))
	}
	if o.QuotaStats != nil {
		reg.MustRegister(newQuotaCollector(o.Now, o.QuotaStats, o.QuotaClients))
	}
	registerRuntime(reg)
	return m
}

func (m *Metrics) makeRequests(f factory) {
	outcomes := newLabelSet(Outcomes())
	m.requests = newRequestCounters(
		f.counters(requestsName, requestsHelp, labelOutcome, labelEndpoint, labelStatus),
		outcomes, m.endpoints, m.statuses)
	m.requestSeconds = f.histograms(requestSecondsName, requestSecondsHelp,
		labelOutcome, requestBuckets(), outcomes.values)
}

// makeUpstream also makes the counter of each endpoint's successes. With 15
// requests an hour most of them are the first of their series, and increase()
// misses the first unless there was a zero before it.
func (m *Metrics) makeUpstream(f factory) {
	m.upstreamRequests = f.counters(upstreamRequestsName, upstreamRequestsHelp, labelEndpoint, labelStatus)
	for _, endpoint := range m.endpoints.values {
		m.upstreamRequests.WithLabelValues(endpoint, "200")
	}
	m.upstreamSeconds = make(map[string]prometheus.Observer)
	observers := f.histograms(upstreamSecondsName, upstreamSecondsHelp, labelResult, upstreamBuckets(), results())
	for i, result := range results() {
		m.upstreamSeconds[result] = observers[i]
	}
}

// RequestStarted counts a request as being answered, until RequestEnded.
func (m *Metrics) RequestStarted() { m.inFlight.Inc() }

// RequestEnded counts a request that was answered, and how long that took. It
// allocates nothing.
func (m *Metrics) RequestEnded(outcome, endpoint string, status int, took time.Duration) {
	m.inFlight.Dec()
	position := m.requests.inc(outcome, endpoint, status)
	m.requestSeconds[position].Observe(took.Seconds())
}

// WaiterJoined counts a request that waits for a fetch which another one caused.
func (m *Metrics) WaiterJoined() { m.waiters.Inc() }

// FlightStarted counts a fetch as being under way, until FlightEnded.
func (m *Metrics) FlightStarted() { m.fetches.Inc() }

// FlightEnded is the end of what FlightStarted began.
func (m *Metrics) FlightEnded() { m.fetches.Dec() }

// WorseAnswerKept counts an answer of upstream that was kept out because a better
// one is held. Unknown reasons count as "other".
func (m *Metrics) WorseAnswerKept(reason string) {
	m.worse.WithLabelValues(m.reasons.bound(reason)).Inc()
}

// Overridden counts a Cache-Control directive of upstream that the settings
// override. Unknown directives count as "other".
func (m *Metrics) Overridden(directive string) {
	m.overridden.WithLabelValues(m.directives.bound(directive)).Inc()
}

// PanicRecovered counts a panic that was caught.
func (m *Metrics) PanicRecovered() { m.panics.Inc() }

// UpstreamAnswered counts a request that was sent upstream under an endpoint
// label. Status 0 means that no response came.
func (m *Metrics) UpstreamAnswered(label string, status int, took time.Duration) {
	m.upstreamRequests.WithLabelValues(m.endpoints.bound(label), m.statuses.bound(status)).Inc()
	m.upstreamSeconds[resultOf(status)].Observe(took.Seconds())
}

// ThrottleReportFailed counts a throttle report that did not come or made no sense.
func (m *Metrics) ThrottleReportFailed() { m.quotaFailures.Inc() }
