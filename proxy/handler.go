package proxy

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/ll2"
	"perigee/proxy/quota"
	"perigee/proxy/respond"
	"perigee/proxy/upstream"
)

// Upstream is the one who dials. It is an interface so that tests can answer
// without sockets, inside a simulated clock.
type Upstream interface {
	// Get fetches one resource whole. It sends at most one request.
	Get(ctx context.Context, ask upstream.Ask) (*upstream.Answer, error)
	// RoundTrip passes one request through, streamed.
	RoundTrip(*http.Request) (*http.Response, error)
	// Throttle asks for the report of what is spent, which is free of charge.
	Throttle(ctx context.Context) (quota.Report, error)
}

// Observer is told what happens. Its methods are called on the path of requests:
// they must be quick and safe for concurrent use.
type Observer interface {
	respond.Observer
	WaiterJoined()
	FetchStarted()
	FetchEnded()
	DowngradeRejected(reason string)
	DirectiveOverridden(directive string)
	PageCut(straddles, mixed bool)
	WindowRejected(doubt string)
	ObjectFromList()
	ParameterIgnored(name string)
	StaleServed(detail, endpoint string)
	PanicRecovered()
	ThrottleReportFailed()
}

// Options configure a Handler.
type Options struct {
	// Upstream answers what is not held. Required.
	Upstream Upstream
	// UpstreamURL is upstream's base as it stands in the links of its bodies. Required.
	UpstreamURL *url.URL
	// Store holds the entries. The Handler does not close it. Required.
	Store cache.Tier
	// Peers share flights with this replica, and what they bring. If nil, it is on
	// its own.
	Peers Peers
	// Policy decides how long answers are fresh. Required.
	Policy *rfc9111.Policy
	// Gate lets fetches through to upstream, within the quota and in fair turns. Required.
	Gate *quota.Gate
	// Patience is how long a client that waits for a page nobody holds waits for a
	// slot of the quota at most. If zero, it takes what is there at once.
	Patience time.Duration
	// RateLimitFields tells every client the quota in RateLimit and RateLimit-Policy.
	RateLimitFields bool
	// Keys are the named clients. If nil, there are none.
	Keys *Keys
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
	// Offline has nothing sent upstream, ever: only what is held is served, however
	// old it is.
	Offline bool
	// ReloadInterval is how often at most one resource is fetched because a client
	// will not have what is held (Cache-Control: no-cache and the like). If zero,
	// as often as clients like.
	ReloadInterval time.Duration
	// FetchTimeout bounds one fetch for all who wait for it. If zero, 30 s.
	FetchTimeout time.Duration
	// Holders is what SaveHolders was given last, in an earlier run with the same
	// Store: which lists hold objects that they can answer for. If nil, or of another
	// version, only those do that are asked for again.
	Holders []byte
	// SaveHolders keeps that. It is called before what is new is answered, never twice
	// at a time. If nil, it is not kept.
	SaveHolders func([]byte)
	// Observer is told what happens. If nil, nobody is.
	Observer Observer
	// Logger gets the access records and what an operator should know. If nil, nothing is logged.
	Logger *slog.Logger
}

// Handler answers requests for LL2, from what is held whenever it can. It is
// safe for concurrent use. Close it when no more requests come.
type Handler struct {
	options    Options
	observer   Observer
	log        *slog.Logger
	addressing addressing
	cors       *cors
	views      views
	resolver   *resolver
	filler     *filler
	reporter   *reporter
	lists      *lists
	objects    *objects
	holders    *holders
	forwarder  *respond.Forwarder[*exchange]
}

// New returns a Handler and starts its worker, which an offline one has not.
func New(o Options) (*Handler, error) {
	if o.Upstream == nil || o.UpstreamURL == nil || o.Store == nil || o.Policy == nil || o.Gate == nil {
		return nil, errors.New("proxy: Upstream, UpstreamURL, Store, Policy and Gate are required")
	}
	if o.Keys == nil {
		o.Keys = new(Keys)
	}
	if o.Observer == nil {
		o.Observer = silent{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.FetchTimeout == 0 {
		o.FetchTimeout = 30 * time.Second
	}
	h := &Handler{
		options: o, observer: o.Observer, log: o.Logger,
		addressing: addressing{trusted: o.TrustedProxies},
		cors:       newCORS(o.CORSOrigins),
		resolver:   newResolver(ll2.Options{KeepUnknown: o.KeepUnknownParams}, widths{o.Window, o.WindowDetailed}),
		lists:      newLists(),
		objects:    newObjects(),
		holders:    newHolders(o.Holders, o.SaveHolders),
	}
	if fixed := o.linkBase(); fixed != nil {
		h.addressing.fixed = fixed
	}
	h.filler = newFiller(o, h.stored)
	h.reporter = newReporter(o)
	if !o.Offline {
		h.reporter.start()
	}
	h.forwarder = h.newForwarder()
	return h, nil
}

// stored learns from an entry that was just stored, and what it took the place of.
func (h *Handler) stored(res *ll2.Resource, e, old *cache.Entry) {
	if h.learn(res, e) && h.options.Peers != nil {
		h.options.Peers.Remember(res.Key) // here and not in learn: a hit waits for no peer
	}
	h.lists.hold(e)
	if old != nil {
		h.lists.replaced(res, old)
	}
}

// WindowsHeld returns how many windows were fetched that may still be served.
func (h *Handler) WindowsHeld() int { return h.lists.windowsHeld(time.Now()) }

// linkBase is the base of every answer's links, nil if it is the client's own.
func (o *Options) linkBase() *base {
	var b base
	switch {
	case o.KeepLinks:
		b = baseOf(o.UpstreamURL)
	case o.PublicURL != nil:
		b = baseOf(o.PublicURL)
	default:
		return nil
	}
	return &b
}

// Close ends the fetches under way and waits for the goroutines. Call it after
// the server has stopped handing in requests and before the store is closed.
func (h *Handler) Close() {
	h.filler.close()
	h.reporter.close()
}

// ServeHTTP is the journey. Each room calls only the next.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Exchange: respond.NewExchange(w, r), proxy: h}
	h.observer.RequestStarted()
	defer h.observe(x)
	if p := admit(r); p != nil {
		x.writeProblem(p)
		return
	}
	if r.Method == http.MethodOptions {
		h.serveOptions(x)
		return
	}
	if p := h.identify(x); p != nil {
		x.writeProblem(p)
		return
	}
	meant, err := h.resolver.resolve(r.RequestURI, request(r))
	if err != nil {
		x.writeProblem(bad("query", err.Error()))
		return
	}
	x.resource, x.windows, x.base = &meant.resource, meant.windows, h.addressing.base(r)
	if h.options.MoveTimeBounds {
		h.moveTimeBounds(x)
	}
	h.serve(x)
}

// serve sends a resolved request the way of its kind.
func (h *Handler) serve(x *exchange) {
	switch {
	case x.resource.Kind == ll2.Throttle:
		h.serveThrottle(x)
	case refused(x.resource):
		h.serveUnacceptable(x)
	case h.options.Offline:
		h.serveOffline(x)
	case x.resource.Kind == ll2.Outside:
		h.forward(x)
	case h.cuttable(x):
		if !h.lookUpWindows(x) {
			h.forward(x)
		}
	default:
		if !h.lookUp(x) {
			h.forward(x)
		}
	}
}

// serveOptions answers preflights and questions for the methods: upstream would
// charge for them and know nothing that we do not.
func (h *Handler) serveOptions(x *exchange) {
	header := x.Header()
	x.settle(header, respond.Handling{Outcome: respond.Local, Detail: "options"})
	header.Set("Allow", allowed)
	h.cors.preflight(header, x.Request)
	x.Record.Status = http.StatusNoContent
	x.WriteHeader(http.StatusNoContent)
}

// refused reports whether the framework is known to refuse the request before it
// looks at anything else.
func refused(res *ll2.Resource) bool {
	return res.Kind.Tabled() &&
		(res.Representation == ll2.NotAcceptable || res.Representation == ll2.UnknownFormat)
}

// serveUnacceptable answers as Django REST Framework does when a client accepts
// no representation that there is. The framework negotiates before it counts,
// so nothing is learned, and nothing need be spent, by asking.
func (h *Handler) serveUnacceptable(x *exchange) {
	status, body := http.StatusNotAcceptable, `{"detail":"Could not satisfy the request Accept header."}`
	if x.resource.Representation == ll2.UnknownFormat {
		status, body = http.StatusNotFound, `{"detail":"Not found."}`
	}
	header := x.Header()
	x.settle(header, respond.Handling{Outcome: respond.Local, Detail: "negotiation"})
	header.Set("Content-Type", "application/json")
	header.Add("Vary", "Accept")
	header.Set("Allow", allowed)
	x.Send(status, []byte(body))
}
