package metrics

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
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

// factory registers metrics as it makes them.
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

// histograms makes one histogram for each value of a label, in their order.
func (f factory) histograms(name, help, label string, values []string, buckets ...float64) []prometheus.Observer {
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

// closedCounter counts by a label of a closed set. All series exist from the start.
type closedCounter struct {
	labelSet
	vec *prometheus.CounterVec
}

func (f factory) closed(name, help, label string, values []string) closedCounter {
	c := closedCounter{newLabelSet(values), f.counters(name, help, label)}
	for _, v := range c.values {
		c.vec.WithLabelValues(v)
	}
	return c
}

func (c closedCounter) inc(value string) { c.vec.WithLabelValues(c.bound(value)).Inc() }

// Bounds of the names that clients can make labels of.
const (
	maxNames      = 64
	maxNameLength = 40 // bytes
)

// boundedCounter counts by names that clients choose. The set is not closed but
// bounded: the first names that come are told apart.
type boundedCounter struct {
	vec *prometheus.CounterVec

	mu    sync.Mutex // guards names
	names map[string]bool
}

func newBoundedCounter(vec *prometheus.CounterVec) *boundedCounter {
	vec.WithLabelValues(other)
	return &boundedCounter{vec: vec, names: make(map[string]bool)}
}

func (c *boundedCounter) inc(name string) { c.vec.WithLabelValues(c.bound(name)).Inc() }

func (c *boundedCounter) bound(name string) string {
	if len(name) > maxNameLength || !isPlain(name) {
		return other
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.names[name] {
		if len(c.names) >= maxNames {
			return other
		}
		c.names[name] = true
	}
	return name
}

// isPlain reports whether a name is of visible ASCII characters.
func isPlain(name string) bool {
	for i := range len(name) {
		if name[i] <= ' ' || name[i] > '~' {
			return false
		}
	}
	return name != ""
}

// requestCounters counts requests by outcome, endpoint and status. Looking a
// counter up in its vector hashes and compares all label values, which costs more
// than all the rest of counting; so each one is looked up once and its place in a
// table of all combinations is found by arithmetic. The table costs one pointer a
// combination (about 300 KB for the whole API); a series exists only once it counts.
type requestCounters struct {
	vec       *prometheus.CounterVec
	outcomes  labelSet
	endpoints labelSet
	statuses  *statusSet
	cells     []atomic.Pointer[prometheus.Counter]
}

func newRequestCounters(vec *prometheus.CounterVec, outcomes, endpoints labelSet, statuses *statusSet) *requestCounters {
	c := &requestCounters{vec: vec, outcomes: outcomes, endpoints: endpoints, statuses: statuses}
	c.cells = make([]atomic.Pointer[prometheus.Counter],
		len(outcomes.values)*len(endpoints.values)*len(statuses.values))
	for _, outcome := range outcomes.values {
		vec.WithLabelValues(outcome, other, usualStatus(outcome))
	}
	return c
}

// usualStatus is the status under which an outcome exists before it first
// happened, so that a rate over all of the outcome's series is 0 and not unknown.
func usualStatus(outcome string) string {
	switch outcome {
	case "refused":
		return "429"
	case "error", other:
		return "502"
	}
	return "200"
}

// inc counts one request and returns the position of its outcome.
func (c *requestCounters) inc(outcome, endpoint string, status int) (position int) {
	position = c.outcomes.find(outcome)
	e, s := c.endpoints.find(endpoint), c.statuses.find(status)
	cell := &c.cells[(position*len(c.endpoints.values)+e)*len(c.statuses.values)+s]
	counter := cell.Load()
	if counter == nil {
		counter = c.resolve(position, e, s)
		cell.Store(counter) // whoever else stores here stores the same counter
	}
	(*counter).Inc()
	return position
}

func (c *requestCounters) resolve(outcome, endpoint, status int) *prometheus.Counter {
	counter := c.vec.WithLabelValues(
		c.outcomes.values[outcome], c.endpoints.values[endpoint], c.statuses.values[status])
	return &counter
}
