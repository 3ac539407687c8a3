package proxy

import (
	"net/http"
	"strconv"
	"time"

	"perigee/proxy/render"
	"perigee/proxy/respond"
)

// responder writes all answers.
type responder struct {
	cors   *cors
	limits *rateLimits
}

// settle says how the request is handled: in the record, and in header, that of the
// answer, with the quota as the client sees it and what scripts of other origins may
// do with the answer.
func (rs *responder) settle(x *exchange, header http.Header, h respond.Handling) {
	rs.settleAs(x, header, h, h.Member(x.key()).String())
}

// settleAs is settle with the Cache-Status field already written.
func (rs *responder) settleAs(x *exchange, header http.Header, h respond.Handling, cacheStatus string) {
	x.Settle(header, h, cacheStatus)
	rs.cors.grant(header, x.Request)
	if x.resource != nil { // the request came so far that it is known who asks
		rs.limits.grant(header, x.client.ID, x.Start)
	}
}

// problem answers with p.
func (rs *responder) problem(x *exchange, p *respond.Problem) {
	rs.settle(x, x.Header(), p.Handling())
	x.SendProblem(p)
}

// failed answers with what an error means for the client.
func (rs *responder) failed(x *exchange, err error) {
	if err == errThrottled {
		rs.problem(x, rs.limits.problem(x.client.ID, time.Now()))
		return
	}
	rs.problem(x, problemOf(err))
}

// local answers with what the proxy says by itself.
func (rs *responder) local(x *exchange, detail string, status int, fields http.Header, body []byte) {
	header := x.Header()
	rs.settle(x, header, respond.Handling{Outcome: respond.Local, Detail: detail})
	for name, values := range fields {
		header[name] = append(header[name], values...)
	}
	x.Send(status, respond.Bytes(body))
}

// serve answers with a source.
func (rs *responder) serve(x *exchange, s render.Source, h respond.Handling) {
	status, body := rs.describe(x, x.Header(), s, h)
	x.Send(status, body)
}

// response is serve below ReverseProxy: the answer as a transport returns it.
func (rs *responder) response(x *exchange, out *http.Request, s render.Source, h respond.Handling) *http.Response {
	header := make(http.Header, 16)
	status, body := rs.describe(x, header, s, h)
	return respond.Response(out, status, header, body)
}

// describe writes all header fields of the answer with a source, and returns its
// status and body. It is the one place where cache entries become an answer.
func (rs *responder) describe(x *exchange, header http.Header, s render.Source, h respond.Handling) (status int, body respond.Content) {
	e, rendering := s.Entry(), render.Render(s, x.rendering())
	rendering.SetHeader(header)
	header["Age"] = []string{strconv.FormatInt(int64(s.Oldest().CurrentAge(x.Start)/time.Second), 10)}
	if len(x.resource.Ignored) > 0 {
		header["Perigee-Ignored"] = []string{ignoredField(x.resource.Ignored)}
	}
	if h.Detail == "" {
		h.Detail = s.Detail()
	}
	switch {
	case h.Detail == "" && x.moved:
		h.Detail = "time-bound-moved"
		rs.settle(x, header, h)
	case h.Outcome == respond.Hit && h.Detail == s.Detail():
		rs.settleAs(x, header, h, rendering.Hit.Field(h.TTL))
	default:
		rs.settle(x, header, h)
	}
	if e.Status != http.StatusOK || respond.Unconditional(x.Request.Header) {
		return e.Status, rendering.Content
	}
	selected := respond.Select(x.Request.Method, x.Request.Header, respond.Representation{
		ETag: rendering.ETag, LastModified: e.Header.Get("Last-Modified"), Date: e.Answered,
		MediaType: e.Header.Get("Content-Type"), Length: int64(rendering.Content.Len()),
	})
	selected.Apply(header)
	return selected.Status, selected.Content(rendering.Content)
}
