package ll2sim

import (
	"net"
	"net/http"
	"strconv"
	"strings"
)

// view answers one request for the API.
type view struct {
	server    *Server
	request   *http.Request
	target    target
	query     query
	fault     Fault
	rendering rendering
	ident     string
}

// view does what DRF's APIView does, in its order: what negotiation or
// authentication refuse costs nothing; a wrong method costs like any other.
func (s *Server) view(r *http.Request, t target, fault Fault) response {
	v := &view{server: s, request: r, target: t, fault: fault, query: parseQuery(r.URL.RawQuery)}
	rendering, problem := negotiate(r.Header["Accept"], v.query)
	switch problem {
	case unknownFormat:
		return v.detail(http.StatusNotFound, "Not found.")
	case notAcceptable:
		return v.detail(http.StatusNotAcceptable, "Could not satisfy the request Accept header.")
	}
	v.rendering = rendering
	ident, failure := s.identify(r)
	if failure != "" {
		answer := v.detail(http.StatusUnauthorized, failure)
		answer.header.Set("Www-Authenticate", "Token")
		return answer
	}
	v.ident = ident
	if refusal, refused := v.throttled(); refused {
		return refusal
	}
	return v.dispatch()
}

// throttled counts the request, or refuses it.
func (v *view) throttled() (response, bool) {
	if v.target.isThrottle() {
		return response{}, false
	}
	wait, ok := v.server.throttle.allow(v.ident)
	if ok {
		v.server.count(func(c *Counts) { c.Billed++ })
		return response{}, false
	}
	seconds := waitSeconds(wait)
	answer := v.detail(http.StatusTooManyRequests, throttledDetail(seconds))
	answer.header.Set("Retry-After", strconv.Itoa(seconds))
	return answer, true
}

func (v *view) dispatch() response {
	method := v.request.Method
	switch {
	case !strings.Contains(", "+v.allow()+",", ", "+method+","):
		return v.detail(http.StatusMethodNotAllowed, `Method "`+method+`" not allowed.`)
	case method == http.MethodOptions:
		return v.render(http.StatusOK, v.metadata())
	case v.target.endpoint == nil:
		return v.render(http.StatusOK, v.root())
	case v.target.isThrottle():
		return v.render(http.StatusOK, v.server.throttle.report(v.ident).body(v.ident))
	case v.target.endpoint.List:
		return v.list()
	default:
		return v.object()
	}
}

// allow is the field of that name.
func (v *view) allow() string {
	if v.server.options.GetOnly {
		return http.MethodGet
	}
	return "GET, HEAD, OPTIONS"
}

// detail answers an error in DRF's form.
func (v *view) detail(status int, text string) response {
	return v.render(status, object{{"detail", text}})
}

// render writes a body in the form that was negotiated.
func (v *view) render(status int, body any) response {
	body = v.fault.data(body)
	header := http.Header{"Vary": {"Accept"}, "Allow": {v.allow()}}
	answer := response{status: status, header: header}
	if v.rendering.html {
		header.Set("Content-Type", "text/html; charset=utf-8")
		answer.body = v.page(status, body)
	} else {
		header.Set("Content-Type", "application/json")
		answer.body = renderJSON(body, v.rendering.indent.spaces, v.link)
	}
	return answer
}

// base begins every link: a scheme and a host.
func (v *view) base() string {
	switch {
	case v.server.options.BaseURL != "":
		return strings.TrimSuffix(v.server.options.BaseURL, "/")
	case v.server.options.HTTPS:
		return "https://" + v.request.Host
	default:
		return "http://" + v.request.Host
	}
}

// link writes out a link to another resource or to a file.
func (v *view) link(to any) string {
	if l, ok := to.(link); ok {
		return v.base() + l.in(v.target.version) + linkSuffix(v.query)
	}
	file, _ := to.(media)
	return v.base() + string(file)
}

// url is the request's own address without its query.
func (v *view) url() string {
	return v.base() + quote(v.request.URL.Path, safePath)
}

// identify returns what a client is counted by, or why it is refused, as DRF's
// TokenAuthentication does. Schemes other than Token do not concern it.
func (s *Server) identify(r *http.Request) (ident, failure string) {
	words := strings.Fields(r.Header.Get("Authorization"))
	switch {
	case s.options.Key == "" || len(words) == 0 || !strings.EqualFold(words[0], "Token"):
		return remoteIP(r), ""
	case len(words) == 1:
		return "", "Invalid token header. No credentials provided."
	case len(words) > 2:
		return "", "Invalid token header. Token string should not contain spaces."
	case words[1] != s.options.Key:
		return "", "Invalid token."
	default:
		return words[1], ""
	}
}

// remoteIP is the client's address. X-Forwarded-For is not believed, so that
// nobody gets around the throttle by sending one.
func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
