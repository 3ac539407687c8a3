package upstream

import (
	"net/http"
	"strings"
)

// getHeader returns the fields of a Get. Nothing in it comes from a client, so
// that what is fetched for one is right for all.
func getHeader(o *Options, accept string) http.Header {
	h := http.Header{
		"User-Agent":      {o.UserAgent},
		"Accept":          {accept},
		"Accept-Encoding": {"gzip"},
	}
	if o.Token != "" {
		h["Authorization"] = []string{"Token " + o.Token}
	}
	return h
}

// passed are the fields of a client's request that RoundTrip hands on: what the
// client accepts, and what it has cached already. All else stays behind, since it could
// tell upstream who asks (cookies, credentials, addresses, Origin, Referer,
// Accept-Language) or speaks of the connection (Upgrade, TE).
func passed() []string {
	return []string{
		"Accept", "Accept-Encoding",
		"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range",
	}
}

// passHeader returns the fields of a request that is passed through. Where the answer
// is searched for the token it must come whole and uncoded.
func passHeader(o *Options, client http.Header, searched bool) http.Header {
	h := http.Header{"User-Agent": {o.UserAgent}}
	for _, name := range passed() {
		if lines := client[name]; len(lines) > 0 {
			h[name] = lines // shared with the client's request, and only read
		}
	}
	if searched {
		for _, name := range []string{"Accept-Encoding", "If-Range", "Range"} {
			delete(h, name)
		}
	}
	// By RFC 9110, section 12.5.3, who sends no Accept-Encoding takes any coding. Who
	// sends none in practice, a microcontroller say, takes none.
	if _, ok := h["Accept-Encoding"]; !ok {
		h["Accept-Encoding"] = []string{"identity"}
	}
	return h
}

// clean removes what must not reach a client: the fields that concern the
// connection (RFC 9110, section 7.6.1), those that Connection names, and cookies,
// which would make strangers share a session.
//
// A Connection field that says close is consumed by net/http, together with what
// else it names. Such names are not known here; the usual ones are below.
func clean(h http.Header) {
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range []string{
		"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authentication-Info",
		"Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
		"Set-Cookie", "Set-Cookie2",
	} {
		delete(h, name)
	}
}

// cleanDecoded cleans the header of a body that was read and decoded, of which it
// no longer may state length or coding, nor a digest of the bytes as they came, if
// they were coded or changed.
func cleanDecoded(h http.Header, changed bool) {
	clean(h)
	if _, coded := h["Content-Encoding"]; coded || changed {
		for _, name := range []string{"Content-Digest", "Repr-Digest", "Digest", "Content-Md5"} {
			delete(h, name)
		}
	}
	delete(h, "Content-Encoding")
	delete(h, "Content-Length")
}
