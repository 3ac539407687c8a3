package proxy

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"perigee/proxy/respond"
)

// base is where the links of an answer lead, kept in parts so that comparing
// two needs no concatenation. An X-Forwarded-Host shapes only the answer to the
// request that brought it.
type base struct{ scheme, host string }

// String is the base as it begins a link: https://example.org, without a slash.
func (b base) String() string { return b.scheme + "://" + b.host }

func baseOf(u *url.URL) base { return base{u.Scheme, u.Host + strings.TrimSuffix(u.Path, "/")} }

// addressing tells who asks and under which base, from the connection and, where
// the peer is trusted, from what it forwarded.
type addressing struct {
	fixed   *base          // every answer's base; nil: what the client used
	trusted []netip.Prefix // peers whose X-Forwarded-* are believed
}

// base returns the base of the links in the answer to r. The fields of a
// trusted proxy are read from the right: what stands further left came from
// whoever asked it.
func (a *addressing) base(r *http.Request) base {
	if a.fixed != nil {
		return *a.fixed
	}
	b := base{"http", r.Host}
	if r.TLS != nil {
		b.scheme = "https"
	}
	if !a.trusts(r) {
		return b
	}
	if proto := strings.ToLower(last(r.Header["X-Forwarded-Proto"])); proto == "http" || proto == "https" {
		b.scheme = proto
	}
	if host := last(r.Header["X-Forwarded-Host"]); validHost(host) {
		b.host = host
	}
	return b
}

// client returns the address that r came from: the peer's, or the rightmost of
// X-Forwarded-For that is not itself a trusted proxy.
func (a *addressing) client(r *http.Request) string {
	peer := respond.Peer(r)
	if !a.trusts(r) {
		return peer
	}
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		addr, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		peer = addr.Unmap().String()
		if !a.contains(addr) {
			break
		}
	}
	return peer
}

func (a *addressing) trusts(r *http.Request) bool {
	if len(a.trusted) == 0 {
		return false
	}
	addr, err := netip.ParseAddr(respond.Peer(r))
	return err == nil && a.contains(addr)
}

func (a *addressing) contains(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, p := range a.trusted {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// last returns the last element of a comma list that may span several lines.
func last(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	line := lines[len(lines)-1]
	return strings.TrimSpace(line[strings.LastIndexByte(line, ',')+1:])
}
