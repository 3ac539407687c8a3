package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"perigee/cache"
	"perigee/cache/rfc9111"
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
	store   *store
	client  *upstream.Client // nil in profile http, whose handler dials by itself
	keys    *proxy.Keys      // nil in profile http, which knows no clients
	sharing background       // of the quota, with other processes
}

// background is a goroutine, or none.
type background struct {
	end  context.CancelFunc // nil: there is none
	done sync.WaitGroup
}

func (b *background) start(run func(ctx context.Context)) {
	var ctx context.Context
	ctx, b.end = context.WithCancel(context.Background())
	b.done.Go(func() { run(ctx) })
}

// close ends it and waits for that.
func (b *background) close() {
	if b.end != nil {
		b.end()
		b.done.Wait()
	}
}

// handler is the proxy of either profile.
type handler interface {
	http.Handler
	// Purge forgets all that could answer a request for target, and returns what of
	// it was held here.
	Purge(target string) ([]*cache.Entry, error)
	Close()
}

// assemble makes the proxy out of the settings. This is the only place that
// knows every package.
func assemble(c *config.Config, log *slog.Logger) (*perigee, error) {
	store, err := openStore(c, log)
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	var ledger ledger
	observer := metrics.New(registry, metrics.Options{
		Build: buildInfo(), Endpoints: endpoints(c),
		CacheStats: store.memoryStats, DiskStats: store.diskStats(), ValkeyStats: store.valkeyStats(),
		QuotaStats: ledger.stats, QuotaClients: ledger.clients, WindowsHeld: ledger.windows,
	})
	p := &perigee{metrics: metrics.Handler(registry), store: store}
	if c.Profile == config.ProfileHTTP {
		err = p.assemblePlain(c, observer, log)
	} else {
		err = p.assembleLL2(c, &ledger, observer, log)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// assemblePlain makes what profile http has in addition.
func (p *perigee) assemblePlain(c *config.Config, o *metrics.Metrics, log *slog.Logger) error {
	handler, err := plain.New(plainOptions(c, p.store, o, log))
	if err != nil {
		return err
	}
	p.handler = handler
	return nil
}

// assembleLL2 makes what profile ll2 has in addition: the one that dials, the
// quota and the clients. What is made stands in p, also when
// it fails.
func (p *perigee) assembleLL2(c *config.Config, l *ledger, o *metrics.Metrics, log *slog.Logger) (err error) {
	p.client, err = upstream.New(upstream.Options{
		BaseURL: c.UpstreamURL, Token: c.UpstreamToken.Reveal(),
		UserAgent: "perigee/" + version(), Timeout: time.Duration(c.UpstreamTimeout),
		MaxBody: int64(c.MaxBody), Observer: o, Logger: log,
	})
	if err != nil {
		return err
	}
	if p.keys, err = clientKeys(c); err != nil {
		return err
	}
	options := proxyOptions(c, p.client, p.store, o, log)
	options.Keys = p.keys
	options.Holders, options.SaveHolders = p.store.keptHolders(log)
	if options.Gate, err = l.open(c, p.store, o, log); err != nil {
		return err
	}
	if p.store.peers != nil {
		options.Peers = p.store.peers
	}
	handler, err := proxy.New(options)
	if err != nil {
		return err
	}
	p.handler, l.held = handler, handler.WindowsHeld
	if p.store.peers != nil {
		p.store.peers.start(handler)
		if !c.Offline { // which spends nothing, and has no part in the quota
			p.sharing.start(options.Gate.Share)
		}
	}
	if l.takeOver != nil {
		p.sharing.start(l.takeOver)
	}
	if c.Offline {
		p.learnHeld(handler, log)
	}
	return nil
}

// learnHeld has an offline handler read what earlier runs left on disk: nothing
// will be fetched that it could learn from.
func (p *perigee) learnHeld(handler *proxy.Handler, log *slog.Logger) {
	pages := 0
	if p.store.disk != nil {
		handler.LearnHeld(func(yield func(*cache.Entry) bool) {
			for e := range p.store.disk.All() {
				if pages++; !yield(e) {
					return
				}
			}
		})
	}
	log.Info("offline: nothing is sent upstream, only what is held is served", "pages", pages)
}

func proxyOptions(c *config.Config, up proxy.Upstream, store cache.Tier, o proxy.Observer, log *slog.Logger) proxy.Options {
	return proxy.Options{
		Upstream: up, UpstreamURL: c.UpstreamURL, Store: store, Policy: policy(c),
		PublicURL: c.PublicURL, KeepLinks: c.Links == config.LinksKeep,
		TrustedProxies: []netip.Prefix(c.TrustedProxies), CORSOrigins: []string(c.CORSOrigins),
		KeepUnknownParams: c.UnknownParams == config.UnknownKeep,
		Window:            int(c.Window),
		MoveTimeBounds:    bool(c.MoveTimeBounds),
		WindowDetailed:    int(c.WindowDetailed),
		ReloadInterval:    time.Duration(c.ReloadInterval),
		Patience:          time.Duration(c.QuotaWait),
		RateLimitFields:   bool(c.RateLimitHeaders),
		RequireKey:        c.ClientKeys == config.KeysRequired,
		Offline:           bool(c.Offline),
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

func policy(c *config.Config) *rfc9111.Policy {
	p := &rfc9111.Policy{
		TTL: time.Duration(c.TTL), Floor: time.Duration(c.TTLFloor),
		StaleWhileRevalidate: time.Duration(c.StaleWhileRevalidate),
		StaleIfError:         time.Duration(c.StaleIfError),
	}
	for _, r := range c.TTLRules {
		p.Rules = append(p.Rules, rfc9111.Rule{Pattern: r.Pattern, TTL: time.Duration(r.TTL)})
	}
	return p
}

// close ends the fetches before the store that they write to. Nobody may hand in
// requests any more.
func (p *perigee) close() {
	if p.handler != nil {
		p.handler.Close()
	}
	p.sharing.close()
	if p.client != nil {
		p.client.Close()
	}
	p.store.close()
}

// logger writes the log as the settings say.
func logger(c *config.Config, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel.Level()}
	if c.LogFormat == config.LogJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
