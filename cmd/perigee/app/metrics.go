package app

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"perigee/cache/disk"
	"perigee/config"
	"perigee/metrics"
	"perigee/proxy"
	"perigee/proxy/plain"
)

// newMetrics makes the metrics, whom the parts tell what happens, and what they are
// scraped from. In turn the metrics ask the parts for their state: what late returns
// is made after them, and before the first scrape.
func newMetrics(c *config.Config, s *store, late func() *ll2) (*metrics.Metrics, http.Handler) {
	registry := prometheus.NewRegistry()
	options := metrics.Options{
		Build: Build(), Endpoints: proxy.Endpoints(),
		CacheStats:   func() metrics.CacheStats { return metrics.CacheStats(s.memory.Stats()) },
		QuotaStats:   func() metrics.QuotaStats { return quotaStats(late()) },
		QuotaClients: func(n int) []metrics.ClientUse { return quotaClients(late(), n) },
		WindowsHeld:  func() int { return windows(late()) },
	}
	if c.Profile == config.ProfileHTTP {
		options.Endpoints = plain.Endpoints()
	}
	if s.disk != nil {
		options.DiskStats = func() metrics.DiskStats { return diskStats(s.disk.Stats()) }
	}
	if s.peers != nil {
		options.ValkeyStats = s.peers.stats
	}
	return metrics.New(registry, options), metrics.Handler(registry)
}

func diskStats(d disk.Stats) metrics.DiskStats {
	return metrics.DiskStats{
		Entries: d.Entries, Bytes: d.Bytes, MaxBytes: d.MaxBytes, Hits: d.Hits, Misses: d.Misses,
		Evicted: d.Evicted, Damaged: d.Damaged,
		Faults: d.Full + d.ReadOnly + d.Vanished + d.Slow + d.OtherFaults, Ailing: d.Unhealthy != "",
	}
}

func quotaStats(l *ll2) metrics.QuotaStats {
	if l == nil {
		return metrics.QuotaStats{}
	}
	s := l.gate.Stats()
	m := metrics.QuotaStats{
		Reported: s.Reported, Own: s.Own, Foreign: s.Foreign, Waiting: s.Waiting, Clients: s.Clients,
		Replicas: s.Replicas, Held: s.Held, Alone: s.Alone,
	}
	if s.Known && !l.config.Quota.Off {
		m.Limit, m.Period, m.Next = s.Limit, s.Period, s.Next
	}
	return m
}

func quotaClients(l *ll2, n int) []metrics.ClientUse {
	if l == nil {
		return nil
	}
	top := l.gate.TopClients(n)
	uses := make([]metrics.ClientUse, len(top))
	for i, u := range top {
		uses[i] = metrics.ClientUse(u)
	}
	return uses
}

func windows(l *ll2) int {
	if l == nil {
		return 0
	}
	return l.WindowsHeld()
}
