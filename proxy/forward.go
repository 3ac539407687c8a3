package proxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"time"

	"perigee/cache"
	"perigee/proxy/ll2"
	"perigee/proxy/upstream"
)

// forward answers what the store alone cannot: through ReverseProxy, whose
// transport is this Handler's roundTrip.
func (h *Handler) forward(x *exchange) {
	h.reverse.ServeHTTP(&counter{ResponseWriter: x.w, record: &x.record},
		x.r.WithContext(withExchange(x.r.Context(), x)))
}

func (h *Handler) newReverseProxy() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(h.options.UpstreamURL)
			p.Out.URL.Path, p.Out.URL.RawPath = p.In.URL.Path, p.In.URL.RawPath
			p.Out.URL.RawQuery = p.In.URL.RawQuery // ReverseProxy drops pairs that Go cannot parse
		},
		Transport:    roundTripper(h.roundTrip),
		ErrorHandler: h.forwardFailed,
		ErrorLog:     slog.NewLogLogger(h.log.Handler(), slog.LevelWarn),
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// roundTrip is the transport below ReverseProxy.
func (h *Handler) roundTrip(out *http.Request) (*http.Response, error) {
	x := exchangeOf(out.Context())
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
		x.record.Upstream = 1
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

func landedVerdict(x *exchange, land *landing, led bool) verdict {
	v := verdict{outcome: Collapsed, fwd: x.fwd, stored: land.stored}
	switch {
	case land.peer: // as if it had been fetched here for another
	case !land.asked:
		return verdict{outcome: Hit, ttl: land.entry.FreshUntil.Sub(x.start)}
	case led:
		v.outcome, v.fwdStatus = Miss, land.entry.Status
	}
	return v
}

// fallBack answers from a stale entry when upstream does not (RFC 5861 §4;
// throttling counts as failure here).
func (h *Handler) fallBack(x *exchange, land *landing, err error) (subject, verdict, bool) {
	held, ok := h.held(x)
	if !ok || held.entry.State(x.start) == cache.Dead {
		return subject{}, verdict{}, false
	}
	return held, staleVerdict(x, held.entry, land, err), true
}

// staleVerdict says why what is held is given in place of something newer.
func staleVerdict(x *exchange, held *cache.Entry, land *landing, err error) verdict {
	v := verdict{outcome: Stale, ttl: held.FreshUntil.Sub(x.start)}
	if held.State(x.start) == cache.Fresh { // the client wanted a newer one
		v.outcome = Hit
	}
	var p *problem
	switch {
	case quotaRefused(err):
		v.detail = "stale-quota"
	case errors.As(err, &p):
		v.detail = "stale-" + p.reason
	case err != nil:
		v.detail = "stale-upstream-" + failureReason(err)
	case land.entry.Status == http.StatusTooManyRequests:
		v.detail = "stale-quota"
	default:
		v.detail = "stale-upstream-" + land.fault
	}
	return v
}

// relayFault answers when upstream failed and nothing is held. What upstream
// said is passed on, but not what it only half said, and not when it throttles:
// then the quota is the same for everybody, and each is told when to come back.
func (h *Handler) relayFault(x *exchange, out *http.Request, land *landing, led bool, err error) (*http.Response, error) {
	if quotaRefused(err) || err == nil && land.entry.Status == http.StatusTooManyRequests {
		return nil, throttledProblem(h.options.Gate.View(h.client(x), time.Now()))
	}
	if err != nil {
		return nil, err
	}
	if land.fault == faultMalformed || land.fault == faultMediaType {
		return nil, &problem{
			status: http.StatusBadGateway, reason: "upstream-" + land.fault, retryAfter: pauseAfterAnswer,
			detail: "Upstream's answer is not what was asked for (" + land.fault + ").",
		}
	}
	return x.response(out, whole(land.entry), landedVerdict(x, land, led)), nil
}

// response makes the answer what a transport returns.
func (x *exchange) response(out *http.Request, s subject, v verdict) *http.Response {
	header := make(http.Header, 16)
	status, body := x.head(header, s, v)
	resp := &http.Response{
		Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, ContentLength: int64(len(body)), Body: http.NoBody, Request: out,
	}
	if status == http.StatusNotModified {
		return resp
	}
	if out.Method != http.MethodHead {
		resp.Body = io.NopCloser(bytes.NewReader(body))
	}
	return resp
}

// pass sends a request outside the API through: it costs no quota, and what it
// means is not known here.
func (h *Handler) pass(x *exchange, out *http.Request) (*http.Response, error) {
	resp, err := h.options.Upstream.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	x.record.Upstream = 1
	for name := range resp.Header {
		if strings.HasPrefix(name, "Access-Control-") || name == "Alt-Svc" || name == "Strict-Transport-Security" {
			delete(resp.Header, name)
		}
	}
	if path, ok := strings.CutPrefix(resp.Header.Get("Location"), baseOf(h.options.UpstreamURL).String()+"/"); ok {
		resp.Header.Set("Location", x.base.String()+"/"+path)
	}
	x.settle(resp.Header, verdict{outcome: Bypass, fwdStatus: resp.StatusCode})
	return resp, nil
}

// forwardFailed is where every error below ReverseProxy becomes an answer.
func (h *Handler) forwardFailed(_ http.ResponseWriter, out *http.Request, err error) {
	x := exchangeOf(out.Context())
	if out.Context().Err() != nil {
		x.record.Status = statusClientGone
		return
	}
	x.writeProblem(problemOf(err))
}

// problemOf says to a client what an error means for it. What it says of
// upstream is bounded: the particulars are in the log.
func problemOf(err error) *problem {
	var p *problem
	var busy *upstream.BusyError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &busy):
		return &problem{
			status: http.StatusServiceUnavailable, reason: "busy", retryAfter: busy.RetryAfter,
			detail: "Too many requests for pages outside the API are under way.",
		}
	case errors.Is(err, upstream.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return &problem{
			status: http.StatusGatewayTimeout, reason: "upstream-timeout", retryAfter: pauseAfterAnswer,
			detail: "Upstream did not answer in time, and nothing is held.",
		}
	case errors.Is(err, errClosed), errors.Is(err, context.Canceled):
		return &problem{
			status: http.StatusServiceUnavailable, reason: "shutdown", retryAfter: pauseAfterUnsent,
			detail: "The proxy is shutting down.",
		}
	}
	return &problem{
		status: http.StatusBadGateway, reason: "upstream-" + failureReason(err), retryAfter: pauseAfterAnswer,
		detail: "Upstream could not be reached or broke off, and nothing is held.",
	}
}

// counter notes what is sent to the client.
type counter struct {
	http.ResponseWriter
	record *Record
}

// Unwrap lets http.ResponseController reach the writer below.
func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// WriteHeader notes the status, but for informational ones.
func (c *counter) WriteHeader(status int) {
	if status >= http.StatusOK {
		c.record.Status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *counter) Write(b []byte) (int, error) {
	if c.record.Status == 0 {
		c.record.Status = http.StatusOK
	}
	n, err := c.ResponseWriter.Write(b)
	c.record.Bytes += int64(n)
	return n, err
}
