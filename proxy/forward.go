package proxy

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"strings"
	"time"

	"perigee/cache"
	"perigee/proxy/ll2"
	"perigee/proxy/respond"
	"perigee/proxy/upstream"
)

// forward answers what the store alone cannot: through ReverseProxy, whose
// transport is this Handler's roundTrip.
func (h *Handler) forward(x *exchange) {
	h.forwarder.Forward(&x.Exchange, x)
}

func (h *Handler) newForwarder() *respond.Forwarder[*exchange] {
	rewrite := func(p *httputil.ProxyRequest) {
		p.SetURL(h.options.UpstreamURL)
		p.Out.URL.Path, p.Out.URL.RawPath = p.In.URL.Path, p.In.URL.RawPath
		p.Out.URL.RawQuery = p.In.URL.RawQuery // ReverseProxy drops pairs that Go cannot parse
	}
	failed := func(x *exchange, err error) { x.writeProblem(problemOf(err)) }
	return respond.NewForwarder(rewrite, h.roundTrip, failed, slog.NewLogLogger(h.log.Handler(), slog.LevelWarn))
}

// roundTrip is the transport below ReverseProxy.
func (h *Handler) roundTrip(x *exchange, out *http.Request) (*http.Response, error) {
	if x.resource.Kind == ll2.Outside {
		return h.pass(x, out)
	}
	if h.cuttable(x) {
		return h.roundTripWindows(x, out)
	}
	return h.roundTripExact(x, out)
}

// roundTripExact answers with the resource itself.
func (h *Handler) roundTripExact(x *exchange, out *http.Request) (*http.Response, error) {
	land, led, err := h.filler.fetch(out.Context(), x.resource, h.wants(x))
	if led && cost(land, err) {
		x.Record.Upstream = 1
	}
	if err == nil && land.fault == "" {
		return x.response(out, whole(land.entry), landedVerdict(x, land, led)), nil
	}
	if out.Context().Err() != nil {
		return nil, out.Context().Err()
	}
	if held, v, ok := h.fallBack(x, land, err); ok {
		return x.response(out, held, v), nil
	}
	return h.relayFault(x, out, land, led, err)
}

// cost reports whether the flight sent a request.
func cost(land *landing, err error) bool {
	if land != nil {
		return land.asked
	}
	failed, ok := errors.AsType[*upstream.Error](err)
	return ok && failed.Sent
}

func landedVerdict(x *exchange, land *landing, led bool) respond.Handling {
	v := respond.Handling{Outcome: respond.Collapsed, Fwd: x.fwd, Stored: land.stored}
	switch {
	case land.peer: // as if it had been fetched here for another
	case !land.asked:
		return respond.Handling{Outcome: respond.Hit, TTL: land.entry.FreshUntil.Sub(x.Start)}
	case led:
		v.Outcome, v.FwdStatus = respond.Miss, land.entry.Status
	}
	return v
}

// fallBack answers from a stale entry when upstream does not (RFC 5861 §4;
// throttling counts as failure here).
func (h *Handler) fallBack(x *exchange, land *landing, err error) (subject, respond.Handling, bool) {
	held, ok := h.held(x)
	if !ok || held.entry.State(x.Start) == cache.Dead {
		return subject{}, respond.Handling{}, false
	}
	return held, staleVerdict(x, held.entry, land, err), true
}

// staleVerdict says why what is held is given in place of something newer.
func staleVerdict(x *exchange, held *cache.Entry, land *landing, err error) respond.Handling {
	v := respond.Handling{Outcome: respond.Stale, TTL: held.FreshUntil.Sub(x.Start)}
	if held.State(x.Start) == cache.Fresh { // the client wanted a newer one
		v.Outcome = respond.Hit
	}
	var p *respond.Problem
	switch {
	case quotaRefused(err):
		v.Detail = "stale-quota"
	case errors.As(err, &p):
		v.Detail = "stale-" + p.Reason
	case err != nil:
		v.Detail = "stale-upstream-" + failureReason(err)
	case land.entry.Status == http.StatusTooManyRequests:
		v.Detail = "stale-quota"
	default:
		v.Detail = "stale-upstream-" + land.fault
	}
	return v
}

// relayFault answers when upstream failed and nothing is held. What upstream
// said is passed on, but not what it only half said, and not when it throttles:
// then the quota is the same for everybody, and each is told when to come back.
func (h *Handler) relayFault(x *exchange, out *http.Request, land *landing, led bool, err error) (*http.Response, error) {
	if quotaRefused(err) || err == nil && land.entry.Status == http.StatusTooManyRequests {
		return nil, throttledProblem(h.options.Gate.View(h.client(x), time.Now()), h.options.RateLimitFields)
	}
	if err != nil {
		return nil, err
	}
	if land.fault == faultMalformed || land.fault == faultMediaType {
		return nil, &respond.Problem{
			Status: http.StatusBadGateway, Reason: "upstream-" + land.fault, RetryAfter: pauseAfterAnswer,
			Detail: "Upstream's answer is not what was asked for (" + land.fault + ").",
		}
	}
	return x.response(out, whole(land.entry), landedVerdict(x, land, led)), nil
}

// response makes the answer what a transport returns.
func (x *exchange) response(out *http.Request, s subject, v respond.Handling) *http.Response {
	header := make(http.Header, 16)
	status, body := x.head(header, s, v)
	return respond.Response(out, status, header, body)
}

// pass sends a request outside the API through: it costs no quota, and what it
// means is not known here.
func (h *Handler) pass(x *exchange, out *http.Request) (*http.Response, error) {
	resp, err := h.options.Upstream.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	x.Record.Upstream = 1
	for name := range resp.Header {
		if strings.HasPrefix(name, "Access-Control-") || name == "Alt-Svc" || name == "Strict-Transport-Security" {
			delete(resp.Header, name)
		}
	}
	if path, ok := strings.CutPrefix(resp.Header.Get("Location"), baseOf(h.options.UpstreamURL).String()+"/"); ok {
		resp.Header.Set("Location", x.base.String()+"/"+path)
	}
	x.settle(resp.Header, respond.Handling{Outcome: respond.Bypass, FwdStatus: resp.StatusCode})
	return resp, nil
}

// problemOf says to a client what an error means for it. What it says of
// upstream is bounded: the particulars are in the log.
func problemOf(err error) *respond.Problem {
	var p *respond.Problem
	var busy *upstream.BusyError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &busy):
		return &respond.Problem{
			Status: http.StatusServiceUnavailable, Reason: "busy", RetryAfter: busy.RetryAfter,
			Detail: "Too many requests for pages outside the API are under way.",
		}
	case errors.Is(err, upstream.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return &respond.Problem{
			Status: http.StatusGatewayTimeout, Reason: "upstream-timeout", RetryAfter: pauseAfterAnswer,
			Detail: "Upstream did not answer in time, and nothing is held.",
		}
	case errors.Is(err, errClosed), errors.Is(err, context.Canceled):
		return &respond.Problem{
			Status: http.StatusServiceUnavailable, Reason: "shutdown", RetryAfter: pauseAfterUnsent,
			Detail: "The proxy is shutting down.",
		}
	}
	return &respond.Problem{
		Status: http.StatusBadGateway, Reason: "upstream-" + failureReason(err), RetryAfter: pauseAfterAnswer,
		Detail: "Upstream could not be reached or broke off, and nothing is held.",
	}
}
