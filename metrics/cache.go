package metrics

import "github.com/prometheus/client_golang/prometheus"

// CacheStats is the state of the cache in memory. The counters count from the
// start of the program and never go back.
type CacheStats struct {
	// Entries held, and the bytes they take and may take.
	Entries         int
	Bytes, MaxBytes int64
	// Of them, the latest ones, which are held in any case.
	PinnedEntries int
	PinnedBytes   int64
	// Look-ups that found an entry, fresh or stale, and those that did not.
	Hits, Misses uint64
	// Entries that are held only as long as they are pinned: the queue was full,
	// the admission policy refused, or they were not even offered for their size.
	Dropped, Rejected, TooLarge uint64
	// Entries that gave way to others.
	Evicted uint64
}

// cacheCollector asks for the state of the cache once a scrape, so that all its
// values are of one moment and counting costs the cache nothing.
type cacheCollector struct {
	stats  func() CacheStats
	values []cacheValue
}

// cacheValue is one metric and how it is read.
type cacheValue struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(CacheStats) float64
}

func newCacheCollector(stats func() CacheStats) *cacheCollector {
	value := func(kind prometheus.ValueType, name, help string, read func(CacheStats) float64) cacheValue {
		return cacheValue{prometheus.NewDesc(name, help, nil, nil), kind, read}
	}
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	return &cacheCollector{stats: stats, values: []cacheValue{
		value(gauge, cacheEntriesName, cacheEntriesHelp, func(s CacheStats) float64 { return float64(s.Entries) }),
		value(gauge, cacheBytesName, cacheBytesHelp, func(s CacheStats) float64 { return float64(s.Bytes) }),
		value(gauge, cacheMaxBytesName, cacheMaxBytesHelp, func(s CacheStats) float64 { return float64(s.MaxBytes) }),
		value(counter, cacheHitsName, cacheHitsHelp, func(s CacheStats) float64 { return float64(s.Hits) }),
		value(counter, cacheMissesName, cacheMissesHelp, func(s CacheStats) float64 { return float64(s.Misses) }),
		value(counter, cacheDroppedName, cacheDroppedHelp, func(s CacheStats) float64 { return float64(s.Dropped) }),
		value(counter, cacheRejectedName, cacheRejectedHelp, func(s CacheStats) float64 { return float64(s.Rejected) }),
		value(counter, cacheTooLargeName, cacheTooLargeHelp, func(s CacheStats) float64 { return float64(s.TooLarge) }),
		value(counter, cacheEvictedName, cacheEvictedHelp, func(s CacheStats) float64 { return float64(s.Evicted) }),
		value(gauge, pinnedEntriesName, pinnedEntriesHelp, func(s CacheStats) float64 { return float64(s.PinnedEntries) }),
		value(gauge, pinnedBytesName, pinnedBytesHelp, func(s CacheStats) float64 { return float64(s.PinnedBytes) }),
	}}
}

// Describe is part of prometheus.Collector.
func (c *cacheCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, v := range c.values {
		ch <- v.desc
	}
}

// Collect is part of prometheus.Collector.
func (c *cacheCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.stats()
	for _, v := range c.values {
		ch <- prometheus.MustNewConstMetric(v.desc, v.kind, v.read(s))
	}
}
