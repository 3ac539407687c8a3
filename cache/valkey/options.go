package valkey

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Options says which server a Client uses, and as whom.
type Options struct {
	// URL names the server: see ParseURL.
	URL string
	// Password is that of the server, in place of one in the URL.
	Password string
	// CA are the authorities that may vouch for the server. If nil, those of the
	// system.
	CA *x509.CertPool
	// Namespace is the same for replicas that may share pages: letters, digits,
	// dots, dashes and underscores, 64 at most.
	Namespace string
	// Replica tells this replica from all others: visible ASCII, at most 128
	// characters.
	Replica string
	// Timeout is how long one call may take, from waiting for a connection to
	// the last byte. Calls with large values have a little longer, see growth.
	// If zero, 250 ms.
	Timeout time.Duration
	// Logger is told when the server is lost and when it is back. If nil, nobody
	// is.
	Logger    *slog.Logger
	pingEvery time.Duration // for tests; see defaultPingEvery
}

const (
	defaultTimeout = 250 * time.Millisecond
	// defaultPingEvery is how often it is made sure that the server is there,
	// when nobody calls it.
	defaultPingEvery = 3 * time.Second
	maxNamespace     = 64
	maxReplica       = 128
)

// withDefaults returns the options with every zero replaced, or says which of
// them makes no sense.
func (o Options) withDefaults() (Options, error) {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.pingEvery == 0 {
		o.pingEvery = defaultPingEvery
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case !isNamespace(o.Namespace):
		return o, errors.New("valkey: the namespace is not 1 to 64 letters, digits, dots, dashes and underscores")
	case !isReplica(o.Replica):
		return o, errors.New("valkey: the name of the replica is not 1 to 128 visible ASCII characters")
	case o.Timeout < 0:
		return o, fmt.Errorf("valkey: the timeout is %v", o.Timeout)
	}
	return o, nil
}

const namespaceChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

// isNamespace keeps braces out, among others: they would end the hash tag.
func isNamespace(s string) bool {
	return s != "" && len(s) <= maxNamespace && strings.Trim(s, namespaceChars) == ""
}

func isReplica(s string) bool {
	outside := func(r rune) bool { return r <= ' ' || r > '~' }
	return s != "" && len(s) <= maxReplica && strings.IndexFunc(s, outside) < 0
}
