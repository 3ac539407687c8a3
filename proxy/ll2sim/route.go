package ll2sim

import (
	"net/http"
	"strings"

	"perigee/proxy/ll2/catalog"
)

// target is what a path of the API names.
type target struct {
	version  string
	endpoint *catalog.Endpoint // nil: the list of all endpoints
	id       string            // of an object, as in the path
}

// isThrottle tells the one endpoint that costs nothing.
func (t target) isThrottle() bool {
	return t.endpoint != nil && strings.HasSuffix(t.endpoint.Path, "/api-throttle/")
}

// route finds what a decoded path names. All that exists ends with a slash.
func route(path string) (target, bool) {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok || !strings.HasSuffix(path, "/") {
		return target{}, false
	}
	version, rest, ok := strings.Cut(rest, "/")
	if !ok || version != catalog.Version && !isOldVersion(version) {
		return target{}, false
	}
	t := target{version: version}
	if rest == "" {
		return t, true
	}
	if isOldVersion(version) {
		if rest, ok = renamed(rest); !ok {
			return target{}, false
		}
	}
	t.endpoint, t.id, ok = catalog.Find("/" + catalog.Version + "/" + rest)
	return t, ok
}

// answer does what the middleware does and then what the view does.
func (s *Server) answer(r *http.Request, fault Fault) response {
	if answer, ok := fault.early(); ok {
		return answer
	}
	if isPreflight(r) {
		return preflight()
	}
	if answer, ok := static(r); ok {
		return answer
	}
	t, ok := route(r.URL.Path)
	switch {
	case ok && tooManyFields(r.URL.RawQuery):
		return badRequestPage()
	case ok:
		return fault.late(s.view(r, t, fault))
	case strings.HasSuffix(r.URL.Path, "/"):
		return notFoundPage()
	}
	if _, ok := route(r.URL.Path + "/"); ok {
		return redirect(r)
	}
	return notFoundPage()
}

// redirect adds the missing slash, as Django's CommonMiddleware does.
func redirect(r *http.Request) response {
	answer := newResponse(http.StatusMovedPermanently, "text/html; charset=utf-8", "")
	location := quote(r.URL.Path+"/", safePath)
	answer.header.Set("Location", withQuery(location, quote(r.URL.RawQuery, safeQuery)))
	return answer
}

// fullPath is the path and query as Django repeats them.
func fullPath(r *http.Request) string {
	return withQuery(quote(r.URL.Path, safePath), quote(r.URL.RawQuery, safeQuery))
}

// isPreflight tells the request by which a browser asks for leave to ask.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// preflight is answered ahead of every view, so it costs nothing.
func preflight() response {
	answer := newResponse(http.StatusOK, "text/html; charset=utf-8", "")
	answer.header.Set("Access-Control-Allow-Headers", "accept, authorization, content-type, user-agent")
	answer.header.Set("Access-Control-Allow-Methods", "DELETE, GET, OPTIONS, PATCH, POST, PUT")
	answer.header.Set("Access-Control-Max-Age", "86400")
	return answer
}
