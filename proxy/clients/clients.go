// Package clients tells who sends a request: a named client by its key, everybody
// else by address. It also finds the base URL under which that client reaches the
// proxy, since both depend on which peers are trusted to forward.
//
// A request is identified once; every later stage reads the Client.
package clients

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// ErrKeyRequired is returned for a request without a known key where one is required.
var ErrKeyRequired = errors.New("a key is required")

// Client is who sent a request.
type Client struct {
	// ID is how the quota tells clients apart: the name that belongs to the key,
	// else the address, of which of IPv6 the first 64 bits count, within which a
	// client chooses freely.
	ID string
	// Address is the client's own, as far as trusted proxies tell it.
	Address string
	// Base is where the links in its answers lead.
	Base Base
}

// Options configure an Identifier.
type Options struct {
	// TrustedProxies are the peers whose X-Forwarded-* fields are believed. If
	// empty, nobody's are.
	TrustedProxies []netip.Prefix
	// Base is the base of the links in every answer. If nil, the scheme and host
	// that the client used.
	Base *Base
	// Keys are the named clients. If nil, there are none.
	Keys *Keys
	// RequireKey refuses everybody else.
	RequireKey bool
}

// Identifier identifies the clients of requests. It is safe for concurrent use.
type Identifier struct{ options Options }

// NewIdentifier returns an Identifier.
func NewIdentifier(o Options) *Identifier {
	if o.Keys == nil {
		o.Keys = new(Keys)
	}
	return &Identifier{options: o}
}

// Identify returns who sent r. The error is ErrKeyRequired; the Client's address
// is right even then.
func (i *Identifier) Identify(r *http.Request) (Client, error) {
	peer := peerAddress(r)
	addr, err := netip.ParseAddr(peer)
	trusted := err == nil && i.trusts(addr)
	c := Client{Address: peer, Base: i.base(r, trusted)}
	if trusted {
		if origin := i.forwardedFor(r); origin.IsValid() {
			addr, c.Address = origin, origin.String()
		}
	}
	if r.Header["Authorization"] != nil {
		c.ID, _ = i.options.Keys.name(r)
	}
	switch {
	case c.ID != "":
	case i.options.RequireKey:
		return c, ErrKeyRequired
	default:
		c.ID = addressID(addr, c.Address)
	}
	return c, nil
}

// addressID is the ID of a client without a name. What is no address, as the peer
// of a Unix socket, stands for itself.
func addressID(addr netip.Addr, text string) string {
	if !addr.IsValid() || addr.Is4() { // of IPv4 there is one spelling
		return text
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return addr.String()
	}
	return prefix.String()
}

// forwardedFor returns the rightmost address of X-Forwarded-For that is not itself
// a trusted proxy; what stands further left came from whoever asked that one. It
// is invalid if there is none.
func (i *Identifier) forwardedFor(r *http.Request) (origin netip.Addr) {
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for n := len(hops) - 1; n >= 0; n-- {
		addr, err := netip.ParseAddr(strings.TrimSpace(hops[n]))
		if err != nil {
			break
		}
		origin = addr.Unmap()
		if !i.trusts(addr) {
			break
		}
	}
	return origin
}

func (i *Identifier) trusts(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, p := range i.options.TrustedProxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// peerAddress is the address of the other end of the connection.
func peerAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
