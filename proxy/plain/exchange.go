package plain

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/cachestatus"
	problems "perigee/proxy/problem"
)

// exchange is one request under way: what is known of it so far and where its
// answer goes. It belongs to the goroutine of its request.
type exchange struct {
	w      http.ResponseWriter
	r      *http.Request
	start  time.Time
	target string // path and query as the client sent them
	wish   rfc9111.RequestDirectives

	held   *cache.Entry       // what is stored for it; nil: nothing
	traits rfc9111.ReuseRules // of held
	fwd    cachestatus.How    // why it is forwarded
	record Record

	hitStatus cachestatus.Prepared // Cache-Status of a hit on what no other cache spoke of
}

func (h *Handler) newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	target := r.RequestURI
	if !strings.HasPrefix(target, "/") { // the absolute form
		target = r.URL.RequestURI()
	}
	return &exchange{
		w: w, r: r, start: time.Now(), target: target, wish: rfc9111.ParseRequest(r.Header), hitStatus: h.hitStatus,
	}
}

// reads reports whether the request asks for a representation.
func (x *exchange) reads() bool {
	return x.r.Method == http.MethodGet || x.r.Method == http.MethodHead
}

// cacheable reports whether the store may have a part in the answer. A request
// with a body means what only upstream knows, one that asks for another protocol
// wants no answer, and If-Match and If-Unmodified-Since are for the origin alone
// (RFC 9111, section 4.3.2).
func (x *exchange) cacheable() bool {
	h := x.r.Header
	return x.reads() && x.r.ContentLength == 0 && h["Upgrade"] == nil &&
		h["If-Match"] == nil && h["If-Unmodified-Since"] == nil
}

// alone reports whether the answer to this very request may be wrong for others
// that ask for the same: then it waits for nobody, and nobody waits for it.
func (x *exchange) alone() bool {
	h := x.r.Header
	switch {
	case x.r.Method != http.MethodGet, x.wish.NoStore, x.fwd == cachestatus.Request, h["Authorization"] != nil:
		return true
	case x.held != nil:
		return false // it is validated with our own conditions
	}
	return h["Range"] != nil || h["If-None-Match"] != nil || h["If-Modified-Since"] != nil
}

// answer writes what this request gets of a stored answer.
func (x *exchange) answer(e *cache.Entry, v verdict) {
	status, body := x.head(x.w.Header(), e, v)
	x.write(status, body)
}

// write sends a whole answer. Of a HEAD request only the header.
func (x *exchange) write(status int, body []byte) {
	x.record.Status = status
	x.w.WriteHeader(status)
	if x.r.Method != http.MethodHead && len(body) > 0 {
		n, _ := x.w.Write(body) // a client that left is seen by its context
		x.record.Bytes = int64(n)
	}
}

// settle says how the request is answered: in the record, and in h, the header of
// the answer, after what caches before us said.
func (x *exchange) settle(h http.Header, v verdict) {
	x.record.Outcome, x.record.Detail = v.outcome, v.detail
	if v.outcome == Hit && v.detail == "" && h["Cache-Status"] == nil {
		h["Cache-Status"] = []string{x.hitStatus.Field(cachestatus.Seconds(v.ttl))}
		return
	}
	h["Cache-Status"] = []string{v.member().Append(h["Cache-Status"])}
}

// writeProblem answers with p. Problems are never stored, by anyone.
func (x *exchange) writeProblem(p *problem) {
	h := x.w.Header()
	x.settle(h, verdict{outcome: p.outcome(), detail: p.reason})
	body := p.body()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if p.retryAfter > 0 {
		h.Set("Retry-After", problems.Seconds(p.retryAfter))
	}
	x.write(p.status, body)
}

type exchangeKey struct{}

// withExchange carries x to the transport that ReverseProxy calls.
func withExchange(ctx context.Context, x *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}
