package plain

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/respond"
)

// Observer is told what happens. Its methods are called on the path of requests:
// they must be quick and safe for concurrent use.
type Observer interface {
	respond.Observer
	WaiterJoined()
	FetchStarted()
	FetchEnded()
	DowngradeRejected(reason string)
	PanicRecovered()
	// UpstreamAnswered gets the time until the head of the response; status is 0
	// when none came.
	UpstreamAnswered(label string, status int, took time.Duration)
}

// Options configure a Handler.
type Options struct {
	// UpstreamURL is the scheme and host that requests are forwarded to. Required.
	UpstreamURL *url.URL
	// Store holds the entries. The Handler does not close it. Required.
	Store cache.Tier
	// StaleIfError is how long after its freshness an answer is served when
	// upstream fails, unless it says so itself. If zero, no time at all.
	StaleIfError time.Duration
	// Timeout is how long upstream may take to begin an answer, and to end one
	// that is stored. If zero, 30 s.
	Timeout time.Duration
	// MaxBody is the longest body that is stored; longer ones are streamed. If
	// zero, 32 MiB.
	MaxBody int64
	// Transport sends requests upstream. If nil, one of this package's own, which
	// sends no unsafe request twice.
	Transport http.RoundTripper
	// Observer is told what happens. If nil, nobody is.
	Observer Observer
	// Logger gets the access records and what an operator should know. If nil,
	// nothing is logged.
	Logger *slog.Logger
}

// Handler is the cache. It is safe for concurrent use. Close it when no more
// requests come.
type Handler struct {
	upstream  *url.URL
	rules     *rfc9111.Shared
	shelf     *shelf
	fetcher   *fetcher
	forwarder *respond.Forwarder[*exchange]
	transport http.RoundTripper
	closeIdle func()
	observer  Observer
	log       *slog.Logger
	hitStatus respond.Prepared
}

// New returns a Handler. It starts nothing before there is something to do.
func New(o Options) (*Handler, error) {
	if o.UpstreamURL == nil || o.Store == nil {
		return nil, errors.New("plain: UpstreamURL and Store are required")
	}
	o = o.withDefaults()
	h := &Handler{
		upstream: o.UpstreamURL, transport: o.Transport, closeIdle: func() {},
		rules:    &rfc9111.Shared{StaleIfError: o.StaleIfError, Surrogate: surrogateName},
		shelf:    newShelf(o.Store),
		observer: o.Observer, log: o.Logger,
		hitStatus: respond.Handling{Outcome: respond.Hit}.Member("").Prepare(nil),
	}
	if h.transport == nil {
		t := newTransport(o.Timeout)
		h.transport, h.closeIdle = t, t.closeIdle
	}
	h.fetcher = newFetcher(h, o)
	h.forwarder = h.newForwarder()
	return h, nil
}

func (o Options) withDefaults() Options {
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.MaxBody == 0 {
		o.MaxBody = 32 << 20
	}
	if o.Observer == nil {
		o.Observer = silent{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Close ends the fetches under way and waits for them. Call it after the server
// has stopped handing in requests and before the store is closed.
func (h *Handler) Close() {
	h.fetcher.close()
	h.closeIdle()
}

// Purge forgets all that is held of target, a path and query as clients send them,
// and returns it. The error is that of the store: what was held may come back.
func (h *Handler) Purge(target string) (forgotten []*cache.Entry, err error) {
	return h.shelf.purge(target)
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := h.newExchange(w, r)
	x.Record.Endpoint = endpoint
	h.observer.RequestStarted()
	defer x.End(h.observer, h.log, respond.Peer)
	switch {
	case r.Method == http.MethodConnect:
		x.writeProblem(&respond.Problem{
			Status: http.StatusMethodNotAllowed, Reason: "method",
			Detail: "This is a cache in front of one server, not a tunnel.",
		})
		return
	case !x.cacheable():
		x.fwd = respond.FwdBypass
		if !x.reads() {
			x.fwd = respond.FwdMethod
		}
	case h.lookUp(x):
		return
	case x.wish.OnlyIfCached:
		x.writeProblem(&respond.Problem{
			Status: http.StatusGatewayTimeout, Reason: "only-if-cached",
			Detail: "Nothing that is held answers this request, and it allows nothing else.",
		})
		return
	}
	h.forward(x)
}

// lookUp answers from the store if it can without waiting for upstream. If it
// cannot, x says why.
func (h *Handler) lookUp(x *exchange) bool {
	if x.wish.NoStore {
		x.fwd = respond.FwdRequest
		return false
	}
	entry, why := h.shelf.find(x.target, x.Request.Header)
	if entry == nil {
		x.fwd = why
		return h.servePart(x)
	}
	x.held, x.traits = entry, h.traits(entry)
	x.fwd = respond.FwdStale
	v := respond.Handling{Outcome: respond.Hit, TTL: entry.FreshUntil.Sub(x.Start)}
	switch x.wish.Reuse(entry, x.traits, x.Start) {
	case rfc9111.ServeFresh:
	case rfc9111.ServeWhileRevalidate:
		v.Outcome, v.Detail = respond.Stale, h.fetcher.refresh(x)
	case rfc9111.ServeStale:
		v.Outcome, v.Detail = respond.Stale, "max-stale"
	case rfc9111.ValidateRequested:
		x.fwd = respond.FwdRequest
		return false
	default:
		return false
	}
	x.answer(entry, v)
	return true
}
