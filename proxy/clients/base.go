package clients

import (
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Base is where the links of an answer lead, kept in parts so that comparing two
// needs no concatenation.
type Base struct{ Scheme, Host string }

// String is the base as it begins a link: https://example.org, without a slash.
func (b Base) String() string { return b.Scheme + "://" + b.Host }

// BaseOf is the base that a URL names; a path it may have belongs to the host.
func BaseOf(u *url.URL) Base { return Base{u.Scheme, u.Host + strings.TrimSuffix(u.Path, "/")} }

// base returns the base of the links in the answer to r. The fields of a trusted
// proxy are read from the right: what stands further left came from whoever asked
// it. An X-Forwarded-Host shapes only the answer to the request that brought it.
func (i *Identifier) base(r *http.Request, trusted bool) Base {
	if i.options.Base != nil {
		return *i.options.Base
	}
	b := Base{"http", r.Host}
	if r.TLS != nil {
		b.Scheme = "https"
	}
	if !trusted {
		return b
	}
	if proto := strings.ToLower(last(r.Header["X-Forwarded-Proto"])); proto == "http" || proto == "https" {
		b.Scheme = proto
	}
	if host := last(r.Header["X-Forwarded-Host"]); ValidHost(host) {
		b.Host = host
	}
	return b
}

// ValidHost reports whether host is one with an optional port, as Host fields have it
// (RFC 9110, section 7.2): a name of letters, digits, dots, hyphens and underscores,
// or an address, of IPv6 in brackets. It becomes part of JSON and HTML bodies;
// net/http alone lets quotes and brackets through.
func ValidHost(host string) bool {
	if n := strings.LastIndexByte(host, ':'); n >= 0 && !strings.HasSuffix(host, "]") {
		if !validPort(host[n+1:]) {
			return false
		}
		host = host[:n]
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return ok && err == nil && addr.Is6() && addr.Zone() == ""
	}
	return host != "" && validName(host)
}

func validName(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// validPort allows none after the colon, as RFC 3986, section 3.2.3, does.
func validPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return err == nil || port == ""
}

// last returns the last element of a comma list that may span several lines.
func last(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	line := lines[len(lines)-1]
	return strings.TrimSpace(line[strings.LastIndexByte(line, ',')+1:])
}
