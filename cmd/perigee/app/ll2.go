package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/config"
	"perigee/metrics"
	"perigee/proxy"
	"perigee/proxy/upstream"
)

// ll2 is the proxy of profile ll2 with what it has in addition to that of profile
// http: what dials upstream, the quota, and clients that have names.
type ll2 struct {
	*proxy.Handler
	config   *config.Config
	log      *slog.Logger
	store    *store
	upstream *upstream.Client
	keys     *clientKeys
	gate     *gate

	background sync.WaitGroup     // of goroutines that end with stop
	stop       context.CancelFunc // nil until start
}

// newLL2 makes it. Nothing of it is left open after an error.
func newLL2(c *config.Config, s *store, o *metrics.Metrics, log *slog.Logger) (*ll2, error) {
	l := &ll2{config: c, log: log, store: s}
	var err error
	if l.keys, err = newClientKeys(c.ClientKeysFile, log); err != nil {
		return nil, err
	}
	record := newRecord(s.spent, s.before, log)
	if s.peers != nil && !c.Offline { // which spends nothing, and has no part in the quota
		if err = s.peers.spend(c, record, o); err != nil {
			return nil, err
		}
	}
	if l.gate, err = newGate(c, record, s.peers.leader(), fetchTimeout(c), o); err != nil {
		return nil, err
	}
	l.upstream, err = upstream.New(upstream.Options{
		BaseURL: c.UpstreamURL, Token: c.UpstreamToken.Reveal(),
		UserAgent: "perigee/" + Build().Version, Timeout: c.UpstreamTimeout,
		MaxBody: int64(c.MaxBody), Observer: o, Logger: log,
	})
	if err != nil {
		return nil, err
	}
	if l.Handler, err = proxy.New(l.options(o)); err != nil {
		l.upstream.Close()
		return nil, err
	}
	return l, nil
}

// fetchTimeout bounds a fetch with all that comes before it: it may wait for the
// quota before upstream's own timeout begins.
func fetchTimeout(c *config.Config) time.Duration { return 2 * c.UpstreamTimeout }

func (l *ll2) options(o *metrics.Metrics) proxy.Options {
	c := l.config
	options := proxy.Options{
		Upstream: l.upstream, UpstreamURL: c.UpstreamURL, Store: l.store, Policy: policy(c),
		Gate: l.gate.Gate, Keys: l.keys.Keys,
		PublicURL: c.PublicURL, KeepLinks: c.Links == config.LinksKeep,
		TrustedProxies: c.TrustedProxies, CORSOrigins: c.CORSOrigins,
		KeepUnknownParams: c.UnknownParams == config.UnknownKeep,
		Window:            int(c.Window),
		MoveTimeBounds:    bool(c.MoveTimeBounds),
		WindowDetailed:    int(c.WindowDetailed),
		ReloadInterval:    c.ReloadInterval,
		Patience:          c.QuotaWait,
		RateLimitFields:   bool(c.RateLimitHeaders),
		RequireKey:        c.ClientKeys == config.KeysRequired,
		Offline:           c.Offline,
		FetchTimeout:      fetchTimeout(c), Observer: o, Logger: l.log,
	}
	options.ObjectLists, options.SaveObjectLists = l.store.keptIndex(l.log)
	if node := l.store.peers.leader(); node != nil {
		options.Peers = fetching{node, l.store.peers}
	}
	return options
}

func policy(c *config.Config) *rfc9111.Policy {
	p := &rfc9111.Policy{
		TTL: c.TTL, Floor: c.TTLFloor,
		StaleWhileRevalidate: c.StaleWhileRevalidate,
		StaleIfError:         c.StaleIfError,
	}
	for _, r := range c.TTLRules {
		p.Rules = append(p.Rules, rfc9111.Rule{Pattern: r.Pattern, TTL: r.TTL})
	}
	return p
}

// start begins what goes on beside the requests.
func (l *ll2) start() {
	var ctx context.Context
	ctx, l.stop = context.WithCancel(context.Background())
	if l.store.peers != nil {
		l.store.peers.start(l.Handler, l.gate.Gate, l.ForPeer)
	}
	l.background.Go(func() { l.gate.takeOver(ctx) })
	l.background.Go(func() { l.gate.record.keepTrying(ctx) })
	if l.config.Offline {
		l.learnCached()
	}
}

// learnCached has an offline handler read what earlier runs left on disk: nothing
// will be fetched that it could learn from.
func (l *ll2) learnCached() {
	pages := 0
	if l.store.disk != nil {
		l.LearnCached(func(yield func(*cache.Entry) bool) {
			for e := range l.store.disk.All() {
				if pages++; !yield(e) {
					return
				}
			}
		})
	}
	l.log.Info("offline: nothing is sent upstream, only what is cached is served", "pages", pages)
}

// Close ends the fetches and what goes on beside them. It hides that of the handler.
func (l *ll2) Close() {
	l.store.peers.leave() // first: another replica goes on at once
	l.Handler.Close()
	if l.stop != nil {
		l.stop()
		l.background.Wait()
	}
	l.upstream.Close()
}
