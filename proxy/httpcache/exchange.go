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
	"perigee/proxy/spool"
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
	links  *links
}

func newExchange(w http.ResponseWriter, r *http.Request, l *links) *exchange {
	target := r.RequestURI
	if !strings.HasPrefix(target, "/") { // the absolute form
		target = r.URL.RequestURI()
	}
	return &exchange{Exchange: respond.NewExchange(w, r), target: target, directives: rfc9111.ParseRequest(r.Header), links: l}
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

// stream is response for a body that is still coming. Its length is -1 if that is not
// known: then, and of more than one range, the whole is sent, as RFC 9110, section
// 14.2, allows.
func (x *exchange) stream(out *http.Request, e *cache.Entry, body *spool.Reader, h respond.Handling) *http.Response {
	request, length := x.Request.Header, body.Spool().Length()
	if length < 0 || strings.Contains(strings.Join(request["Range"], ","), ",") {
		request = maps.Clone(request)
		delete(request, "Range")
	}
	header := make(http.Header, len(e.Header)+4)
	status, s := x.head(header, e, length, request, h)
	resp := respond.Response(out, status, header, respond.Bytes(nil))
	body.Answers(resp)
	resp.Body, resp.ContentLength = body, length
	switch {
	case len(s.Spans) == 1:
		body.Cut(s.Spans[0].Start, s.Spans[0].End)
		resp.ContentLength = s.Length
	case s.Status != http.StatusOK && s.Status != 0:
		body.Close()
		resp.Body, resp.ContentLength = http.NoBody, 0
	}
	return resp
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
	status, s := x.head(header, e, int64(len(e.Body)), x.Request.Header, h)
	if body = respond.Bytes(e.Body); s.Status != 0 {
		body = s.Content(body)
	}
	return status, body
}

// head writes into header what the answer with e says to a request with the given
// fields, if the body has that length, and returns its status. Of what is not to be
// selected from, the selection is the zero value.
func (x *exchange) head(header http.Header, e *cache.Entry, length int64, request http.Header, h respond.Handling) (status int, s respond.Selection) {
	maps.Copy(header, e.Header) // the map is the store's, and the values are shared: both are only read
	status = e.Status
	if status != http.StatusNoContent && status != http.StatusNotModified && length >= 0 { // those have no content
		header["Content-Length"] = []string{strconv.FormatInt(length, 10)}
	}
	if status == http.StatusOK {
		rep := representation(e)
		rep.Length = max(length, 0)
		s = respond.Select(x.Request.Method, request, rep)
		s.Apply(header)
		status = s.Status
	}
	header["Age"] = []string{strconv.FormatInt(int64(e.CurrentAge(time.Now())/time.Second), 10)}
	x.settle(header, h)
	return status, s
}

// hitStatus is Cache-Status of a hit on what no other cache spoke of.
var hitStatus = respond.Handling{Outcome: respond.Hit}.Member("").Prepare(nil)

// settle says how the request is handled: in the record, and in header, that of the
// answer, after what caches before this one said.
func (x *exchange) settle(header http.Header, h respond.Handling) {
	delete(header, "Surrogate-Control") // it was for us (Edge Architecture Specification 1.0, section 2.2)
	x.links.rewrite(header)
	if h.Outcome == respond.Hit && h.Detail == "" && header["Cache-Status"] == nil {
		x.Settle(header, h, hitStatus.Field(h.TTL))
		return
	}
	x.Settle(header, h, h.Member("").Append(header["Cache-Status"]))
}
