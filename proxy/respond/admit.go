package respond

import (
	"io"
	"net/http"
	"strings"

	"perigee/proxy/clients"
)

// maxContent is how much content of a request that means nothing is read over.
const maxContent = 64 << 10 // bytes

// Admit refuses what net/http lets through and no profile can answer: the preface of
// HTTP/2, a Host that is none, a target that is no path. It is nil otherwise. Without
// a Host at all a request of HTTP/1.0 passes: of later ones net/http refuses it.
func Admit(r *http.Request) *Problem {
	switch {
	case r.Method == "PRI": // RFC 9113, section 3.4; nothing else uses it
		return &Problem{
			Status: http.StatusHTTPVersionNotSupported, Reason: "version", Header: http.Header{"Connection": {"close"}},
			Detail: "Only HTTP/1.1 and HTTP/1.0 are spoken here.",
		}
	case !clients.ValidHost(r.Host) && (r.Host != "" || r.ProtoAtLeast(1, 1)):
		return BadRequest("host", "The Host field is not a host name or address with an optional port.")
	case !validTarget(r):
		return BadRequest("target", "The request target is neither a path nor an http or https URL.")
	}
	return nil
}

// validTarget reports whether the target is in origin form or in absolute form (RFC
// 9112, section 3.2). The other two are for methods that nobody forwards; what
// net/http takes for a URL without a host, as name:80, is neither.
func validTarget(r *http.Request) bool {
	return strings.HasPrefix(r.RequestURI, "/") || r.Method == http.MethodConnect ||
		r.URL.Opaque == "" && (r.URL.Scheme == "http" || r.URL.Scheme == "https")
}

// BadRequest is a problem of the client's own making.
func BadRequest(reason, detail string) *Problem {
	return &Problem{Status: http.StatusBadRequest, Reason: reason, Detail: detail}
}

// WithoutContent returns r as it is without content, which it reads over: in a GET it
// means nothing (RFC 9110, section 9.3.1), and some libraries always send some. More
// than would be sent by mistake, and what cannot be read, is a problem.
func WithoutContent(r *http.Request) (*http.Request, *Problem) {
	if r.ContentLength == 0 {
		return r, nil
	}
	n, err := io.Copy(io.Discard, io.LimitReader(r.Body, maxContent+1))
	switch {
	case n > maxContent:
		return r, &Problem{
			Status: http.StatusRequestEntityTooLarge, Reason: "body", Header: http.Header{"Connection": {"close"}},
			Detail: "The request has a large body. Nothing here reads one: send the parameters in the query.",
		}
	case err != nil:
		return r, BadRequest("body", "The body of the request is broken off or malformed.")
	}
	return withBody(r, http.NoBody, 0), nil
}

// WithoutEmptyContent returns a GET or HEAD whose content turns out to be empty as one
// that has none. It waits for the first byte.
func WithoutEmptyContent(r *http.Request) *http.Request {
	if r.ContentLength >= 0 || r.Method != http.MethodGet && r.Method != http.MethodHead || r.Header["Expect"] != nil {
		return r
	}
	first := make([]byte, 1)
	n, err := r.Body.Read(first)
	if n == 0 && err == io.EOF {
		return withBody(r, http.NoBody, 0)
	}
	return withBody(r, &resumed{io.MultiReader(strings.NewReader(string(first[:n])), &failing{r.Body, err}), r.Body}, r.ContentLength)
}

// withBody returns a copy of r with another body.
func withBody(r *http.Request, body io.ReadCloser, length int64) *http.Request {
	r = r.WithContext(r.Context())
	r.Body, r.ContentLength = body, length
	if length == 0 {
		r.TransferEncoding = nil
	}
	return r
}

// resumed is a body of which the beginning was read already.
type resumed struct {
	io.Reader
	io.Closer
}

// failing returns the error that a first read ended with, if there was one.
type failing struct {
	io.Reader
	err error
}

// Read reads on.
func (f *failing) Read(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return f.Reader.Read(p)
}
