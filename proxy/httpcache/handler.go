// Package httpcache is a shared HTTP cache for any upstream: it knows of resources
// what RFC 9110 and RFC 9111 say, and nothing else.
//
//	observe → find → decide → serve, or forward (→ fetch → origin) → serve
//
// Handler is an http.Handler. A stored response that may be reused as it is goes
// out straight from the store; every other request goes through
// httputil.ReverseProxy, whose transport validates, fetches and stores. The rules
// are package rfc9111's: this one carries them out.
package httpcache

import (
	"errors"
	"log/slog"
	"net/http"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/respond"
)

// Handler is the cache: it has the order of the stages. It is safe for concurrent
// use. Close it when no more requests come.
type Handler struct {
	store     *store
	fetcher   *fetcher
	forwarder *respond.Forwarder[*exchange]
	origin    *origin
	links     *links
	observer  Observer
	log       *slog.Logger
}

// New returns a Handler. It starts nothing before there is something to do.
func New(o Options) (*Handler, error) {
	if o.UpstreamURL == nil || o.Store == nil {
		return nil, errors.New("httpcache: UpstreamURL and Store are required")
	}
	o = o.withDefaults()
	rules := &rfc9111.Shared{StaleIfError: o.StaleIfError, Surrogate: surrogateName}
	h := &Handler{store: newStore(o.Store), origin: newOrigin(o), links: newLinks(o), observer: o.Observer, log: o.Logger}
	h.fetcher = newFetcher(o, h.origin, h.store, rules)
	reverse := &reverse{
		origin: h.origin, store: h.store, fetcher: h.fetcher, rules: rules,
		maxBody: o.MaxBody, observer: o.Observer, log: o.Logger,
	}
	h.forwarder = respond.NewForwarder(h.origin.rewrite, reverse.roundTrip, reverse.failed,
		slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug))
	return h, nil
}

// Close ends the fetches under way and waits for them. Call it after the server
// has stopped handing in requests and before the store is closed.
func (h *Handler) Close() {
	h.fetcher.close()
	h.origin.close()
}

// Purge removes all that is stored for target, a path and query as clients send
// them, and returns it. The error is that of the store: what was stored may come
// back.
func (h *Handler) Purge(target string) (removed []*cache.Entry, err error) {
	return h.store.purge(target)
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = respond.WithoutEmptyContent(r)
	x := newExchange(w, r, h.links)
	x.Record.Endpoint = endpoint
	h.observer.RequestStarted()
	defer x.End(h.observer, h.log, respond.Peer)
	defer x.Contain(h.observer, h.log)
	if cacheable(r) && !x.directives.NoStore {
		x.stored = h.store.find(x.target, r, x.sent)
	}
	d := decide(r, &x.directives, x.stored, x.Start)
	switch d.action {
	case refuse:
		x.refuse(d.problem)
	case forward:
		x.fwd = d.handling.Fwd
		x.Interim = x.links.rewrite
		h.forwarder.Forward(&x.Exchange, x)
	case serveAndRefresh:
		d.handling.Detail = h.fetcher.refresh(x)
		x.serve(d.entry, d.handling)
	default:
		x.serve(d.entry, d.handling)
	}
}
