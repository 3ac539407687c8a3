package proxy

import (
	"net/http"
	"strconv"
	"strings"

	"perigee/proxy/ll2"
	"perigee/proxy/respond"
)

// Bounds on what a client may send. They are far above what any known client does.
const (
	maxTarget = 8 << 10 // bytes of the request target: path and query
	maxAccept = 1 << 10 // bytes of the Accept field
)

// allowed is the Allow field: what may be asked of the proxy.
const allowed = "GET, HEAD, OPTIONS"

// admit refuses what can be refused before any work is done. It spends nothing.
func admit(r *http.Request) *respond.Problem {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
	default:
		return &respond.Problem{
			Status: http.StatusMethodNotAllowed, Reason: "method", Header: http.Header{"Allow": {allowed}},
			Detail: "Method " + strconv.Quote(r.Method) + " not allowed. Allowed are " + allowed + ".",
		}
	}
	switch {
	case len(r.RequestURI) > maxTarget:
		return &respond.Problem{
			Status: http.StatusRequestURITooLong, Reason: "target-too-long",
			Detail: "The path and query have " + strconv.Itoa(len(r.RequestURI)) + " bytes; " +
				strconv.Itoa(maxTarget) + " are allowed.",
		}
	case strings.Contains(r.RequestURI, "#"):
		return bad("target", "The request target holds a '#'. A fragment is never sent; a '#' that is data is written %23.")
	case !validHost(r.Host):
		return bad("host", "The Host field is not a host name or address with an optional port.")
	case r.ContentLength != 0:
		return bad("body", "The request has a body. Nothing here reads one: send the parameters in the query.")
	case acceptLength(r) > maxAccept:
		return bad("accept", "The Accept field is longer than "+strconv.Itoa(maxAccept)+" bytes.")
	}
	return nil
}

func bad(reason, detail string) *respond.Problem {
	return &respond.Problem{Status: http.StatusBadRequest, Reason: reason, Detail: detail}
}

func acceptLength(r *http.Request) int {
	n := 0
	for _, line := range r.Header["Accept"] {
		n += len(line)
	}
	return n
}

// validHost reports whether host may stand in a link. The field becomes part of
// JSON and HTML bodies, so it is held to letters, digits and what addresses and
// ports need; net/http alone lets quotes through.
func validHost(host string) bool {
	if host == "" {
		return false
	}
	for i := range len(host) {
		switch c := host[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '-', c == '_', c == ':', c == '[', c == ']':
		default:
			return false
		}
	}
	return true
}

// request states what the client asked as package ll2 wants to know it. The
// target is taken as it stood on the wire: net/http's own view of it is decoded
// in places.
func request(r *http.Request) ll2.Request {
	path, query := r.URL.EscapedPath(), r.URL.RawQuery
	if strings.HasPrefix(r.RequestURI, "/") { // not the absolute form
		path, query, _ = strings.Cut(r.RequestURI, "?")
	}
	return ll2.Request{Path: path, Query: query, Accept: r.Header["Accept"]}
}
