package app

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"perigee/config"
	"perigee/metrics"
	"perigee/proxy"
	"perigee/proxy/cluster"
	"perigee/proxy/httpcache"
	"perigee/proxy/quota"
)

// newMetrics makes the metrics, which the parts report events to, and the handler
// that serves them. In turn the metrics read the state of the parts: what late
// returns is made after them and before the first scrape, or is nil.
func newMetrics(c *config.Config, s *store, late func() *ll2) (*metrics.Metrics, http.Handler) {
	registry := prometheus.NewRegistry()
	options := metrics.Options{
		Build: Build(), Endpoints: proxy.Endpoints(),
		Memory:        s.memory.Stats,
		Quota:         func() quota.Stats { return late().quotaStats() },
		QuotaClients:  func(n int) []quota.ClientUse { return late().quotaClients(n) },
		WindowsCached: func() int { return late().windows() },
	}
	if c.Profile == config.ProfileHTTP {
		options.Endpoints = httpcache.Endpoints()
	}
	if s.spent != nil && !c.Quota.Off {
		options.Record = func() (uint64, string) { return late().recordHealth() }
	}
	if s.disk != nil {
		options.Disk = s.disk.Stats
	}
	if s.peers != nil {
		options.Valkey, options.Shared = s.peers.client.Stats, s.peers.tier.Stats
		if !c.Offline {
			options.Cluster = func() cluster.Status { return s.peers.status() }
		}
	}
	return metrics.New(registry, options), metrics.Handler(registry)
}

// quotaStats is the state of the quota. With PERIGEE_QUOTA=off there is no limit to
// tell of.
func (l *ll2) quotaStats() quota.Stats {
	if l == nil {
		return quota.Stats{}
	}
	s := l.gate.Stats()
	s.Known = s.Known && !l.config.Quota.Off
	return s
}

// recordHealth is how often the record of the quota could not be saved, and why it
// cannot be now.
func (l *ll2) recordHealth() (failures uint64, unhealthy string) {
	if l == nil {
		return 0, ""
	}
	return l.gate.record.ledger.Health()
}

func (l *ll2) quotaClients(n int) []quota.ClientUse {
	if l == nil {
		return nil
	}
	return l.gate.TopClients(n)
}

func (l *ll2) windows() int {
	if l == nil {
		return 0
	}
	return l.WindowsCached()
}
