package proxy

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/clients"
	"perigee/proxy/cluster"
	"perigee/proxy/collection"
	"perigee/proxy/fetch"
	"perigee/proxy/ll2"
	"perigee/proxy/quota"
	"perigee/proxy/render"
	"perigee/proxy/respond"
)

// Upstream is the one who dials.
type Upstream interface {
	fetch.Upstream
	// RoundTrip passes one request through, streamed.
	RoundTrip(*http.Request) (*http.Response, error)
}

// Observer is told what happens. Its methods are called on the path of requests:
// they must be quick and safe for concurrent use.
type Observer interface {
	respond.Observer
	fetch.Observer
	PageCut(straddles, mixed bool)
	WindowRejected(reason string)
	ObjectFromList()
	ParameterIgnored(name string)
	StaleServed(detail, endpoint string)
}

// Options configure a Handler.
type Options struct {
	// Upstream answers what is not cached. Required.
	Upstream Upstream
	// UpstreamURL is upstream's base as it stands in the links of its bodies. Required.
	UpstreamURL *url.URL
	// Store holds the entries. The Handler does not close it. Required.
	Store cache.Tier
	// Peers are the replicas that share fetches with this one, and what they bring. If
	// nil, it is on its own.
	Peers Peers
	// Policy decides how long answers are fresh. Required.
	Policy *rfc9111.Policy
	// Gate lets fetches through to upstream, within the quota and in fair turns. Required.
	Gate *quota.Gate
	// Patience is how long a client that waits for a page that is not cached waits for a
	// slot of the quota at most. If zero, it takes what is there at once.
	Patience time.Duration
	// RateLimitFields tells every client the quota in RateLimit and RateLimit-Policy.
	RateLimitFields bool
	// Keys are the named clients. If nil, there are none.
	Keys *clients.Keys
	// RequireKey refuses clients that are not among them.
	RequireKey bool
	// PublicURL is the base of the links in answers. If nil, the one the client used.
	PublicURL *url.URL
	// KeepLinks leaves upstream's base in the links.
	KeepLinks bool
	// TrustedProxies are the peers whose X-Forwarded-* fields are believed.
	TrustedProxies []netip.Prefix
	// CORSOrigins may read answers from scripts: "*" for any. If empty, none.
	CORSOrigins []string
	// KeepUnknownParams tells apart requests by parameters that LL2 does not know.
	KeepUnknownParams bool
	// Window is how many elements of a list are asked for at once, from 1 to
	// ll2.MaxWidth; smaller pages are cut from them. WindowDetailed is the same for
	// mode=detailed, whose elements are large. If zero, pages are asked for as
	// clients ask for them.
	Window, WindowDetailed int
	// MoveTimeBounds has requests whose time bound is the present second share the
	// answer of one freshness interval.
	MoveTimeBounds bool
	// Offline has nothing sent upstream, ever: only what is cached is served, however
	// old it is.
	Offline bool
	// ReloadInterval is how often at most one resource is fetched because a client
	// will not have what is cached (Cache-Control: no-cache and the like). If zero,
	// as often as clients like.
	ReloadInterval time.Duration
	// FetchTimeout bounds one fetch for all who wait for it. If zero, 30 s.
	FetchTimeout time.Duration
	// ObjectLists is what SaveObjectLists was given last, in an earlier run with the
	// same Store: which lists have objects that they can answer for. If nil, or of
	// another version, only those do that are fetched again.
	ObjectLists []byte
	// SaveObjectLists keeps that. It is called before what is new is answered, never
	// twice at a time. If nil, it is not kept.
	SaveObjectLists func([]byte)
	// Observer is told what happens. If nil, nobody is.
	Observer Observer
	// Logger gets the access records and what an operator should know. If nil, nothing is logged.
	Logger *slog.Logger
}

// Peers are the replicas that share fetches with this one.
type Peers interface {
	fetch.Peers
	// Remember has those told who come later that the list under a key has objects.
	Remember(key string)
}

// Handler answers requests for LL2, from what is cached whenever it can. It owns the
// order of the stages and nothing else. It is safe for concurrent use. Close it when
// no more requests come.
type Handler struct {
	observer  Observer
	log       *slog.Logger
	store     cache.Tier
	gate      *quota.Gate
	rules     rules // but for now
	clients   *clients.Identifier
	resolver  *resolver
	finder    *finder
	lists     *collection.Collections
	fetcher   *fetch.Fetcher
	reporter  *fetch.Reporter // nil: offline
	responder *responder
	pages     *pageLog
	forwarder *respond.Forwarder[*exchange]
	rebuild   func(*cache.Entry) *cache.Entry
	fixedBase bool // links lead to the same base whatever Host a client asked for
}

// New returns a Handler and starts its worker, which an offline one has not.
func New(o Options) (*Handler, error) {
	if o.Upstream == nil || o.UpstreamURL == nil || o.Store == nil || o.Policy == nil || o.Gate == nil {
		return nil, errors.New("proxy: Upstream, UpstreamURL, Store, Policy and Gate are required")
	}
	if o.Observer == nil {
		o.Observer = silent{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	h := &Handler{
		observer: o.Observer, log: o.Logger, store: o.Store, gate: o.Gate,
		rules: rules{offline: o.Offline, reloadInterval: o.ReloadInterval},
		clients: clients.NewIdentifier(clients.Options{
			TrustedProxies: o.TrustedProxies, Base: o.linkBase(), Keys: o.Keys, RequireKey: o.RequireKey,
		}),
		responder: &responder{cors: newCORS(o.CORSOrigins), limits: &rateLimits{gate: o.Gate, off: !o.RateLimitFields}},
		rebuild:   fetch.Rebuilder(o.UpstreamURL),
		fixedBase: o.linkBase() != nil,
	}
	var moving *rfc9111.Policy
	if o.MoveTimeBounds {
		moving = o.Policy
	}
	widths := collection.Widths{Normal: o.Window, Detailed: o.WindowDetailed}
	h.resolver = newResolver(ll2.Options{KeepUnknown: o.KeepUnknownParams}, widths, moving)
	h.lists = collection.New(o.collectionOptions())
	h.finder = &finder{store: o.Store, lists: h.lists, offline: o.Offline}
	h.pages = &pageLog{lists: h.lists, observer: o.Observer, log: o.Logger}
	fetching := o.fetchOptions(h.lists.Stored)
	h.fetcher = fetch.New(fetching)
	if !o.Offline {
		h.reporter = fetch.StartReporter(fetching)
	}
	h.forwarder = h.newForwarder(o)
	return h, nil
}

// linkBase is the base of every answer's links, nil if it is the client's own.
func (o *Options) linkBase() *clients.Base {
	u := o.PublicURL
	if o.KeepLinks {
		u = o.UpstreamURL
	}
	if u == nil {
		return nil
	}
	b := clients.BaseOf(u)
	return &b
}

func (o *Options) collectionOptions() collection.Options {
	lists := collection.Options{Store: o.Store, ObjectLists: o.ObjectLists, SaveObjectLists: o.SaveObjectLists}
	if o.Peers != nil {
		lists.Remember = o.Peers.Remember
	}
	return lists
}

func (o *Options) fetchOptions(stored func(res *ll2.Resource, stored, previous *cache.Entry)) fetch.Options {
	f := fetch.Options{
		Upstream: o.Upstream, UpstreamURL: o.UpstreamURL, Store: o.Store, Policy: o.Policy, Gate: o.Gate,
		Stored: stored, Timeout: o.FetchTimeout, Observer: o.Observer, Logger: o.Logger,
	}
	if o.Peers != nil {
		f.Peers = o.Peers
	}
	return f
}

// newForwarder has ReverseProxy send requests upstream through a transport of ours.
func (h *Handler) newForwarder(o Options) *respond.Forwarder[*exchange] {
	t := &transport{
		upstream: o.Upstream, base: clients.BaseOf(o.UpstreamURL).String(),
		fetcher: h.fetcher, finder: h.finder, lists: h.lists, gate: o.Gate, patience: o.Patience,
		responder: h.responder, pages: h.pages,
	}
	rewrite := func(p *httputil.ProxyRequest) {
		p.SetURL(o.UpstreamURL)
		p.Out.URL.Path, p.Out.URL.RawPath = p.In.URL.Path, p.In.URL.RawPath
		p.Out.URL.RawQuery = p.In.URL.RawQuery // ReverseProxy drops pairs that Go cannot parse
	}
	return respond.NewForwarder(rewrite, t.roundTrip, h.responder.failed, slog.NewLogLogger(o.Logger.Handler(), slog.LevelWarn))
}

// Close ends the fetches under way and waits for the goroutines. Call it after
// the server has stopped handing in requests and before the store is closed.
func (h *Handler) Close() {
	h.fetcher.Close()
	if h.reporter != nil {
		h.reporter.Close()
	}
}

// ServeHTTP is the journey of a request: admit, identify, resolve, look up, decide,
// and then serve, or forward, which decides once more with what the fetch brought.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Exchange: respond.NewExchange(w, r)}
	h.observer.RequestStarted()
	defer h.observe(x)
	defer x.Contain(h.observer, h.log)
	p := admit(r, h.fixedBase)
	if p == nil {
		r, p = respond.WithoutContent(r)
		x.Request = r
	}
	if p != nil {
		h.responder.problem(x, p)
		return
	}
	if r.Method == http.MethodOptions {
		h.responder.answerOptions(x)
		return
	}
	var err error
	if x.client, err = h.clients.Identify(r); err != nil {
		h.responder.failed(x, err)
		return
	}
	if x.question, err = h.resolver.resolve(r, x.Start); err != nil {
		h.responder.failed(x, err)
		return
	}
	switch {
	case x.resource.Kind == ll2.Throttle:
		h.responder.answerThrottle(x, h.gate.View(x.client.ID, x.Start))
	case isUnacceptable(x.resource):
		h.responder.answerUnacceptable(x)
	case x.resource.Kind == ll2.Outside && !h.rules.offline:
		h.forwarder.Forward(&x.Exchange, x)
	default:
		h.answer(x)
	}
}

// answer serves what is cached, or has the request forwarded.
func (h *Handler) answer(x *exchange) {
	x.plan = h.lists.Plan(x.resource, x.plan, x.Start)
	x.directives = rfc9111.ParseRequest(x.Request.Header)
	found := h.finder.find(&x.question, x.walker(), x.Start)
	now := h.rules
	now.now = x.Start
	d := decide(&x.question, &found, &x.directives, now)
	for _, res := range d.refresh {
		d.handling.Detail = h.fetcher.Refresh(res)
	}
	switch {
	case d.err != nil:
		h.responder.failed(x, d.err)
	case d.fwd != respond.NotForwarded:
		cached := found // a copy, so that a hit allocates none
		x.cached, x.fwd, x.rules = &cached, d.fwd, now
		h.forwarder.Forward(&x.Exchange, x)
	default:
		h.serve(x, d)
	}
}

// serve serves what was decided.
func (h *Handler) serve(x *exchange, d decision) {
	if d.selection != nil {
		d.handling.Detail = h.pages.answered(x, d)
	}
	if d.source.Detail() == render.FromList {
		h.observer.ObjectFromList()
	}
	h.responder.serve(x, d.source, d.handling)
}

// WindowsCached returns how many windows were fetched that may still be served.
func (h *Handler) WindowsCached() int { return h.lists.Cached(time.Now()) }

// ForPeer fetches for a waiter at another replica: see cluster.Fetch.
func (h *Handler) ForPeer(ctx context.Context, page cluster.Resource, w quota.Waiter, newerThan time.Time) (cluster.Fetched, error) {
	return h.fetcher.ForPeer(ctx, page, w, newerThan)
}

// HeardOf is told of what other replicas have stored: it may have objects.
func (h *Handler) HeardOf(keys ...string) { h.lists.HeardOf(keys...) }

// LearnCached finds out which objects stand in entries that are cached from earlier
// runs, as they come from where they were kept: what is derived from them is not
// there. It reads them all. Call it before the first request.
//
// Without it, of what was imported only those lists answer for their objects that
// were asked for here, and offline that may be none.
func (h *Handler) LearnCached(entries iter.Seq[*cache.Entry]) {
	h.lists.LearnAll(func(yield func(*ll2.Resource, *cache.Entry) bool) {
		for e := range entries {
			res, ok := fetch.ResourceOf(e)
			if !ok || !res.HasObjects() {
				continue
			}
			if e = h.rebuild(e); e != nil && !yield(&res, e) {
				return
			}
		}
	})
}
