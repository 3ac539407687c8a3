package cache

import (
	"net/http"
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
	kept := h.Clone()
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			kept.Del(strings.Trim(name, " \t"))
		}
	}
	for _, name := range hopByHop() {
		delete(kept, name)
	}
	return kept
}

// Storable returns a copy of a response's header as it may be kept (RFC 9111,
// section 3.1): what is end-to-end, without the fields in omit, and without Age,
// which an Entry has a place of its own for.
func Storable(h http.Header, omit []string) http.Header {
	kept := EndToEnd(h)
	delete(kept, "Age")
	for _, name := range omit {
		delete(kept, name)
	}
	return kept
}

// fixed are the fields that say what the bytes are which an entry holds. A later
// response that brings no bytes does not change them (RFC 9111, section 3.2). The
// entity tag is one of them: it is what the response was asked about.
func fixed() []string {
	return []string{
		"Content-Digest", "Content-Encoding", "Content-Length", "Content-Md5", "Content-Range", "Digest",
		"Etag", "Repr-Digest",
	}
}

// Freshen returns the header of a stored answer after a response without content
// brought news of it: a 304 (RFC 9111, section 4.3.4), or the answer to a HEAD
// (section 4.3.5). Each field of the response replaces the stored one, but for
// those that Storable takes out and those that belong to the bytes (section 3.2).
func Freshen(stored, response http.Header, omit []string) http.Header {
	news := Storable(response, omit)
	for _, name := range fixed() {
		delete(news, name)
	}
	updated := stored.Clone()
	for name, values := range news {
		updated[name] = values
	}
	return updated
}

// SameRepresentation reports whether the answer to a HEAD speaks of the very
// representation that is stored (RFC 9111, section 4.3.5): its validators and its
// length, where it has them, are those of the stored answer.
func SameRepresentation(stored, head http.Header) bool {
	for _, name := range [...]string{"Etag", "Last-Modified", "Content-Length"} {
		if said := head.Get(name); said != "" && said != stored.Get(name) {
			return false
		}
	}
	return true
}
