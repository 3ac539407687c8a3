package metrics

// ValkeyStats is the state of what replicas share.
type ValkeyStats struct {
	Up                 bool
	Losses             uint64
	Hits, Misses, Puts uint64 // of pages
	Damaged            uint64 // pages
	Full, Declined     uint64 // calls
	Led, Followed      uint64 // flights
	Fenced             uint64 // flights
	Purges             uint64 // by others
}

func newValkeyCollector(stats func() ValkeyStats) *statsCollector[ValkeyStats] {
	return &statsCollector[ValkeyStats]{stats: stats, values: []statsValue[ValkeyStats]{
		gaugeOf(valkeyUpName, valkeyUpHelp, func(s ValkeyStats) float64 { return truth(s.Up) }),
		counterOf(valkeyLossesName, valkeyLossesHelp, func(s ValkeyStats) float64 { return float64(s.Losses) }),
		counterOf(valkeyHitsName, valkeyHitsHelp, func(s ValkeyStats) float64 { return float64(s.Hits) }),
		counterOf(valkeyMissesName, valkeyMissesHelp, func(s ValkeyStats) float64 { return float64(s.Misses) }),
		counterOf(valkeyPutsName, valkeyPutsHelp, func(s ValkeyStats) float64 { return float64(s.Puts) }),
		counterOf(valkeyDamagedName, valkeyDamagedHelp, func(s ValkeyStats) float64 { return float64(s.Damaged) }),
		counterOf(valkeyFullName, valkeyFullHelp, func(s ValkeyStats) float64 { return float64(s.Full) }),
		counterOf(valkeyDeclinedName, valkeyDeclinedHelp, func(s ValkeyStats) float64 { return float64(s.Declined) }),
		counterOf(valkeyLedName, valkeyLedHelp, func(s ValkeyStats) float64 { return float64(s.Led) }),
		counterOf(valkeyFollowedName, valkeyFollowedHelp, func(s ValkeyStats) float64 { return float64(s.Followed) }),
		counterOf(valkeyFencedName, valkeyFencedHelp, func(s ValkeyStats) float64 { return float64(s.Fenced) }),
		counterOf(valkeyPurgesName, valkeyPurgesHelp, func(s ValkeyStats) float64 { return float64(s.Purges) }),
	}}
}
