package plain

import (
	"net/http"
	"net/url"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/respond"
)

// send asks upstream once, on the client's own behalf.
func (h *Handler) send(x *exchange, out *http.Request) (*http.Response, *rfc9111.Exchange, error) {
	asked := time.Now()
	resp, err := h.transport.RoundTrip(out)
	now := time.Now()
	x.Record.Upstream++
	if err != nil {
		h.observer.UpstreamAnswered(endpoint, 0, now.Sub(asked))
		return nil, nil, err
	}
	h.observer.UpstreamAnswered(endpoint, resp.StatusCode, now.Sub(asked))
	stampDate(resp.Header, now)
	return resp, &rfc9111.Exchange{
		Method: out.Method, URL: x.url(), Request: out.Header,
		Status: resp.StatusCode, Response: resp.Header, Asked: asked, Answered: now,
	}, nil
}

// url is the request's target as the client sees it.
func (x *exchange) url() *url.URL {
	u := *x.Request.URL
	u.Scheme, u.Host = "http", x.Request.Host
	if x.Request.TLS != nil {
		u.Scheme = "https"
	}
	return &u
}

// pass sends a request through that the store has no part in, and forgets what it
// may have changed.
func (h *Handler) pass(x *exchange, out *http.Request) (*http.Response, error) {
	resp, told, err := h.send(x, out)
	if err != nil {
		return nil, err
	}
	h.invalidate(x, rfc9111.Invalidated(told, h.upstream))
	v := respond.Handling{Outcome: respond.Bypass, Fwd: x.fwd, FwdStatus: resp.StatusCode}
	if told.Method == http.MethodPost {
		return h.keepPosted(x, out, resp, told, v)
	}
	x.settle(resp.Header, v)
	return resp, nil
}

// invalidate forgets what is held of targets, and of what x asked for, in the very
// form that it was asked for in.
func (h *Handler) invalidate(x *exchange, targets []string) {
	if len(targets) == 0 {
		return
	}
	for _, target := range append(targets, x.target) {
		if err := h.shelf.invalidate(target); err != nil {
			h.log.Error("an obsolete answer may come back", "uri", target, "error", err)
		}
	}
}

// keepPosted stores the answer to a POST where it serves as one to GET.
func (h *Handler) keepPosted(x *exchange, out *http.Request, resp *http.Response, told *rfc9111.Exchange, v respond.Handling) (*http.Response, error) {
	j := h.rules.Decide(told)
	tenure := h.shelf.enter(x.target)
	defer h.shelf.leave(tenure)
	if !j.Store || !h.fetcher.takes(resp) {
		x.settle(resp.Header, v)
		return resp, nil
	}
	body, whole, err := h.fetcher.read(resp)
	if err != nil {
		return nil, err
	}
	if whole {
		e := entryOf(told, &j, body)
		v.Stored = h.shelf.put(tenure, x.Request.Header, e)
		resp.ContentLength = int64(len(body))
	}
	x.settle(resp.Header, v)
	return resp, nil
}

// passHead sends a HEAD request through. What it brings is news of the answer
// that is stored for GET (RFC 9111, section 4.3.5).
func (h *Handler) passHead(x *exchange, out *http.Request) (*http.Response, error) {
	if p := h.paused(x); p != nil {
		return h.fallBack(x, out, p)
	}
	tenure := h.shelf.enter(x.target)
	defer h.shelf.leave(tenure)
	resp, told, err := h.send(x, out)
	if err != nil {
		return h.fallBack(x, out, err)
	}
	if reason := failure(resp.StatusCode); reason != "" {
		h.fetcher.pauses.note(x.target, out.Header, resp, time.Now())
		if h.mayFallBack(x) {
			resp.Body.Close()
			return h.serveStale(x, out, reason), nil
		}
	}
	v := respond.Handling{Outcome: respond.Miss, Fwd: x.fwd, FwdStatus: resp.StatusCode}
	if x.held != nil && resp.StatusCode == http.StatusOK && x.held.Status == http.StatusOK && !x.wish.NoStore {
		if e := h.learn(x, told, tenure); e != nil {
			resp.Body.Close()
			v.Stored = true
			return x.response(out, e, v), nil
		}
	}
	x.settle(resp.Header, v)
	return resp, nil
}

// learn updates the stored answer from that to a HEAD and returns it, or forgets
// it if it is not the same any more.
func (h *Handler) learn(x *exchange, told *rfc9111.Exchange, t *tenure) *cache.Entry {
	if !rfc9111.SameRepresentation(x.held.Header, told.Response) {
		h.shelf.drop(x.held)
		return nil
	}
	e, j := h.freshen(x.held, told)
	if !j.Store || !h.shelf.put(t, x.Request.Header, e) {
		return nil
	}
	return e
}
