package plain

import (
	"net/http"
	"strings"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/respond"
)

// exchange is one request under way: what is known of it so far and where its
// answer goes. It belongs to the goroutine of its request.
type exchange struct {
	respond.Exchange
	target string // path and query as the client sent them
	wish   rfc9111.RequestDirectives

	held   *cache.Entry       // what is stored for it; nil: nothing
	traits rfc9111.ReuseRules // of held
	fwd    respond.Fwd        // why it is forwarded

	hitStatus respond.Prepared // Cache-Status of a hit on what no other cache spoke of
}

func (h *Handler) newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	target := r.RequestURI
	if !strings.HasPrefix(target, "/") { // the absolute form
		target = r.URL.RequestURI()
	}
	return &exchange{
		Exchange: respond.NewExchange(w, r), target: target, wish: rfc9111.ParseRequest(r.Header), hitStatus: h.hitStatus,
	}
}

// reads reports whether the request asks for a representation.
func (x *exchange) reads() bool {
	return x.Request.Method == http.MethodGet || x.Request.Method == http.MethodHead
}

// cacheable reports whether the store may have a part in the answer. A request
// with a body means what only upstream knows, one that asks for another protocol
// wants no answer, and If-Match and If-Unmodified-Since are for the origin alone
// (RFC 9111, section 4.3.2).
func (x *exchange) cacheable() bool {
	h := x.Request.Header
	return x.reads() && x.Request.ContentLength == 0 && h["Upgrade"] == nil &&
		h["If-Match"] == nil && h["If-Unmodified-Since"] == nil
}

// alone reports whether the answer to this very request may be wrong for others
// that ask for the same: then it waits for nobody, and nobody waits for it.
func (x *exchange) alone() bool {
	h := x.Request.Header
	switch {
	case x.Request.Method != http.MethodGet, x.wish.NoStore, x.fwd == respond.FwdRequest, h["Authorization"] != nil:
		return true
	case x.held != nil:
		return false // it is validated with our own conditions
	}
	return h["Range"] != nil || h["If-None-Match"] != nil || h["If-Modified-Since"] != nil
}

// answer writes what this request gets of a stored answer.
func (x *exchange) answer(e *cache.Entry, v respond.Handling) {
	status, body := x.head(x.Header(), e, v)
	x.Send(status, body)
}

// settle says how the request is answered: in the record, and in h, the header of
// the answer, after what caches before us said.
func (x *exchange) settle(h http.Header, v respond.Handling) {
	if v.Outcome == respond.Hit && v.Detail == "" && h["Cache-Status"] == nil {
		x.Settle(h, v, x.hitStatus.Field(v.TTL))
		return
	}
	x.Settle(h, v, v.Member("").Append(h["Cache-Status"]))
}

// writeProblem answers with p. Problems are never stored, by anyone.
func (x *exchange) writeProblem(p *respond.Problem) {
	x.settle(x.Header(), p.Handling())
	x.SendProblem(p)
}
