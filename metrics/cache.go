package metrics

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

func newCacheCollector(stats func() CacheStats) *statsCollector[CacheStats] {
	return &statsCollector[CacheStats]{stats: stats, values: []statsValue[CacheStats]{
		gaugeOf(cacheEntriesName, cacheEntriesHelp, func(s CacheStats) float64 { return float64(s.Entries) }),
		gaugeOf(cacheBytesName, cacheBytesHelp, func(s CacheStats) float64 { return float64(s.Bytes) }),
		gaugeOf(cacheMaxBytesName, cacheMaxBytesHelp, func(s CacheStats) float64 { return float64(s.MaxBytes) }),
		counterOf(cacheHitsName, cacheHitsHelp, func(s CacheStats) float64 { return float64(s.Hits) }),
		counterOf(cacheMissesName, cacheMissesHelp, func(s CacheStats) float64 { return float64(s.Misses) }),
		counterOf(cacheDroppedName, cacheDroppedHelp, func(s CacheStats) float64 { return float64(s.Dropped) }),
		counterOf(cacheRejectedName, cacheRejectedHelp, func(s CacheStats) float64 { return float64(s.Rejected) }),
		counterOf(cacheTooLargeName, cacheTooLargeHelp, func(s CacheStats) float64 { return float64(s.TooLarge) }),
		counterOf(cacheEvictedName, cacheEvictedHelp, func(s CacheStats) float64 { return float64(s.Evicted) }),
		gaugeOf(pinnedEntriesName, pinnedEntriesHelp, func(s CacheStats) float64 { return float64(s.PinnedEntries) }),
		gaugeOf(pinnedBytesName, pinnedBytesHelp, func(s CacheStats) float64 { return float64(s.PinnedBytes) }),
	}}
}
