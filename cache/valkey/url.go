package valkey

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Server is where the server is and as whom to go there, as a URL says it (see
// ParseURL). The zero Server is nowhere.
type Server struct {
	options redis.UniversalOptions // addresses, database and passwords alone
	tls     bool
}

// The default ports.
const (
	serverPort   = "6379"
	sentinelPort = "26379"
)

// The errors of ParseURL: clauses that follow the name of the URL. They never hold
// any of it, since there may be a password anywhere.
var (
	errURLForm   = errors.New("is not a URL")
	errURLScheme = errors.New("does not begin with redis://, rediss:// or unix://")
	errURLSocket = errors.New("is not unix:// and the path of a socket")
	errURLHost   = errors.New("has no host, or one that is neither a name nor an address")
	errURLPort   = errors.New("has a port that is not a number from 1 to 65535")
	errURLPath   = errors.New("has a path that is not the number of a database, which a Cluster does not have")
	errURLQuery  = errors.New("has other parameters than addr and, with master_name, username and password")
)

// ParseURL reads a URL of one of these forms:
//
//	redis://user:password@host:6379/0                        one server
//	rediss://…                                               the same over TLS
//	unix:///run/valkey.sock                                  one on this machine
//	redis://host:6379?addr=host2:6379&addr=host3:6379        nodes of a Cluster
//	redis://host:26379/0?master_name=name&addr=host2:26379   Sentinels
//
// With Sentinels the user and password are theirs, and those of the server are the
// parameters username and password. No other parameter is taken: those of the
// library can turn retries on, and deadlines and the check of certificates off.
// The error is a clause that follows the name of the URL, and holds nothing of it.
func ParseURL(text string) (Server, error) {
	u, err := url.Parse(text)
	if err != nil || u.Fragment != "" || u.Opaque != "" {
		return Server{}, errURLForm
	}
	query, err := url.ParseQuery(u.RawQuery)
	switch {
	case err != nil:
		return Server{}, errURLQuery
	case u.Scheme == "unix" && (u.Host != "" || u.Path == "" || u.RawQuery != ""):
		return Server{}, errURLSocket
	case u.Scheme != "unix" && u.Scheme != "redis" && u.Scheme != "rediss":
		return Server{}, errURLScheme
	}
	s := Server{tls: u.Scheme == "rediss"}
	s.options.Username = u.User.Username()
	s.options.Password, _ = u.User.Password()
	if u.Scheme == "unix" {
		s.options.Addrs = []string{u.Path} // the library tells a socket by its path
		return s, nil
	}
	return s, s.parseHosts(u, query)
}

// parseHosts reads what a URL says of servers in a network.
func (s *Server) parseHosts(u *url.URL, query url.Values) error {
	o, port, allowed := &s.options, serverPort, []string{"addr"}
	switch {
	case query.Has("master_name"):
		port, allowed = sentinelPort, append(allowed, "master_name", "username", "password")
		o.MasterName = query.Get("master_name")
		o.SentinelUsername, o.SentinelPassword = o.Username, o.Password
		o.Username, o.Password = query.Get("username"), query.Get("password")
	case query.Has("addr"):
		o.IsClusterMode = true
	}
	for name, values := range query {
		if !slices.Contains(allowed, name) || name != "addr" && len(values) > 1 {
			return errURLQuery
		}
	}
	for _, host := range append([]string{u.Host}, query["addr"]...) {
		addr, err := hostPort(host, port)
		if err != nil {
			return err
		}
		o.Addrs = append(o.Addrs, addr)
	}
	if path := strings.Trim(u.Path, "/"); path != "" {
		db, err := strconv.ParseUint(path, 10, 16)
		if err != nil || o.IsClusterMode {
			return errURLPath
		}
		o.DB = int(db)
	}
	return nil
}

// hostPort returns host:port for a host that may have a port.
func hostPort(text, port string) (string, error) {
	u := url.URL{Host: text}
	if !isHost(u.Hostname()) {
		return "", errURLHost
	}
	if u.Port() != "" {
		port = u.Port()
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", errURLPort
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}

const hostChars = namespaceChars

// isHost reports whether text may be a host: an address, or a name of letters,
// digits, dots, hyphens and underscores.
func isHost(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil || text != "" && strings.Trim(text, hostChars) == ""
}

// TLS reports whether the server is reached over TLS.
func (s Server) TLS() bool { return s.tls }

// HasPassword reports whether the URL has the password of the server. With
// Sentinels the one before the host is theirs.
func (s Server) HasPassword() bool { return s.options.Password != "" }

// String names the servers for the log, without what is secret.
func (s Server) String() string { return strings.Join(s.options.Addrs, ",") }
