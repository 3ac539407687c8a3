package cache

import (
	"net/http"
	"net/url"
	"strings"
)

// Safe reports whether a method is known to change nothing (RFC 9110, section
// 9.2.1). One that is not known may change anything.
func Safe(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// Invalidated returns what a response makes obsolete (RFC 9111, section 4.4), each
// as path and query: the target of an unsafe request that did not fail, and what
// Location and Content-Location name, if they lead to the same origin. origins are
// the ones that count as this: the base that the client used, and upstream's.
func Invalidated(x *Exchange, origins ...*url.URL) []string {
	if Safe(x.Method) || x.Status < http.StatusOK || x.Status >= http.StatusBadRequest {
		return nil
	}
	targets := []string{x.URL.RequestURI()}
	for _, name := range [...]string{"Location", "Content-Location"} {
		value := x.Response.Get(name)
		if value == "" {
			continue
		}
		u, err := x.URL.Parse(value)
		if err == nil && sameOrigin(u, x.URL, origins) {
			targets = append(targets, u.RequestURI())
		}
	}
	return targets
}

// sameOrigin reports whether u has the origin of the request, or one of origins.
func sameOrigin(u, request *url.URL, origins []*url.URL) bool {
	if u.Scheme == request.Scheme && u.Host == request.Host {
		return true
	}
	for _, o := range origins {
		if strings.EqualFold(u.Scheme, o.Scheme) && strings.EqualFold(u.Host, o.Host) {
			return true
		}
	}
	return false
}
