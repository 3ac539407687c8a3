package proxy

import (
	"net/http"

	"perigee/proxy/ll2"
	"perigee/proxy/respond"
)

// exchange is one request under way: what is known of it so far and where its
// answer goes. It belongs to the goroutine of its request.
type exchange struct {
	respond.Exchange
	proxy *Handler
	name  string // of a client that sent its key; else empty

	moved    bool          // its time bounds were moved to the beginning of the interval
	fwd      respond.Fwd   // why upstream is to be asked
	windows  *windowPlan   // shared and read-only; nil: the resource itself is asked for
	resource *ll2.Resource // shared and read-only; nil until resolved
	base     base          // of the links in the answer
}

// settle says how the request is answered: in the record, and in h, the header
// of the answer, with what scripts of other origins may do with it.
func (x *exchange) settle(h http.Header, v respond.Handling) {
	x.settleAs(h, v, v.Member(x.key()).String())
}

// settleAs is settle with the Cache-Status field already written.
func (x *exchange) settleAs(h http.Header, v respond.Handling, cacheStatus string) {
	x.Settle(h, v, cacheStatus)
	x.proxy.cors.grant(h, x.Request)
	x.proxy.tellQuota(h, x)
}

// key is that of the resource, empty if there is none.
func (x *exchange) key() string {
	if x.resource == nil {
		return ""
	}
	return x.resource.Key
}

// writeProblem answers with p. Problems are never stored, by anyone.
func (x *exchange) writeProblem(p *respond.Problem) {
	x.settle(x.Header(), p.Handling())
	x.SendProblem(p)
}
