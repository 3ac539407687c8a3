package valkey

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"perigee/cache"
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
	// Lease is how long a flight is believed in after its replica was last heard
	// of. If zero, 5 seconds.
	Lease time.Duration
	// Logger is told when the server is lost and when it is back. If nil, nobody
	// is.
	Logger *slog.Logger
	// Now is the clock by which it is decided how long an entry is kept. If nil,
	// time.Now.
	Now func() time.Time
	// OnPurge is called when another replica has deleted the entry under a key,
	// at that time by the server's clock: what was answered before must be
	// forgotten. It is told late if the server could not be reached, and may be
	// told again. If nil, nobody is.
	OnPurge func(key cache.Key, at time.Time)
	// OnLanded is called when another replica has stored an entry under a key
	// that may be newer. Of many calls for a key some may be left out, but not
	// the last. If nil, nobody is.
	//
	// Both hooks are called one after the other from one goroutine, and never
	// hold up anything else. Close waits for the one that runs.
	OnLanded func(key cache.Key)
	// OnRemembered is called whenever the server is reached, with what Remember was
	// called with, the latest last. It must not wait for long. If nil, nobody is.
	OnRemembered func(keys []cache.Key)

	pingEvery time.Duration // for tests; see defaultPingEvery
}

const (
	defaultTimeout = 250 * time.Millisecond
	defaultLease   = 5 * time.Second
	// defaultPingEvery is how often it is made sure that the server is there,
	// when nobody calls it.
	defaultPingEvery = 3 * time.Second
	minLease         = 30 * time.Millisecond // a third of it must be a time that a timer can tell
	maxNamespace     = 64
	maxReplica       = 128
)

// withDefaults returns the options with every zero replaced, or says which of
// them makes no sense.
func (o Options) withDefaults() (Options, error) {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Lease == 0 {
		o.Lease = defaultLease
	}
	if o.pingEvery == 0 {
		o.pingEvery = defaultPingEvery
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	switch {
	case !isNamespace(o.Namespace):
		return o, errors.New("valkey: the namespace is not 1 to 64 letters, digits, dots, dashes and underscores")
	case !isReplica(o.Replica):
		return o, errors.New("valkey: the name of the replica is not 1 to 128 visible ASCII characters")
	case o.Timeout < 0:
		return o, fmt.Errorf("valkey: the timeout is %v", o.Timeout)
	case o.Lease < minLease:
		return o, fmt.Errorf("valkey: the lease is %v, at least %v is needed", o.Lease, minLease)
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
