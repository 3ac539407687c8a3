package httpcache

import (
	"net/http"
	"strings"

	"perigee/cache"
	"perigee/cache/rfc9111"
)

// keptBack reports whether a field of a request stays here: it could make upstream
// answer as if something else had been asked for, a host, a path or a method, and
// the answer would be given to others, who asked for what they see. CGI and its
// heirs do not tell an underscore from a hyphen. A method may be overridden where
// the answer is for the sender alone.
func keptBack(method, name string) bool {
	if name == "" || name[0] != 'X' && name[0] != 'F' { // canonical, as net/http leaves them
		return false
	}
	name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	switch name {
	case "forwarded", "front-end-https", "x-host", "x-scheme", "x-url-scheme", "x-script-name":
		return true
	case "x-method-override":
		return rfc9111.Safe(method)
	}
	for _, prefix := range [...]string{"x-forwarded", "x-original-", "x-rewrite-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return strings.HasPrefix(name, "x-http-") && rfc9111.Safe(method)
}

// overridden reports whether a request has a field that may override its method.
func overridden(h http.Header) bool {
	for name := range h {
		if keptBack(http.MethodGet, name) {
			return true
		}
	}
	return false
}

// keepBack removes those fields.
func keepBack(method string, h http.Header) {
	for name := range h {
		if keptBack(method, name) {
			delete(h, name)
		}
	}
}

// sentFields are the fields of a client's request that reach upstream: what the
// answer can depend on, and so what its variants are told apart by. What is named in
// Connection, say, never gets there. The header is the client's own where that is
// the same.
func sentFields(r *http.Request) http.Header {
	if !losesFields(r) {
		return r.Header
	}
	h := rfc9111.EndToEnd(r.Header)
	keepBack(r.Method, h)
	return h
}

// losesFields reports whether not all fields of a request reach upstream, but for
// Connection itself.
func losesFields(r *http.Request) bool {
	for _, line := range r.Header["Connection"] {
		if !strings.EqualFold(line, "keep-alive") && !strings.EqualFold(line, "close") {
			return true
		}
	}
	for name := range r.Header {
		if keptBack(r.Method, name) {
			return true
		}
	}
	return false
}

// takesCoding reports whether who sends a request can read a stored response (RFC
// 9110, section 12.5.3). Who sends no Accept-Encoding takes any coding by the letter
// of that section, and none in practice. Of a coding that is not registered upstream
// alone knows who takes it.
func takesCoding(request http.Header, e *cache.Entry) bool {
	for _, line := range e.Header["Content-Encoding"] {
		for coding := range strings.SplitSeq(line, ",") {
			if coding = bareCoding(coding); registered(coding) && !accepts(request["Accept-Encoding"], coding) {
				return false
			}
		}
	}
	return true
}

func registered(coding string) bool {
	switch coding {
	case "gzip", "deflate", "compress", "br", "zstd", "dcb", "dcz", "exi", "pack200-gzip", "aes128gcm":
		return true
	}
	return false
}

// bareCoding is a coding in lower case, without the prefix that two of them had once
// (RFC 9110, section 8.4.1).
func bareCoding(coding string) string {
	return strings.TrimPrefix(strings.ToLower(strings.Trim(coding, " \t")), "x-")
}

// accepts reports whether the lines of Accept-Encoding have a coding, or else "*",
// with a weight above zero.
func accepts(lines []string, coding string) bool {
	any := false
	for _, line := range lines {
		for member := range strings.SplitSeq(line, ",") {
			name, weight, _ := strings.Cut(member, ";")
			weight = strings.ToLower(strings.ReplaceAll(weight, " ", ""))
			good := !strings.HasPrefix(weight, "q=0") || strings.Trim(weight, "q=0.") != ""
			switch bareCoding(name) {
			case coding:
				return good
			case "*":
				any = good
			}
		}
	}
	return any
}
