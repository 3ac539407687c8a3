package plain

import (
	"maps"
	"net/http"
	"strconv"
	"time"

	"perigee/cache"
	"perigee/proxy/respond"
)

// head writes into header what the answer with e says to this request, and
// returns its status and content (RFC 9111, section 4.3.2).
func (x *exchange) head(header http.Header, e *cache.Entry, v respond.Handling) (status int, body []byte) {
	maps.Copy(header, e.Header) // the values are shared and only read
	status, body = e.Status, e.Body
	if hasContent(status) {
		header["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	if status == http.StatusOK {
		r := respond.Select(x.Request.Method, x.Request.Header, representation(e))
		r.Apply(header)
		status, body = r.Status, r.Content(body)
	}
	header["Age"] = []string{strconv.FormatInt(int64(e.CurrentAge(time.Now())/time.Second), 10)}
	x.settle(header, v)
	return status, body
}

func representation(e *cache.Entry) respond.Representation {
	return respond.Representation{
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
func (x *exchange) response(out *http.Request, e *cache.Entry, v respond.Handling) *http.Response {
	header := make(http.Header, len(e.Header)+4)
	status, body := x.head(header, e, v)
	return respond.Response(out, status, header, body)
}
