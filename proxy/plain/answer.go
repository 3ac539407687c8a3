package plain

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"

	"perigee/cache"
	"perigee/proxy/reply"
)

// head writes into header what the answer with e says to this request, and
// returns its status and content (RFC 9111, section 4.3.2).
func (x *exchange) head(header http.Header, e *cache.Entry, v verdict) (status int, body []byte) {
	maps.Copy(header, e.Header) // the values are shared and only read
	status, body = e.Status, e.Body
	if hasContent(status) {
		header["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	if status == http.StatusOK {
		r := reply.Select(x.r.Method, x.r.Header, representation(e))
		r.Apply(header)
		status, body = r.Status, r.Content(body)
	}
	header["Age"] = []string{strconv.FormatInt(int64(e.CurrentAge(time.Now())/time.Second), 10)}
	x.settle(header, v)
	return status, body
}

func representation(e *cache.Entry) reply.Representation {
	return reply.Representation{
		ETag: e.Header.Get("Etag"), LastModified: e.Header.Get("Last-Modified"), Date: e.Date,
		MediaType: e.Header.Get("Content-Type"), Length: int64(len(e.Body)),
	}
}

// hasContent reports whether answers with a status have content, and a length
// (RFC 9110, section 6.4.1).
func hasContent(status int) bool {
	return status >= http.StatusOK && status != http.StatusNoContent && status != http.StatusNotModified
}

// response makes the answer with entry e what a transport returns.
func (x *exchange) response(out *http.Request, e *cache.Entry, v verdict) *http.Response {
	header := make(http.Header, len(e.Header)+4)
	status, body := x.head(header, e, v)
	resp := &http.Response{
		Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, ContentLength: int64(len(body)), Body: http.NoBody, Request: out,
	}
	if out.Method != http.MethodHead && len(body) > 0 {
		resp.Body = io.NopCloser(bytes.NewReader(body))
	}
	return resp
}
