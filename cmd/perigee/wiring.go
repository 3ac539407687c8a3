package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"perigee/cache"
	"perigee/config"
	"perigee/metrics"
	"perigee/proxy"
	"perigee/proxy/upstream"
)

// perigee is the whole proxy, ready to be served. Its parts are closed in the
// reverse order of their making, by close.
type perigee struct {
	handler *proxy.Handler
	metrics http.Handler
	store   *cache.Memory
	client  *upstream.Client
}

// assemble makes the proxy out of the settings. This is the only place that
// knows every package.
func assemble(c *config.Config, log *slog.Logger) (*perigee, error) {
	store, err := cache.NewMemory(cache.MemoryOptions{MaxBytes: int64(c.CacheSize)})
	if err != nil {
		return nil, fmt.Errorf("memory cache: %w", err)
	}
	registry := prometheus.NewRegistry()
	observer := metrics.New(registry, metrics.Options{
		Build: buildInfo(), Endpoints: proxy.Endpoints(),
		CacheStats: func() metrics.CacheStats { return metrics.CacheStats(store.Stats()) },
	})
	client, err := upstream.New(upstream.Options{
		BaseURL: c.UpstreamURL, Token: c.UpstreamToken.Reveal(),
		UserAgent: "perigee/" + version(), Timeout: time.Duration(c.UpstreamTimeout),
		MaxBody: int64(c.MaxBody), Observer: observer, Logger: log,
	})
	if err != nil {
		store.Close()
		return nil, err
	}
	handler, err := proxy.New(proxyOptions(c, client, store, observer, log))
	if err != nil {
		client.Close()
		store.Close()
		return nil, err
	}
	return &perigee{handler: handler, metrics: metrics.Handler(registry), store: store, client: client}, nil
}

func proxyOptions(c *config.Config, up proxy.Upstream, store cache.Tier, o proxy.Observer, log *slog.Logger) proxy.Options {
	return proxy.Options{
		Upstream: up, UpstreamURL: c.UpstreamURL, Store: store, Policy: policy(c),
		PublicURL: c.PublicURL, KeepLinks: c.Links == config.LinksKeep,
		TrustedProxies: []netip.Prefix(c.TrustedProxies), CORSOrigins: []string(c.CORSOrigins),
		KeepUnknownParams: c.UnknownParams == config.UnknownKeep,
		ReloadInterval:    time.Duration(c.ReloadInterval),
		FetchTimeout:      fetchTimeout(c), Observer: o, Logger: log,
	}
}

// fetchTimeout bounds a fetch with all that comes before it: it may wait for its
// turn before upstream's own timeout begins.
func fetchTimeout(c *config.Config) time.Duration { return 2 * time.Duration(c.UpstreamTimeout) }

func policy(c *config.Config) *cache.Policy {
	p := &cache.Policy{
		TTL: time.Duration(c.TTL), Floor: time.Duration(c.TTLFloor),
		StaleWhileRevalidate: time.Duration(c.StaleWhileRevalidate),
		StaleIfError:         time.Duration(c.StaleIfError),
	}
	for _, r := range c.TTLRules {
		p.Rules = append(p.Rules, cache.Rule{Pattern: r.Pattern, TTL: time.Duration(r.TTL)})
	}
	return p
}

// close ends the fetches before the store that they write to. Nobody may hand in
// requests any more.
func (p *perigee) close() {
	p.handler.Close()
	p.client.Close()
	p.store.Close()
}

// logger writes the log as the settings say.
func logger(c *config.Config, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel.Level()}
	if c.LogFormat == config.LogJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
