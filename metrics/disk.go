package metrics

// DiskStats is the state of the cache on disk.
type DiskStats struct {
	Entries          int
	Bytes, MaxBytes  int64
	Hits, Misses     uint64
	Evicted, Damaged uint64
	Faults           uint64 // of the medium
	Ailing           bool   // the last write failed
}

func newDiskCollector(stats func() DiskStats) *statsCollector[DiskStats] {
	return &statsCollector[DiskStats]{stats: stats, values: []statsValue[DiskStats]{
		gaugeOf(diskEntriesName, diskEntriesHelp, func(s DiskStats) float64 { return float64(s.Entries) }),
		gaugeOf(diskBytesName, diskBytesHelp, func(s DiskStats) float64 { return float64(s.Bytes) }),
		gaugeOf(diskMaxBytesName, diskMaxBytesHelp, func(s DiskStats) float64 { return float64(s.MaxBytes) }),
		gaugeOf(diskAilingName, diskAilingHelp, func(s DiskStats) float64 { return truth(s.Ailing) }),
		counterOf(diskHitsName, diskHitsHelp, func(s DiskStats) float64 { return float64(s.Hits) }),
		counterOf(diskMissesName, diskMissesHelp, func(s DiskStats) float64 { return float64(s.Misses) }),
		counterOf(diskEvictedName, diskEvictedHelp, func(s DiskStats) float64 { return float64(s.Evicted) }),
		counterOf(diskDamagedName, diskDamagedHelp, func(s DiskStats) float64 { return float64(s.Damaged) }),
		counterOf(diskFaultsName, diskFaultsHelp, func(s DiskStats) float64 { return float64(s.Faults) }),
	}}
}

func truth(on bool) float64 {
	if on {
		return 1
	}
	return 0
}
