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
	"perigee/proxy/plain"
	"perigee/proxy/upstream"
)

// perigee is the whole proxy, ready to be served. Its parts are closed in the
// reverse order of their making, by close.
type perigee struct {
	handler handler
	metrics http.Handler
	store   *cache.Memory
	client  *upstream.Client // nil in profile http, whose handler dials by itself
	keys    *proxy.Keys      // nil in profile http, which knows no clients
}

// handler is the proxy of either profile.
type handler interface {
	http.Handler
	Close()
}

// assemble makes the proxy out of the settings. This is the only place that
// knows every package.
func assemble(c *config.Config, log *slog.Logger) (*perigee, error) {
	store, err := cache.NewMemory(cache.MemoryOptions{MaxBytes: int64(c.CacheSize)})
	if err != nil {
		return nil, fmt.Errorf("memory cache: %w", err)
	}
	registry := prometheus.NewRegistry()
	var ledger ledger
	observer := metrics.New(registry, metrics.Options{
		Build: buildInfo(), Endpoints: endpoints(c),
		CacheStats: func() metrics.CacheStats { return metrics.CacheStats(store.Stats()) },
		QuotaStats: ledger.stats, QuotaClients: ledger.clients,
	})
	if c.Profile == config.ProfileHTTP {
		handler, err := plain.New(plainOptions(c, store, observer, log))
		if err != nil {
			store.Close()
			return nil, err
		}
		return &perigee{handler: handler, metrics: metrics.Handler(registry), store: store}, nil
	}
	client, err := upstream.New(upstream.Options{
		BaseURL: c.UpstreamURL, Token: c.UpstreamToken.Reveal(),
		UserAgent: "perigee/" + version(), Timeout: time.Duration(c.UpstreamTimeout),
		MaxBody: int64(c.MaxBody), Observer: observer, Logger: log,
	})
	if err != nil {
		store.Close()
		return nil, err
	}
	options := proxyOptions(c, client, store, observer, log)
	options.Gate, err = ledger.open(c, observer)
	if err == nil {
		options.Keys, err = clientKeys(c)
	}
	var handler *proxy.Handler
	if err == nil {
		handler, err = proxy.New(options)
	}
	if err != nil {
		client.Close()
		store.Close()
		return nil, err
	}
	return &perigee{
		handler: handler, metrics: metrics.Handler(registry), store: store, client: client, keys: options.Keys,
	}, nil
}

func proxyOptions(c *config.Config, up proxy.Upstream, store cache.Tier, o proxy.Observer, log *slog.Logger) proxy.Options {
	return proxy.Options{
		Upstream: up, UpstreamURL: c.UpstreamURL, Store: store, Policy: policy(c),
		PublicURL: c.PublicURL, KeepLinks: c.Links == config.LinksKeep,
		TrustedProxies: []netip.Prefix(c.TrustedProxies), CORSOrigins: []string(c.CORSOrigins),
		KeepUnknownParams: c.UnknownParams == config.UnknownKeep,
		ReloadInterval:    time.Duration(c.ReloadInterval),
		Patience:          time.Duration(c.QuotaWait),
		RateLimitFields:   c.RateLimitHeaders == config.On,
		RequireKey:        c.ClientKeys == config.KeysRequired,
		FetchTimeout:      fetchTimeout(c), Observer: o, Logger: log,
	}
}

// plainOptions are those of profile http. What decides there is the headers of
// upstream, so that most settings have no say.
func plainOptions(c *config.Config, store cache.Tier, o plain.Observer, log *slog.Logger) plain.Options {
	return plain.Options{
		UpstreamURL: c.UpstreamURL, Store: store, StaleIfError: time.Duration(c.StaleIfError),
		Timeout: time.Duration(c.UpstreamTimeout), MaxBody: int64(c.MaxBody), Observer: o, Logger: log,
	}
}

// endpoints are the labels that requests are counted by.
func endpoints(c *config.Config) []string {
	if c.Profile == config.ProfileHTTP {
		return plain.Endpoints()
	}
	return proxy.Endpoints()
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
	if p.client != nil {
		p.client.Close()
	}
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
