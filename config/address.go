package config

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Address is where to listen, in the form that net.Listen takes: host:port or
// :port with a number for the port.
type Address string

var (
	errAddressForm = errors.New("is not host:port or :port")
	errAddressHost = errors.New("has a host that is neither a name nor an address")
	errAddressPort = errors.New("has a port that is not a number from 0 to 65535")
)

// UnmarshalText takes an address that can be listened on, as far as can be told
// without doing it. The error is a clause that follows the value.
func (a *Address) UnmarshalText(text []byte) error {
	host, port, err := net.SplitHostPort(string(text))
	if err != nil {
		return errAddressForm
	}
	if host != "" && !isHost(host) {
		return errAddressHost
	}
	if !isPort(port) {
		return errAddressPort
	}
	*a = Address(text)
	return nil
}

// collides reports whether a and b cannot both be listened on: the same port on
// the same host, or on every host. Port 0 is another one each time.
func (a Address) collides(b Address) bool {
	hostA, portA := a.split()
	hostB, portB := b.split()
	return portA == portB && portA != 0 && (hostA == hostB || everyHost(hostA) || everyHost(hostB))
}

func (a Address) split() (host string, port uint64) {
	host, text, _ := net.SplitHostPort(string(a))
	port, _ = strconv.ParseUint(text, 10, 16) // UnmarshalText has seen it
	return host, port
}

func everyHost(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "" || err == nil && addr.IsUnspecified()
}

// The errors of a URL never hold it: it may carry a password.
var (
	errURLForm     = errors.New("is not a URL")
	errURLScheme   = errors.New("does not begin with http:// or https://")
	errURLUserinfo = errors.New("has a user name or password")
	errURLHost     = errors.New("has no host, or one that is neither a name nor an address")
	errURLPort     = errors.New("has a port that is not a number from 1 to 65535")
	errURLQuery    = errors.New("has a query or a fragment")
	errURLPath     = errors.New("has a path of other characters than letters, digits and / . - _ ~")
)

// parseURL reads an absolute http or https URL of a host and perhaps a path.
// Scheme and host come back in lower case, and the path without a slash at its
// end. The error is a clause that follows the value.
func parseURL(text string) (url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return url.URL{}, errURLForm
	case u.Scheme != "http" && u.Scheme != "https":
		return url.URL{}, errURLScheme
	case u.User != nil:
		return url.URL{}, errURLUserinfo
	case strings.ContainsAny(text, "?#"):
		return url.URL{}, errURLQuery
	case !isHost(u.Hostname()) || strings.Contains(u.Hostname(), "%"):
		return url.URL{}, errURLHost
	case strings.HasSuffix(u.Host, ":"), u.Port() != "" && (!isPort(u.Port()) || strings.Trim(u.Port(), "0") == ""):
		return url.URL{}, errURLPort
	case strings.Trim(u.EscapedPath(), plainPath) != "":
		return url.URL{}, errURLPath
	}
	return url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host), Path: strings.TrimRight(u.Path, "/")}, nil
}

// plainPath are the characters of a path that never need escaping, neither in a
// URL nor in JSON nor in HTML.
const plainPath = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/.-_~"

// isPort reports whether text is a decimal port number, 0 included.
func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

// isHost reports whether text may be a host: an address, with a zone or
// without, or a name of letters, digits, dots, hyphens and underscores. It is
// strict because hosts become part of links: net/url lets quotes through.
func isHost(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return text != ""
}

// isLoopback reports whether host is this machine itself.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
