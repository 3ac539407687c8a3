// Package metrics holds every metric of Perigee: those of events in metrics.go,
// those of a state that is read when it is scraped in state.go, and the closed sets
// that labels are drawn from in labels.go. The packages that something happens in
// do not import it: they define small observer interfaces of basic types, which
// *Metrics satisfies, and only the program wires the two together.
//
// Names end in a base unit, seconds or bytes, and those of counters in _total.
// Whatever a client or upstream sends, the number of series is bounded.
package metrics

import (
	"cmp"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"perigee/cache"
	"perigee/cache/disk"
	"perigee/cache/valkey"
	"perigee/proxy/cluster"
	"perigee/proxy/quota"
)

// Options configure the metrics. Each function is called once a scrape and must be
// safe for concurrent use. If it is nil, its metrics do not exist.
type Options struct {
	// Build says which program is running.
	Build BuildInfo
	// Endpoints is the closed set of endpoint labels. Any other counts as
	// "other". If nil, every one does.
	Endpoints []string
	// Memory, Disk and Shared are the states of the cache's tiers, and Valkey that of
	// the connection to the last of them.
	Memory func() cache.Stats
	Disk   func() disk.Stats
	Valkey func() valkey.Stats
	Shared func() valkey.TierStats
	// Cluster says which replica leads.
	Cluster func() cluster.Status
	// Quota is the state of the quota. QuotaClients returns the n clients that spent
	// most of it, at most.
	Quota        func() quota.Stats
	QuotaClients func(n int) []quota.ClientUse
	// Record returns how often the record of the quota could not be saved, and why it
	// cannot be now: "" if it can.
	Record func() (failures uint64, unhealthy string)
	// WindowsCached is the number of windows that are cached.
	WindowsCached func() int
	// Now is the clock. If nil, time.Now.
	Now func() time.Time
}

// BuildInfo says which program is running.
type BuildInfo struct {
	// Version is the release. If empty, "unknown".
	Version string
	// Revision is the commit it was built from. If empty, "unknown".
	Revision string
	// GoVersion is the toolchain's. If empty, that of the running program.
	GoVersion string
}

// Metrics counts what the proxy does. All methods are safe for concurrent use.
type Metrics struct {
	requestMetrics
	fetchMetrics
	upstreamMetrics
	listMetrics
	quotaMetrics
	clusterMetrics
}

// New makes the metrics and registers them, and those of the Go runtime and of
// the process, with reg. Like every MustRegister it panics if reg holds a metric
// of the same name: a registry takes one Metrics.
func New(reg prometheus.Registerer, o Options) *Metrics {
	if o.Now == nil {
		o.Now = time.Now
	}
	f := factory{promauto.With(reg)}
	endpoints, statuses := newLabelSet(o.Endpoints), newStatusSet()
	m := &Metrics{
		requestMetrics:  newRequestMetrics(f, endpoints, statuses),
		fetchMetrics:    newFetchMetrics(f, endpoints),
		upstreamMetrics: newUpstreamMetrics(f, endpoints, statuses),
		listMetrics:     newListMetrics(f),
		quotaMetrics:    newQuotaMetrics(f),
	}
	if o.Cluster != nil {
		m.clusterMetrics = newClusterMetrics(f)
	}
	f.auto.NewGauge(prometheus.GaugeOpts{
		Name: "perigee_build_info", Help: "Always 1; the labels say which build is running.",
		ConstLabels: prometheus.Labels{
			"version":   cmp.Or(o.Build.Version, "unknown"),
			"revision":  cmp.Or(o.Build.Revision, "unknown"),
			"goversion": cmp.Or(o.Build.GoVersion, runtime.Version()),
		},
	}).Set(1)
	registerStates(reg, o)
	registerRuntime(reg)
	return m
}

// registerRuntime adds the metrics of the process by the Go runtime and the
// operating system. Those of runtime/metrics do not stop the world.
func registerRuntime(reg prometheus.Registerer) {
	reg.MustRegister(
		collectors.NewGoCollector(
			collectors.WithGoCollectorMemStatsMetricsDisabled(),
			collectors.WithGoCollectorRuntimeMetrics(
				collectors.MetricsGC, collectors.MetricsMemory, collectors.MetricsScheduler),
		),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
}

// Handler serves what g gathers, as OpenMetrics or as Prometheus text, whichever
// the scraper prefers. Simultaneous scrapes share one gathering.
//
// A collector that fails takes only its own metrics away: a proxy in trouble is
// when the others are needed, and a failed scrape would read as a dead instance.
func Handler(g prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(g, promhttp.HandlerOpts{
		EnableOpenMetrics: true,
		CoalesceGather:    true,
		ErrorHandling:     promhttp.ContinueOnError,
	})
}

type requestMetrics struct {
	requests        *requestCounters
	requestDuration []prometheus.Observer // by position of the outcome
	inFlight        prometheus.Gauge
	panics          prometheus.Counter
}

func newRequestMetrics(f factory, endpoints labelSet, statuses *statusSet) (m requestMetrics) {
	known := newLabelSet(outcomes())
	m.requests = newRequestCounters(f.counters("perigee_requests_total",
		"Requests answered, by outcome, endpoint and status.", "outcome", "endpoint", "status"),
		known, endpoints, statuses)
	// From a cache hit to a client that waited for the quota and a slow upstream.
	m.requestDuration = f.histograms("perigee_request_duration_seconds",
		"Time from the head of a request to the end of its answer, in seconds, by outcome.", "outcome", known.values,
		50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, .1, .25, .5, 1, 2.5, 5, 10, 30)
	m.inFlight = f.gauge("perigee_requests_in_flight", "Requests being answered.")
	m.panics = f.counter("perigee_panics_recovered_total", "Panics that were recovered from. Each one is a defect.")
	return m
}

// RequestStarted counts a request as being answered, until RequestEnded.
func (m *requestMetrics) RequestStarted() { m.inFlight.Inc() }

// RequestEnded counts a request that was answered, and how long that took. It
// allocates nothing.
func (m *requestMetrics) RequestEnded(outcome, endpoint string, status int, took time.Duration) {
	m.inFlight.Dec()
	position := m.requests.inc(outcome, endpoint, status)
	m.requestDuration[position].Observe(took.Seconds())
}

// PanicRecovered counts a panic that was recovered from.
func (m *requestMetrics) PanicRecovered() { m.panics.Inc() }

type fetchMetrics struct {
	fetches    prometheus.Gauge
	waiters    prometheus.Counter
	downgrades closedCounter
	overridden closedCounter

	stale     *prometheus.CounterVec
	details   labelSet
	endpoints labelSet
}

func newFetchMetrics(f factory, endpoints labelSet) (m fetchMetrics) {
	m = fetchMetrics{details: newLabelSet(staleDetails()), endpoints: endpoints}
	m.fetches = f.gauge("perigee_fetches_in_flight", "Fetches under way, each for one resource and all requests that wait for it.")
	m.waiters = f.counter("perigee_coalesced_waiters_total", "Requests that joined a fetch which another request had started.")
	m.downgrades = f.closed("perigee_downgrades_rejected_total",
		"Upstream answers that did not replace a better cached one, by what was wrong with them.", "reason", reasons())
	m.overridden = f.closed("perigee_overridden_directives_total",
		"Cache-Control directives of upstream that the settings override, by directive.", "directive", directives())
	m.stale = f.counters("perigee_stale_answers_total",
		"Stale answers, by why they were served, and by endpoint.", "reason", "endpoint")
	return m
}

// FetchStarted counts a fetch as being under way, until FetchEnded.
func (m *fetchMetrics) FetchStarted() { m.fetches.Inc() }

// FetchEnded ends what FetchStarted began.
func (m *fetchMetrics) FetchEnded() { m.fetches.Dec() }

// WaiterJoined counts a request that waits for a fetch which another one started.
func (m *fetchMetrics) WaiterJoined() { m.waiters.Inc() }

// DowngradeRejected counts an answer of upstream that did not replace a better
// cached one. Unknown reasons count as "other".
func (m *fetchMetrics) DowngradeRejected(reason string) { m.downgrades.inc(reason) }

// DirectiveOverridden counts a Cache-Control directive of upstream that the
// settings override. Unknown directives count as "other".
func (m *fetchMetrics) DirectiveOverridden(directive string) { m.overridden.inc(directive) }

// StaleServed counts a stale answer and why it was served.
func (m *fetchMetrics) StaleServed(detail, endpoint string) {
	m.stale.WithLabelValues(m.details.bound(detail), m.endpoints.bound(endpoint)).Inc()
}

type upstreamMetrics struct {
	upstreamRequests *prometheus.CounterVec
	labels           labelSet // those of the endpoints
	statuses         *statusSet
	upstreamDuration []prometheus.Observer // by position of the result
	results          labelSet
}

// newUpstreamMetrics also makes the counter of each endpoint's successes. With 15
// requests an hour most of them are the first of their series, and increase()
// misses the first unless there was a zero before it.
func newUpstreamMetrics(f factory, endpoints labelSet, statuses *statusSet) (m upstreamMetrics) {
	m = upstreamMetrics{labels: endpoints, statuses: statuses, results: newLabelSet(results())}
	m.upstreamRequests = f.counters("perigee_upstream_requests_total",
		"Requests sent upstream, by endpoint and status; the status is none where no response came.", "endpoint", "status")
	for _, endpoint := range endpoints.values {
		m.upstreamRequests.WithLabelValues(endpoint, "200")
	}
	// From an answer out of upstream's own cache to its timeout.
	m.upstreamDuration = f.histograms("perigee_upstream_request_duration_seconds",
		"Time from an upstream request to the end of its response, in seconds, by result.", "result", results(),
		.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 30)
	return m
}

// UpstreamAnswered counts a request that was sent upstream under an endpoint
// label. Status 0 means that no response came.
func (m *upstreamMetrics) UpstreamAnswered(label string, status int, took time.Duration) {
	m.upstreamRequests.WithLabelValues(m.labels.bound(label), m.statuses.bound(status)).Inc()
	m.upstreamDuration[m.results.find(resultOf(status))].Observe(took.Seconds())
}

type listMetrics struct {
	oneWindow, twoWindows prometheus.Counter
	mixed, objects        prometheus.Counter
	rejected              closedCounter
	ignored               *boundedCounter
}

func newListMetrics(f factory) (m listMetrics) {
	cuts := f.counters("perigee_pages_cut_total", "Answers that were cut from windows, by how many of these they needed: one, or two.", "windows")
	m.oneWindow, m.twoWindows = cuts.WithLabelValues("one"), cuts.WithLabelValues("two")
	m.mixed = f.counter("perigee_pages_mixed_total", "Answers that were cut from windows of different states of the list, because the quota was spent.")
	m.objects = f.counter("perigee_objects_from_lists_total", "Answers for an object that was an element of a cached list.")
	m.rejected = f.closed("perigee_windows_rejected_total",
		"Answers that were not the window that was asked for, by what was wrong.", "reason", windowFaults())
	m.ignored = newBoundedCounter(f.counters("perigee_ignored_parameters_total",
		"Requests with a parameter that the endpoint does not know, by its name; after the first 64 names, other.", "name"))
	return m
}

// PageCut counts an answer that was cut from one window or, if it straddles, from
// two. mixed means that these are of different states of the list.
func (m *listMetrics) PageCut(straddles, mixed bool) {
	if mixed {
		m.mixed.Inc()
	}
	if straddles {
		m.twoWindows.Inc()
		return
	}
	m.oneWindow.Inc()
}

// ObjectFromList counts an answer for an object that was an element of a cached list.
func (m *listMetrics) ObjectFromList() { m.objects.Inc() }

// WindowRejected counts an answer that was not the window that was asked for. Unknown
// reasons count as "other".
func (m *listMetrics) WindowRejected(reason string) { m.rejected.inc(reason) }

// ParameterIgnored counts a request with a parameter that its endpoint does not
// know. Clients choose the names: those after the first 64 count as "other".
func (m *listMetrics) ParameterIgnored(name string) { m.ignored.inc(name) }

type quotaMetrics struct {
	reportFailures   prometheus.Counter
	granted, dropped closedCounter
	refused          *prometheus.CounterVec
	refusals         labelSet
	waits            []prometheus.Observer // by position of the priority
}

func newQuotaMetrics(f factory) (m quotaMetrics) {
	m = quotaMetrics{refusals: newLabelSet(refusals())}
	m.reportFailures = f.counter("perigee_quota_report_failures_total", "Throttle reports of upstream that could not be fetched or understood.")
	m.granted = f.closed("perigee_quota_granted_total", "Fetches that were granted a request of the quota, by priority.", "priority", priorities())
	m.dropped = f.closed("perigee_quota_dropped_total",
		"Fetches that no client waited for any more when a request became free, and that cost nothing, by priority.", "priority", priorities())
	m.refused = f.counters("perigee_quota_refused_total",
		"Fetches that were refused a request of the quota, by priority and reason.", "priority", "reason")
	// From a request that was free to the longest wait that makes sense.
	m.waits = f.histograms("perigee_quota_wait_seconds",
		"Time that fetches waited until the quota was granted or refused, in seconds, by priority.", "priority", m.granted.values,
		.001, .01, .1, .5, 1, 2, 4, 8, 16, 32)
	return m
}

// QuotaGranted counts a fetch that was granted a request, and how long it waited.
func (m *quotaMetrics) QuotaGranted(priority string, waited time.Duration) {
	m.granted.inc(priority)
	m.waits[m.granted.find(priority)].Observe(waited.Seconds())
}

// QuotaRefused counts a fetch that was refused one, and how long it waited.
func (m *quotaMetrics) QuotaRefused(priority, reason string, waited time.Duration) {
	m.refused.WithLabelValues(m.granted.bound(priority), m.refusals.bound(reason)).Inc()
	m.waits[m.granted.find(priority)].Observe(waited.Seconds())
}

// QuotaDropped counts a fetch that no client waited for any more. It cost nothing.
func (m *quotaMetrics) QuotaDropped(priority string) { m.dropped.inc(priority) }

// ThrottleReportFailed counts a throttle report that did not come or made no sense.
func (m *quotaMetrics) ThrottleReportFailed() { m.reportFailures.Inc() }

// clusterMetrics is empty where there are no replicas.
type clusterMetrics struct {
	delegated         []prometheus.Observer // by position of the outcome
	delegatedOutcomes labelSet
}

func newClusterMetrics(f factory) (m clusterMetrics) {
	m.delegatedOutcomes = newLabelSet(delegations())
	// From a page that was cached by then to a client that waited for the quota and a slow upstream.
	m.delegated = f.histograms("perigee_delegated_fetch_duration_seconds",
		"Time until a fetch that was handed to the replica that leads came to an end, in seconds, by outcome.",
		"outcome", m.delegatedOutcomes.values,
		1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, .1, .25, .5, 1, 2.5, 5, 10, 30)
	return m
}

// FetchDelegated counts a fetch that was handed to the replica that leads, and how
// long it took. Unknown outcomes count as "other".
func (m *clusterMetrics) FetchDelegated(outcome string, took time.Duration) {
	if len(m.delegated) > 0 {
		m.delegated[m.delegatedOutcomes.find(outcome)].Observe(took.Seconds())
	}
}
