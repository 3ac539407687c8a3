package plain

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/respond"
)

// ask is one request that goes upstream, and the place where its response waits
// for the one who asked, if nobody else may have it.
type ask struct {
	out      *http.Request
	client   http.Header // the request's fields as the client sent them
	target   string
	told     rfc9111.Exchange   // the request's half of it
	held     *cache.Entry       // what is to be validated; nil: nothing
	traits   rfc9111.ReuseRules // of held
	nominees []*cache.Entry     // variants of which one may be the answer
	tenure   *tenure
	again    bool        // an answer that was stored meanwhile will do
	cancel   func(error) // ends the exchange with upstream
	leave    func()      // gives back what a flight takes up; called once, when it has ended

	mu        sync.Mutex // guards the fields below
	resp      *http.Response
	abandoned bool
}

// ask prepares a request for upstream. It lives on ctx, which is not the client's,
// but has what the client's carries: the hook for interim responses is there.
func (f *fetcher) ask(ctx context.Context, out *http.Request, x *exchange) *ask {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(f.life, func() { cancel(errClosed) })
	tenure := f.handler.shelf.enter(x.target)
	a := &ask{
		out: out.Clone(ctx), client: x.Request.Header, target: x.target,
		held: x.held, traits: x.traits, tenure: tenure,
		cancel: func(why error) { stop(); cancel(why) },
		leave:  func() { f.handler.shelf.leave(tenure) },
	}
	a.told = rfc9111.Exchange{Method: out.Method, URL: x.url(), Request: out.Header}
	switch {
	case x.wish.NoStore:
		a.held = nil
	case x.held != nil:
		condition(a.out.Header, x.held)
	case x.fwd == respond.FwdVaryMiss:
		a.nominate(f.handler.shelf.variants(x.target))
	}
	return a
}

// dispose ends what was prepared for a flight that another one made needless.
func (a *ask) dispose() {
	a.leave()
	a.cancel(nil)
}

// condition replaces the client's conditions by those that validate e (RFC 9111,
// section 4.3.1). The whole is asked for, since the whole is held.
func condition(h http.Header, e *cache.Entry) {
	for _, name := range [...]string{"If-None-Match", "If-Modified-Since", "If-Range", "Range"} {
		delete(h, name)
	}
	if tag := e.Header.Get("Etag"); tag != "" {
		h["If-None-Match"] = []string{tag}
	}
	if modified := e.Header.Get("Last-Modified"); modified != "" {
		h["If-Modified-Since"] = []string{modified}
	}
}

// nominate asks whether one of the variants that are held is what this request
// would get too (RFC 9111, section 4.3.1).
func (a *ask) nominate(variants []*cache.Entry) {
	if a.out.Header["If-None-Match"] != nil || a.out.Header["If-Modified-Since"] != nil || a.out.Header["Range"] != nil {
		return
	}
	for _, e := range variants {
		// A weak tag may be that of another coding of the same.
		if tag := e.Header.Get("Etag"); strings.HasPrefix(tag, `"`) {
			a.nominees = append(a.nominees, e)
			a.out.Header.Add("If-None-Match", tag)
		}
	}
}

// elect returns the nominee that a 304 speaks of, nil if it cannot be told.
func (a *ask) elect(response http.Header) *cache.Entry {
	tag := response.Get("Etag")
	for _, e := range a.nominees {
		if e.Header.Get("Etag") == tag || tag == "" && len(a.nominees) == 1 {
			return e
		}
	}
	return nil
}

// offer leaves the response for the one who asked.
func (a *ask) offer(resp *http.Response) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.abandoned {
		resp.Body.Close()
		return
	}
	a.resp = resp
}

// take returns the response, nil if there is none to hand on.
func (a *ask) take() *http.Response {
	a.mu.Lock()
	defer a.mu.Unlock()
	resp := a.resp
	a.resp = nil
	return resp
}

// abandon says that nobody will take the response.
func (a *ask) abandon() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.abandoned = true
	if a.resp != nil {
		a.resp.Body.Close()
		a.resp = nil
	}
}

// outgoing is the request that goes upstream for a refresh, for which no client waits.
func (h *Handler) outgoing(x *exchange) *http.Request {
	out := x.Request.Clone(h.fetcher.life)
	out.Method, out.Body, out.RequestURI = http.MethodGet, nil, ""
	out.Header = rfc9111.EndToEnd(x.Request.Header)
	h.rewrite(x.Request, out)
	for _, name := range [...]string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		delete(out.Header, name)
	}
	if _, ok := out.Header["User-Agent"]; !ok {
		out.Header["User-Agent"] = []string{""} // else net/http would sign with its own
	}
	return out
}
