package httpcache

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"perigee/cache"
	"perigee/proxy/respond"
)

// plan is what a fetch asks upstream. Once the fetch has started, it belongs to
// that, but for the handover.
type plan struct {
	in      *http.Request // the client's
	sent    http.Header   // of its request, see sentFields
	out     *http.Request // upstream's; its context has the values of the client's, but does not end with it
	url     *url.URL      // of the request, as the client sees it
	target  string
	cached  *cache.Entry   // what is to be validated; nil: nothing
	offered []*cache.Entry // variants of which one may be the answer
	shared  bool           // others may wait for it, and a response that was stored meanwhile will do

	epoch    *epoch      // that it is sent in
	silence  *time.Timer // ends the request when it fires
	progress *progress
	ended    func() // is called when the fetch has ended
	handover handover
}

// newPlan plans to answer x by sending out.
func newPlan(x *exchange, out *http.Request, s *store) *plan {
	p := &plan{
		in: x.Request, sent: x.sent(), out: out.Clone(context.WithoutCancel(out.Context())), url: x.url(), target: x.target,
		cached: x.stored.entry, ended: func() {},
	}
	switch {
	case p.cached != nil:
		setConditions(p.out.Header, p.cached)
	case x.fwd == respond.FwdVaryMiss:
		p.offer(s.variants(x.target), x.Request.Header)
	}
	return p
}

// setConditions replaces the client's conditions by those that validate e (RFC 9111,
// section 4.3.1). The whole is asked for, since the whole is stored.
func setConditions(h http.Header, e *cache.Entry) {
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

// offer asks whether one of the stored variants is what this request would get too
// (RFC 9111, section 4.3.1). Variants in a coding that the client does not take are
// not offered, nor those that share a tag and are not coded alike: a 304 would not
// say which of them it means.
func (p *plan) offer(variants []*cache.Entry, request http.Header) {
	h := p.out.Header
	if h["If-None-Match"] != nil || h["If-Modified-Since"] != nil || h["Range"] != nil {
		return
	}
	codings := make(map[string]string, len(variants))
	ambiguous := make(map[string]bool)
	for _, e := range variants {
		tag, coding := e.Header.Get("Etag"), e.Header.Get("Content-Encoding")
		if known, ok := codings[tag]; ok && known != coding {
			ambiguous[tag] = true
		}
		codings[tag] = coding
	}
	for _, e := range variants {
		// A weak tag may be that of another coding of the same.
		if tag := e.Header.Get("Etag"); strings.HasPrefix(tag, `"`) && !ambiguous[tag] && takesCoding(request, e) {
			p.offered = append(p.offered, e)
			h.Add("If-None-Match", tag)
		}
	}
}

// matched returns the offered variant that a 304 speaks of, nil if it cannot be
// told.
func (p *plan) matched(response http.Header) *cache.Entry {
	tag := response.Get("Etag")
	for _, e := range p.offered {
		if e.Header.Get("Etag") == tag || tag == "" && len(p.offered) == 1 {
			return e
		}
	}
	return nil
}

// withdraw asks for the whole, whatever is stored.
func (p *plan) withdraw() {
	delete(p.out.Header, "If-None-Match")
	p.offered = nil
}

// handover is the place where a response that is not for others waits for the one
// whose request it answers. It is safe for concurrent use.
type handover struct {
	mu        sync.Mutex // guards the fields below
	resp      *http.Response
	abandoned bool
}

// put leaves the response there.
func (h *handover) put(resp *http.Response) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.abandoned {
		resp.Body.Close()
		return
	}
	h.resp = resp
}

// take returns the response, nil if there is none.
func (h *handover) take() *http.Response {
	h.mu.Lock()
	defer h.mu.Unlock()
	resp := h.resp
	h.resp = nil
	return resp
}

// abandon says that nobody will take the response.
func (h *handover) abandon() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.abandoned = true
	if h.resp != nil {
		h.resp.Body.Close()
		h.resp = nil
	}
}
