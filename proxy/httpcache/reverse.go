package httpcache

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"syscall"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/coalesce"
	"perigee/proxy/respond"
)

// reverse gets the answers that the store alone cannot give: it is what
// httputil.ReverseProxy has for a transport.
type reverse struct {
	origin   *origin
	store    *store
	fetcher  *fetcher
	rules    *rfc9111.Shared
	maxBody  int64
	observer Observer
	log      *slog.Logger
}

// roundTrip answers x by sending out, or something like it.
func (v *reverse) roundTrip(x *exchange, out *http.Request) (*http.Response, error) {
	switch {
	case !cacheable(x.Request):
		return v.pass(x, out)
	case out.Method == http.MethodHead:
		return v.head(x, out)
	}
	return v.get(x, out)
}

// get answers a GET by asking upstream, together with others who ask the same.
func (v *reverse) get(x *exchange, out *http.Request) (*http.Response, error) {
	alone := !x.shareable()
	for {
		if p := v.fetcher.backoff.check(x.target, x.sent(), x.mayFallBack(), time.Now()); p != nil {
			return fallBack(x, out, p)
		}
		got, err := v.fetcher.fetch(x, out, alone)
		switch {
		case err != nil:
			return fallBack(x, out, err)
		case got.failure != "" && x.mayFallBack():
			got.close()
			v.observer.DowngradeRejected("status")
			return x.staleResponse(out, got.failure), nil
		case got.started:
			return answerStarter(x, out, got), nil
		case got.entry != nil && shares(x, got.result):
			if resp := answerWaiter(x, out, got); resp != nil {
				return resp, nil
			}
		}
		alone = true // what came was not for others: ask by ourselves
	}
}

// answerStarter answers the request that started a fetch.
func answerStarter(x *exchange, out *http.Request, got fetched) *http.Response {
	h := respond.Handling{Outcome: respond.Miss, Fwd: x.fwd, FwdStatus: got.status, Stored: got.stored, Detail: got.why}
	switch {
	case got.status == 0:
		return x.response(out, got.entry, served(got.entry, respond.Hit, x.Start))
	case got.entry == nil:
		x.settle(got.resp.Header, h)
		return got.resp
	}
	var resp *http.Response
	if body, ok := got.reader(); ok {
		resp = x.stream(out, got.entry, body, h)
	} else {
		resp = x.response(out, got.entry, h)
	}
	maps.Copy(resp.Header, got.own)
	if !got.validated && got.entry.Age == 0 {
		resp.Header.Del("Age") // it was made for this very request (RFC 9111, section 5.1)
	}
	return resp
}

// answerWaiter answers a request that waited for a fetch of another's, nil if what it
// brought is gone by now.
func answerWaiter(x *exchange, out *http.Request, got fetched) *http.Response {
	h := respond.Handling{Outcome: respond.Collapsed, Fwd: x.fwd, Stored: got.stored}
	if got.spool == nil {
		return x.response(out, got.entry, h)
	}
	body, ok := got.spool.Join(out.Context())
	if !ok {
		return nil
	}
	return x.stream(out, got.entry, body, h)
}

// shares reports whether a response that another request caused answers this one
// too: it has the same values in what Vary names, and would be a hit had it been
// stored before (RFC 9111, section 4).
func shares(x *exchange, res *result) bool {
	names, _ := rfc9111.VaryNames(res.entry.Header)
	mine, ok := rfc9111.VaryValue(names, x.sent())
	theirs, _ := rfc9111.VaryValue(names, res.request)
	return ok && mine == theirs && takesCoding(x.Request.Header, res.entry) &&
		x.directives.Reuse(res.entry, reuseRules(res.entry), latest(x.Start, res.entry.Answered)) == rfc9111.ServeFresh
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// head sends a HEAD request through. What it brings is news of the response that is
// stored for GET (RFC 9111, section 4.3.5).
func (v *reverse) head(x *exchange, out *http.Request) (*http.Response, error) {
	if p := v.fetcher.backoff.check(x.target, x.sent(), x.mayFallBack(), time.Now()); p != nil {
		return fallBack(x, out, p)
	}
	ep := v.store.enter(x.target)
	defer v.store.leave(ep)
	resp, sent, err := v.send(x, out)
	if err != nil {
		return fallBack(x, out, err)
	}
	if reason := failure(resp.StatusCode); reason != "" {
		v.fetcher.backoff.answered(x.target, x.sent(), resp, time.Now())
		if x.mayFallBack() {
			resp.Body.Close()
			return x.staleResponse(out, reason), nil
		}
	}
	h := respond.Handling{Outcome: respond.Miss, Fwd: x.fwd, FwdStatus: resp.StatusCode}
	if e := v.update(x, ep, sent); e != nil {
		resp.Body.Close()
		h.Stored = true
		answer := x.response(out, e, h)
		maps.Copy(answer.Header, fieldsOf(sent.Response, cookies()))
		return answer, nil
	}
	x.settle(resp.Header, h)
	return resp, nil
}

// update updates the stored response from that to a HEAD and returns it, or removes
// it if it is obsolete. It returns nil if there is none that can answer, or it is not
// said that it still is the one.
func (v *reverse) update(x *exchange, ep *epoch, sent *rfc9111.Exchange) *cache.Entry {
	stored := x.stored.entry
	if stored == nil || stored.Status != http.StatusOK || sent.Status != http.StatusOK {
		return nil
	}
	switch rfc9111.CompareHead(stored.Header, sent.Response) {
	case rfc9111.Different:
		v.store.drop(stored)
		return nil
	case rfc9111.Unknown:
		return nil
	}
	e, d := freshen(v.rules, stored, sent)
	if !d.Store || !v.store.put(ep, x.sent(), e) {
		return nil
	}
	return e
}

// pass sends a request through that the store has no part in, and removes what it
// may have changed.
func (v *reverse) pass(x *exchange, out *http.Request) (*http.Response, error) {
	resp, sent, err := v.send(x, out)
	if err != nil {
		return nil, err
	}
	v.invalidate(x.target, rfc9111.Invalidated(sent, v.origin.url))
	h := respond.Handling{Outcome: respond.Bypass, Fwd: x.fwd, FwdStatus: resp.StatusCode}
	if sent.Method == http.MethodPost {
		h.Stored = v.keepPosted(x, resp, sent)
	}
	x.settle(resp.Header, h)
	return resp, nil
}

// invalidate removes what is stored for others, and for target, in the very form
// that it was asked for in, if there are others.
func (v *reverse) invalidate(target string, others []string) {
	if len(others) == 0 {
		return
	}
	for _, target := range append(others, target) {
		if err := v.store.invalidate(target); err != nil {
			v.log.Error("an obsolete response may come back", "uri", target, "error", err)
		}
	}
}

// keepPosted has the response to a POST stored where it serves as one to GET, once all
// of it has come, and reports whether it will be. Of one whose method was overridden
// it is not known what it is the response to.
func (v *reverse) keepPosted(x *exchange, resp *http.Response, sent *rfc9111.Exchange) bool {
	d := v.rules.Decide(sent)
	if !d.Store || passes(resp) != "" || overridden(sent.Request) {
		return false
	}
	ep := v.store.enter(x.target)
	kept := &keptBody{
		ReadCloser: resp.Body, resp: resp, budget: v.fetcher.budgets.Of(v.maxBody), limit: v.maxBody,
		whole: func(body []byte) { v.store.put(ep, x.sent(), newEntry(sent, &d, body)) },
		end:   func() { v.store.leave(ep) },
	}
	resp.Body = kept
	return true
}

// send sends a request on the client's own behalf.
func (v *reverse) send(x *exchange, out *http.Request) (*http.Response, *rfc9111.Exchange, error) {
	x.Record.Upstream++
	return v.origin.send(out, x.url())
}

// fallBack answers from what is stored when upstream does not, or returns err.
func fallBack(x *exchange, out *http.Request, err error) (*http.Response, error) {
	if out.Context().Err() != nil || !x.mayFallBack() {
		return nil, err
	}
	return x.staleResponse(out, problemOf(err).Reason), nil
}

// failed is where every error of roundTrip becomes an answer.
func (v *reverse) failed(x *exchange, err error) {
	v.log.Debug("upstream failed", "uri", x.target, "error", err)
	x.refuse(problemOf(err))
}

// problemOf says to a client what an error means for it. The particulars are for
// the log.
func problemOf(err error) *respond.Problem {
	var p *respond.Problem
	var timeout net.Error
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, coalesce.ErrClosed):
		return &respond.Problem{
			Status: http.StatusServiceUnavailable, Reason: "shutdown",
			Detail: "The cache is shutting down.",
		}
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return &respond.Problem{
			Status: http.StatusServiceUnavailable, Reason: "descriptors", RetryAfter: time.Second,
			Detail: "The cache has too many connections open to ask upstream.",
		}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &respond.Problem{
			Status: http.StatusGatewayTimeout, Reason: "upstream-timeout",
			Detail: "Upstream did not answer in time, and nothing is cached.",
		}
	}
	return &respond.Problem{
		Status: http.StatusBadGateway, Reason: "upstream-failed",
		Detail: "Upstream could not be reached or broke off, and nothing is cached.",
	}
}
