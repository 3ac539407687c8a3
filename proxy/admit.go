package proxy

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"perigee/proxy/clients"
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
		return badRequest("target", "The request target holds a '#'. A fragment is never sent; a '#' that is data is written %23.")
	case !clients.ValidHost(r.Host):
		return badRequest("host", "The Host field is not a host name or address with an optional port.")
	case r.ContentLength != 0:
		return badRequest("body", "The request has a body. Nothing here reads one: send the parameters in the query.")
	case acceptLength(r) > maxAccept:
		return badRequest("accept", "The Accept field is longer than "+strconv.Itoa(maxAccept)+" bytes.")
	}
	return nil
}

func acceptLength(r *http.Request) int {
	n := 0
	for _, line := range r.Header["Accept"] {
		n += len(line)
	}
	return n
}

// preferredWait is how long the client itself would wait: Prefer: wait=SECONDS
// (RFC 7240, section 4.3).
func preferredWait(h http.Header) time.Duration {
	wait := time.Duration(1<<63 - 1)
	for _, line := range h["Prefer"] {
		for preference := range strings.SplitSeq(line, ",") {
			preference, _, _ = strings.Cut(preference, ";")
			name, value, _ := strings.Cut(preference, "=")
			if !strings.EqualFold(strings.TrimSpace(name), "wait") {
				continue
			}
			n, err := strconv.ParseUint(strings.Trim(value, ` "`), 10, 31)
			if err == nil {
				wait = min(wait, time.Duration(n)*time.Second)
			}
		}
	}
	return wait
}
