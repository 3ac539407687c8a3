package proxy

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"perigee/proxy/respond"
)

// Bounds on what a client may send. They are far above what any known client does.
const (
	maxTarget = 8 << 10 // bytes of the request target: path and query
	maxAccept = 1 << 10 // bytes of the Accept field
)

// allowed is the Allow field: what may be asked of the proxy.
const allowed = "GET, HEAD, OPTIONS"

// admit refuses what can be refused before any work is done. It spends nothing. A
// request may come without a Host where links do not lead to it.
func admit(r *http.Request, fixedBase bool) *respond.Problem {
	if p := respond.Admit(r); p != nil {
		return p
	}
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
		return respond.BadRequest("target", "The request target holds a '#'. A fragment is never sent; a '#' that is data is written %23.")
	case r.Method != http.MethodOptions && !isEscaped(r):
		return respond.BadRequest("target", "The path does not begin with a slash, or holds characters that must be escaped with %.")
	case r.Host == "" && !fixedBase:
		return respond.BadRequest("host", "There is no Host field, and the links of the answer would lead to it.")
	case acceptLength(r) > maxAccept:
		return respond.BadRequest("accept", "The Accept field is longer than "+strconv.Itoa(maxAccept)+" bytes.")
	}
	return nil
}

// isEscaped reports whether the path can be sent upstream as it came. One that
// net/url would write anew means something else by then.
func isEscaped(r *http.Request) bool {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	for i := range len(path) {
		switch c := path[i]; {
		case c >= 0x7f, c == '"', c == '<', c == '>', c == '\\', c == '^', c == '`', c == '{', c == '|', c == '}':
			return false
		}
	}
	return strings.HasPrefix(r.URL.Path, "/")
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
