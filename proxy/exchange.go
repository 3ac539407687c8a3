package proxy

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"perigee/proxy/cachestatus"
	"perigee/proxy/ll2"
)

// Record is what became of one request. The access log and the metrics both
// derive from it, once, when the request ends.
type Record struct {
	Endpoint string // bounded: a path of the table, a version, or a class
	Outcome  Outcome
	Detail   string
	Status   int // 499: the client left before it was answered
	Bytes    int64
	Took     time.Duration
	Upstream int // requests that were sent upstream on behalf of this one
}

// statusClientGone is how a client that left is recorded; it is never sent.
const statusClientGone = 499

// exchange is one request under way: what is known of it so far and where its
// answer goes. It belongs to the goroutine of its request.
type exchange struct {
	w     http.ResponseWriter
	r     *http.Request
	start time.Time
	proxy *Handler
	name  string // of a client that sent its key; else empty

	moved    bool            // its time bounds were moved to the beginning of the interval
	fwd      cachestatus.How // why upstream is to be asked
	windows  *windowPlan     // shared and read-only; nil: the resource itself is asked for
	resource *ll2.Resource   // shared and read-only; nil until resolved
	base     base            // of the links in the answer
	record   Record
}

// settle says how the request is answered: in the record, and in h, the header
// of the answer, with what scripts of other origins may do with it.
func (x *exchange) settle(h http.Header, v verdict) {
	x.settleAs(h, v, v.member(x.key()).String())
}

// settleAs is settle with the Cache-Status field already written.
func (x *exchange) settleAs(h http.Header, v verdict, cacheStatus string) {
	x.record.Outcome, x.record.Detail = v.outcome, v.detail
	h["Cache-Status"] = []string{cacheStatus}
	x.proxy.cors.grant(h, x.r)
	x.proxy.tellQuota(h, x)
}

// key is that of the resource, empty if there is none.
func (x *exchange) key() string {
	if x.resource == nil {
		return ""
	}
	return x.resource.Key
}

// write sends a whole answer. Of a HEAD request only the header.
func (x *exchange) write(status int, body []byte) {
	if h := x.w.Header(); h["Content-Length"] == nil {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	x.record.Status = status
	x.w.WriteHeader(status)
	if x.r.Method != http.MethodHead {
		n, _ := x.w.Write(body) // a client that left is seen by its context
		x.record.Bytes = int64(n)
	}
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
