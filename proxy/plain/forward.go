package plain

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httputil"
	"time"

	"perigee/cache/rfc9111"
	"perigee/proxy/respond"
)

// patience is how long a client may take over each piece of a body.
const patience = time.Minute

// forward answers what the store alone cannot: through ReverseProxy, whose
// transport is this Handler's roundTrip.
func (h *Handler) forward(x *exchange) {
	x.Pace(patience)
	h.forwarder.Forward(&x.Exchange, x)
}

// newForwarder forwards requests as they are, but for what concerns the
// connection. Forwarded and X-Forwarded-* fall out, whoever sent them: an answer
// shaped by them would be given to others, who sent something else.
func (h *Handler) newForwarder() *respond.Forwarder[*exchange] {
	return respond.NewForwarder(
		func(p *httputil.ProxyRequest) { h.rewrite(p.In, p.Out) },
		h.roundTrip, h.forwardFailed, slog.NewLogLogger(h.log.Handler(), slog.LevelDebug))
}

// rewrite turns a client's request, of which out is a copy, into upstream's.
func (h *Handler) rewrite(in, out *http.Request) {
	u := *in.URL // also the query, of which ReverseProxy drops pairs that Go cannot parse
	u.Scheme, u.Host, u.User, u.Fragment = h.upstream.Scheme, h.upstream.Host, nil, ""
	out.URL, out.Host = &u, ""
	out.Header.Add("Via", fmt.Sprintf("%d.%d %s", in.ProtoMajor, in.ProtoMinor, surrogateName))
	out.Header.Add("Surrogate-Capability", surrogateClaims)
}

// roundTrip is the transport below ReverseProxy.
func (h *Handler) roundTrip(x *exchange, out *http.Request) (*http.Response, error) {
	switch {
	case !x.cacheable():
		return h.pass(x, out)
	case out.Method == http.MethodHead:
		return h.passHead(x, out)
	}
	return h.get(x, out)
}

// get answers a GET by asking upstream, together with others who ask the same.
func (h *Handler) get(x *exchange, out *http.Request) (*http.Response, error) {
	alone := x.alone()
	for {
		if p := h.paused(x); p != nil {
			return h.fallBack(x, out, p)
		}
		land, err := h.fetcher.fetch(out, x, alone)
		switch {
		case err != nil:
			return h.fallBack(x, out, err)
		case land.failed && h.mayFallBack(x):
			land.discard()
			h.observer.DowngradeRejected("status")
			return h.serveStale(x, out, land.reason), nil
		case land.led:
			return h.lead(x, out, land)
		case land.entry != nil && h.shares(x, land):
			return x.response(out, land.entry, respond.Handling{Outcome: respond.Collapsed, Fwd: x.fwd, Stored: land.stored}), nil
		}
		alone = true // what came was not for others: ask by ourselves
	}
}

// lead answers the request that caused a fetch.
func (h *Handler) lead(x *exchange, out *http.Request, land *landing) (*http.Response, error) {
	v := respond.Handling{Outcome: respond.Miss, Fwd: x.fwd, FwdStatus: land.status, Stored: land.stored, Detail: land.why}
	switch {
	case !land.asked:
		return x.response(out, land.entry, respond.Handling{Outcome: respond.Hit, TTL: land.entry.FreshUntil.Sub(x.Start)}), nil
	case land.entry != nil:
		resp := x.response(out, land.entry, v)
		maps.Copy(resp.Header, land.personal)
		if !land.validated && land.entry.Age == 0 {
			resp.Header.Del("Age") // it was made for this very request (RFC 9111, section 5.1)
		}
		return resp, nil
	}
	x.settle(land.resp.Header, v)
	return land.resp, nil
}

// shares reports whether an answer that another request caused answers this one
// too: it has the same values in what Vary names, and would be a hit had it been
// stored before (RFC 9111, section 4).
func (h *Handler) shares(x *exchange, land *landing) bool {
	names, _ := rfc9111.VaryNames(land.entry.Header)
	mine, ok := rfc9111.VaryValue(names, x.Request.Header)
	theirs, _ := rfc9111.VaryValue(names, land.request)
	return ok && mine == theirs &&
		x.wish.Reuse(land.entry, h.traits(land.entry), land.entry.Answered) == rfc9111.ServeFresh
}

// mayFallBack reports whether what is held may take the place of a failure.
func (h *Handler) mayFallBack(x *exchange) bool {
	return x.held != nil && x.wish.ReuseOnError(x.held, x.traits, x.Start)
}

// fallBack answers from a stale entry when upstream does not, or returns err.
func (h *Handler) fallBack(x *exchange, out *http.Request, err error) (*http.Response, error) {
	if out.Context().Err() != nil || !h.mayFallBack(x) {
		return nil, err
	}
	return h.serveStale(x, out, problemOf(err).Reason), nil
}

func (h *Handler) serveStale(x *exchange, out *http.Request, reason string) *http.Response {
	return x.response(out, x.held, respond.Handling{
		Outcome: respond.Stale, TTL: x.held.FreshUntil.Sub(x.Start), Detail: "stale-" + reason,
	})
}

// forwardFailed is where every error below ReverseProxy becomes an answer.
func (h *Handler) forwardFailed(x *exchange, err error) {
	h.log.Debug("upstream failed", "uri", x.target, "error", err)
	x.writeProblem(problemOf(err))
}
