package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

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
