package metrics

import (
	"cmp"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Bounds of the native histograms. Each bucket reaches at most 10 % beyond the one
// before, so that 160 of them lead from 50 µs to 50 s. When they do not suffice the
// histogram starts anew, at most once an hour, or else becomes coarser.
const (
	nativeFactor     = 1.1
	nativeMaxBuckets = 160
	nativeMinReset   = time.Hour
)

// requestBuckets reach from a hit written out of memory to a client that waited
// for the quota and then for a slow upstream.
func requestBuckets() []float64 {
	return []float64{
		50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3,
		.1, .25, .5, 1, 2.5, 5, 10, 30,
	}
}

// upstreamBuckets reach from an answer out of upstream's own cache to its timeout.
func upstreamBuckets() []float64 {
	return []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 30}
}

// factory registers collectors as it makes them.
type factory struct{ auto promauto.Factory }

func (f factory) counter(name, help string) prometheus.Counter {
	return f.auto.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
}

func (f factory) counters(name, help string, labels ...string) *prometheus.CounterVec {
	return f.auto.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func (f factory) gauge(name, help string) prometheus.Gauge {
	return f.auto.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
}

func (f factory) gaugeFunc(name, help string, read func() int) {
	f.auto.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(read()) })
}

// closed makes a counter for each value of a closed set.
func (f factory) closed(name, help, label string, set labelSet) *prometheus.CounterVec {
	vec := f.counters(name, help, label)
	for _, v := range set.values {
		vec.WithLabelValues(v)
	}
	return vec
}

// histograms makes one histogram for each value of a closed set, in its order.
func (f factory) histograms(name, help, label string, buckets []float64, values []string) []prometheus.Observer {
	vec := f.auto.NewHistogramVec(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor:     nativeFactor,
		NativeHistogramMaxBucketNumber:  nativeMaxBuckets,
		NativeHistogramMinResetDuration: nativeMinReset,
	}, []string{label})
	all := make([]prometheus.Observer, len(values))
	for i, v := range values {
		all[i] = vec.WithLabelValues(v)
	}
	return all
}

// BuildInfo tells which program is running.
type BuildInfo struct {
	// Version is the release. If empty, "unknown".
	Version string
	// Revision is the commit it was built from. If empty, "unknown".
	Revision string
	// GoVersion is the toolchain's. If empty, that of the running program.
	GoVersion string
}

func (f factory) build(b BuildInfo) {
	f.auto.NewGauge(prometheus.GaugeOpts{
		Name: buildName, Help: buildHelp,
		ConstLabels: prometheus.Labels{
			labelVersion:   cmp.Or(b.Version, "unknown"),
			labelRevision:  cmp.Or(b.Revision, "unknown"),
			labelGoVersion: cmp.Or(b.GoVersion, runtime.Version()),
		},
	}).Set(1)
}

// registerRuntime adds what the Go runtime and the operating system tell of the
// process. The runtime/metrics form is asked for, which does not stop the world.
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
