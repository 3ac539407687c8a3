package metrics

import "github.com/prometheus/client_golang/prometheus"

// statsCollector asks for a state once a scrape, so that all its values are of
// one moment and counting costs whoever counts nothing.
type statsCollector[S any] struct {
	stats  func() S
	values []statsValue[S]
}

// statsValue is one metric and how it is read.
type statsValue[S any] struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(S) float64
}

func gaugeOf[S any](name, help string, read func(S) float64) statsValue[S] {
	return statsValue[S]{prometheus.NewDesc(name, help, nil, nil), prometheus.GaugeValue, read}
}

func counterOf[S any](name, help string, read func(S) float64) statsValue[S] {
	return statsValue[S]{prometheus.NewDesc(name, help, nil, nil), prometheus.CounterValue, read}
}

// Describe is part of prometheus.Collector.
func (c *statsCollector[S]) Describe(ch chan<- *prometheus.Desc) {
	for _, v := range c.values {
		ch <- v.desc
	}
}

// Collect is part of prometheus.Collector.
func (c *statsCollector[S]) Collect(ch chan<- prometheus.Metric) {
	s := c.stats()
	for _, v := range c.values {
		ch <- prometheus.MustNewConstMetric(v.desc, v.kind, v.read(s))
	}
}
