package valkey

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// form is what kind of servers there are.
type form uint8

const (
	single form = iota
	cluster
	sentinel
)

// place is what a URL says. It is read here and not by the library, whose URLs
// can turn retries on, deadlines off and the verification of certificates off,
// and whose errors quote the URL.
type place struct {
	form                           form
	network                        string // tcp or unix
	addrs                          []string
	tls                            bool
	db                             int
	user, password                 string // of the server
	master                         string // of the Sentinels, as the next
	sentinelUser, sentinelPassword string
}

const (
	serverPort   = "6379"
	sentinelPort = "26379"
)

// The errors of a URL never hold any of it: there may be a password anywhere.
var (
	errURLForm   = errors.New("valkey: the URL is not one")
	errURLScheme = errors.New("valkey: the URL does not begin with redis://, rediss:// or unix://")
	errURLHost   = errors.New("valkey: the URL has no host, or a port that is not a number from 1 to 65535")
	errURLPath   = errors.New("valkey: the path of the URL is not the number of a database, which a Cluster does not have")
	errURLQuery  = errors.New("valkey: the URL has other parameters than addr, master_name, username and password, which are for Cluster and Sentinel")
)

// parsePlace reads a URL as Options has it.
func parsePlace(text string) (place, error) {
	u, err := url.Parse(text)
	if err != nil || u.Fragment != "" || u.Opaque != "" {
		return place{}, errURLForm
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return place{}, errURLQuery
	}
	p := place{network: "tcp", user: u.User.Username(), tls: u.Scheme == "rediss"}
	p.password, _ = u.User.Password()
	switch u.Scheme {
	case "unix":
		return p.onMachine(u, query)
	case "redis", "rediss":
		return p.overNetwork(u, query)
	}
	return place{}, errURLScheme
}

func (p place) onMachine(u *url.URL, query url.Values) (place, error) {
	switch {
	case u.Host != "" || u.Path == "":
		return place{}, errURLHost
	case len(query) > 0:
		return place{}, errURLQuery
	}
	p.network, p.addrs = "unix", []string{u.Path}
	return p, nil
}

func (p place) overNetwork(u *url.URL, query url.Values) (place, error) {
	port := serverPort
	allowed := []string{"addr"}
	switch {
	case query.Has("master_name"):
		p.form, port = sentinel, sentinelPort
		allowed = append(allowed, "master_name", "username", "password")
		p.master = query.Get("master_name")
		p.sentinelUser, p.sentinelPassword = p.user, p.password
		p.user, p.password = query.Get("username"), query.Get("password")
	case query.Has("addr"):
		p.form = cluster
	}
	for name, values := range query {
		if !slices.Contains(allowed, name) || name != "addr" && len(values) > 1 {
			return place{}, errURLQuery
		}
	}
	for _, host := range append([]string{u.Host}, query["addr"]...) {
		addr, ok := address(host, port)
		if !ok {
			return place{}, errURLHost
		}
		p.addrs = append(p.addrs, addr)
	}
	if path := strings.Trim(u.Path, "/"); path != "" {
		n, err := strconv.ParseUint(path, 10, 16)
		if err != nil || p.form == cluster {
			return place{}, errURLPath
		}
		p.db = int(n)
	}
	return p, nil
}

// address returns host:port for a host that may have a port.
func address(text, port string) (string, bool) {
	u := url.URL{Host: text}
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); host == "" || err != nil && strings.ContainsAny(host, "@/ ,:[]") {
		return "", false
	}
	if u.Port() != "" {
		port = u.Port()
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return net.JoinHostPort(host, port), err == nil && n > 0
}

// String names the servers for the log, without what is secret.
func (p place) String() string { return strings.Join(p.addrs, ",") }
