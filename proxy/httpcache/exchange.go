package httpcache

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/respond"
)

// exchange is one request under way: what is known of it so far and where its
// answer goes. It belongs to the goroutine of its request.
type exchange struct {
	respond.Exchange
	target     string // path and query as the client sent them
	directives rfc9111.RequestDirectives
	stored     found
	fwd        respond.Fwd // why it is forwarded

	sentAs http.Header // see sent
}

func newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	target := r.RequestURI
	if !strings.HasPrefix(target, "/") { // the absolute form
		target = r.URL.RequestURI()
	}
	return &exchange{Exchange: respond.NewExchange(w, r), target: target, directives: rfc9111.ParseRequest(r.Header)}
}

// sent are the fields of the request that reach upstream, see sentFields.
func (x *exchange) sent() http.Header {
	if x.sentAs == nil {
		x.sentAs = sentFields(x.Request)
	}
	return x.sentAs
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

// shareable reports whether the response to this very request may be right for
// others that ask for the same, so that they may wait for it.
func (x *exchange) shareable() bool {
	h := x.Request.Header
	switch {
	case x.Request.Method != http.MethodGet, x.directives.NoStore, x.fwd == respond.FwdRequest, h["Authorization"] != nil:
		return false
	case x.stored.entry != nil:
		return true // it is validated with our own conditions
	}
	return h["Range"] == nil && h["If-None-Match"] == nil && h["If-Modified-Since"] == nil
}

// mayFallBack reports whether what is stored may take the place of a failure.
func (x *exchange) mayFallBack() bool {
	e := x.stored.entry
	return e != nil && x.directives.ReuseOnError(e, reuseRules(e), x.Start)
}

// serve writes what this request gets of a stored response.
func (x *exchange) serve(e *cache.Entry, h respond.Handling) {
	status, body := x.render(x.Header(), e, h)
	x.Send(status, body)
}

// response makes the answer with entry e what a transport returns.
func (x *exchange) response(out *http.Request, e *cache.Entry, h respond.Handling) *http.Response {
	header := make(http.Header, len(e.Header)+4)
	status, body := x.render(header, e, h)
	return respond.Response(out, status, header, body)
}

// staleResponse is the answer with what is stored when upstream fails. Reason is a
// token that says how.
func (x *exchange) staleResponse(out *http.Request, reason string) *http.Response {
	h := served(x.stored.entry, respond.Stale, x.Start)
	h.Detail = "stale-" + reason
	return x.response(out, x.stored.entry, h)
}

// refuse answers with p. Problems are never stored, by anyone.
func (x *exchange) refuse(p *respond.Problem) {
	x.settle(x.Header(), p.Handling())
	x.SendProblem(p)
}

// render writes into header what the answer with e says to this request, and
// returns its status and content (RFC 9111, section 4.3.2).
func (x *exchange) render(header http.Header, e *cache.Entry, h respond.Handling) (status int, body respond.Content) {
	maps.Copy(header, e.Header) // the map is the store's, and the values are shared: both are only read
	status, body = e.Status, respond.Bytes(e.Body)
	if status != http.StatusNoContent && status != http.StatusNotModified { // those have no content
		header["Content-Length"] = []string{strconv.Itoa(body.Len())}
	}
	if status == http.StatusOK {
		s := respond.Select(x.Request.Method, x.Request.Header, representation(e))
		s.Apply(header)
		status, body = s.Status, s.Content(body)
	}
	header["Age"] = []string{strconv.FormatInt(int64(e.CurrentAge(time.Now())/time.Second), 10)}
	x.settle(header, h)
	return status, body
}

// hitStatus is Cache-Status of a hit on what no other cache spoke of.
var hitStatus = respond.Handling{Outcome: respond.Hit}.Member("").Prepare(nil)

// settle says how the request is handled: in the record, and in header, that of the
// answer, after what caches before this one said.
func (x *exchange) settle(header http.Header, h respond.Handling) {
	delete(header, "Surrogate-Control") // it was for us (Edge Architecture Specification 1.0, section 2.2)
	if h.Outcome == respond.Hit && h.Detail == "" && header["Cache-Status"] == nil {
		x.Settle(header, h, hitStatus.Field(h.TTL))
		return
	}
	x.Settle(header, h, h.Member("").Append(header["Cache-Status"]))
}
