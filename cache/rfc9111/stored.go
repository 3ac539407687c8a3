package rfc9111

import (
	"net/http"
	"net/url"
	"strings"
)

// hopByHop are the fields that concern a connection and not the message (RFC
// 9110, section 7.6.1; RFC 9111, section 3.1).
func hopByHop() []string {
	return []string{
		"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authentication-Info",
		"Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
	}
}

// EndToEnd returns a copy of a message's header without the fields that concern
// the connection and those that Connection lists (RFC 9110, section 7.6.1).
func EndToEnd(h http.Header) http.Header {
	copied := h.Clone()
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			copied.Del(strings.Trim(name, " \t"))
		}
	}
	for _, name := range hopByHop() {
		delete(copied, name)
	}
	return copied
}

// Storable returns a copy of a response's header as it may be stored (RFC 9111,
// section 3.1): the end-to-end fields, without those in omit, and without Age,
// for which cache.Entry has a field of its own.
func Storable(h http.Header, omit []string) http.Header {
	copied := EndToEnd(h)
	delete(copied, "Age")
	for _, name := range omit {
		delete(copied, name)
	}
	return copied
}

// contentFields are the fields that describe the stored content. A later response
// without content does not change them (RFC 9111, section 3.2). The entity tag is
// one of them: it selected the stored response for validation.
func contentFields() []string {
	return []string{
		"Content-Digest", "Content-Encoding", "Content-Length", "Content-Md5", "Content-Range", "Digest",
		"Etag", "Repr-Digest",
	}
}

// Freshen returns the header of a stored response after a later response without
// content: a 304 (RFC 9111, section 4.3.4), or the response to a HEAD (section
// 4.3.5). Each field of the later one replaces the stored one, except those that
// Storable removes and those that describe the content (section 3.2).
func Freshen(stored, response http.Header, omit []string) http.Header {
	later := Storable(response, omit)
	for _, name := range contentFields() {
		delete(later, name)
	}
	updated := stored.Clone()
	for name, values := range later {
		updated[name] = values
	}
	return updated
}

// Comparison is what the response to a HEAD says of the response that is stored.
type Comparison uint8

const (
	// Unknown: it has no validator, and nothing in it differs. Content of the same
	// length may be other content.
	Unknown Comparison = iota
	// Same: a validator says that the representation is the stored one.
	Same
	// Different: it is another one.
	Different
)

// CompareHead says whether the response to a HEAD describes the representation that
// is stored (RFC 9111, section 4.3.5), by its validators and its length.
func CompareHead(stored, head http.Header) Comparison {
	c := Unknown
	for _, name := range [...]string{"Etag", "Last-Modified", "Content-Length"} {
		switch value, old := head.Get(name), stored.Get(name); {
		case value == "", name == "Content-Length" && old == "":
		case value != old:
			return Different
		case name != "Content-Length":
			c = Same
		}
	}
	return c
}

// Safe reports whether a method is known to be safe (RFC 9110, section 9.2.1). An
// unknown one may change anything.
func Safe(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// Invalidated returns what a response invalidates (RFC 9111, section 4.4), each as
// path and query: the target of an unsafe request that did not fail, and what
// Location and Content-Location name, if they have the same origin. origins are
// the ones that count as the same: the base that the client used, and upstream's.
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
