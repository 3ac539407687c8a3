package upstream

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options configure a Client.
type Options struct {
	// BaseURL is upstream's scheme and host; a path, a query or user information
	// is refused by New. Required.
	BaseURL *url.URL
	// Token is sent by Get and Throttle as "Authorization: Token …", never by
	// RoundTrip. If empty, upstream is asked anonymously.
	Token string
	// UserAgent tells upstream's operators who calls. If empty, "perigee".
	UserAgent string
	// Timeout bounds a whole Get or Throttle. Of a RoundTrip it bounds the wait for
	// the response head and each pause within the body. If zero, 20 s.
	Timeout time.Duration
	// ConnectTimeout bounds the dial, and apart from it the TLS handshake. If zero, 5 s.
	ConnectTimeout time.Duration
	// MaxBody is how many bytes a body may have for Get, as sent and as decoded. If
	// zero, 32 MiB.
	MaxBody int64

	// PassTimeout is how long a RoundTrip with its body is sure of one of
	// PassConcurrency. After that it goes on until another has none, so that slow
	// readers cannot hold them all for ever. If zero, 2 min.
	PassTimeout time.Duration
	// PassConcurrency is how many RoundTrips may be under way at once, counted until
	// the body is closed. If zero, 8.
	PassConcurrency int
	// PassRate is how many RoundTrips may start in one second in the long run. If zero, 10.
	PassRate float64
	// PassBurst is how many may start at once after a quiet time. If zero, 40.
	PassBurst int

	// DialContext makes the connections. If nil, a net.Dialer does.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// Proxy chooses the forward proxy for a request. If nil, the environment does,
	// as http.ProxyFromEnvironment reads it.
	Proxy func(*http.Request) (*url.URL, error)
	// TLS configures the client side of TLS; its NextProtos are ignored. If nil, the
	// system's roots and Go's defaults.
	TLS *tls.Config

	// Observer is notified of every request. If nil, none is.
	Observer Observer
	// Logger gets one debug record for every request. If nil, nothing is logged.
	Logger *slog.Logger
}

// Observer is notified of the outcome of upstream requests. Its method is called
// on the caller's path: it must be quick and safe for concurrent use.
type Observer interface {
	// UpstreamAnswered is called once for every Get, Throttle and admitted
	// RoundTrip. status is 0 if no whole response came (of a RoundTrip: no head);
	// took ends with the body (of a RoundTrip: with the head).
	UpstreamAnswered(label string, status int, took time.Duration)
}

// Labels of what has no Request to name one.
const (
	labelThrottle = "api-throttle"
	labelPass     = "outside"
)

// maxMaxBody keeps sums with MaxBody far from overflow.
const maxMaxBody = 1 << 40

// check refuses what cannot be meant.
func (o *Options) check() error {
	if err := checkBase(o.BaseURL); err != nil {
		return err
	}
	if !visible(o.Token) { // the error must not contain it
		return errors.New("invalid Token: spaces, control characters or characters beyond ASCII")
	}
	if !visible(strings.ReplaceAll(o.UserAgent, " ", "")) {
		return fmt.Errorf("invalid UserAgent %q: control characters or characters beyond ASCII", o.UserAgent)
	}
	if o.Timeout < 0 || o.ConnectTimeout < 0 || o.PassTimeout < 0 {
		return errors.New("negative Timeout, ConnectTimeout or PassTimeout")
	}
	if o.PassConcurrency < 0 || o.PassBurst < 0 || !(o.PassRate >= 0) {
		return errors.New("negative PassConcurrency, PassBurst or PassRate")
	}
	if o.MaxBody < 0 || o.MaxBody > maxMaxBody {
		return fmt.Errorf("invalid MaxBody %d: not within 0 and %d", o.MaxBody, int64(maxMaxBody))
	}
	return nil
}

// withDefaults returns a copy of o in which nothing is left out.
func (o Options) withDefaults() Options {
	base := *o.BaseURL
	o.BaseURL = &base
	o.UserAgent = cmp.Or(o.UserAgent, "perigee")
	o.Timeout = cmp.Or(o.Timeout, 20*time.Second)
	o.ConnectTimeout = cmp.Or(o.ConnectTimeout, 5*time.Second)
	o.MaxBody = cmp.Or(o.MaxBody, 32<<20)
	o.PassTimeout = cmp.Or(o.PassTimeout, 2*time.Minute)
	o.PassConcurrency = cmp.Or(o.PassConcurrency, 8)
	o.PassRate = cmp.Or(o.PassRate, 10)
	o.PassBurst = cmp.Or(o.PassBurst, 40)
	if o.DialContext == nil {
		o.DialContext = new(net.Dialer).DialContext
	}
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	if o.Observer == nil {
		o.Observer = silent{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// checkBase refuses what could not be a base: every path that is asked for begins
// at the root, and credentials in a URL end up in logs.
func checkBase(u *url.URL) error {
	switch {
	case u == nil:
		return errors.New("no BaseURL")
	case u.User != nil: // and do not show it
		return errors.New("invalid BaseURL: user information")
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("invalid BaseURL: scheme %q, want http or https", u.Scheme)
	case u.Hostname() == "":
		return errors.New("invalid BaseURL: no host")
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return errors.New("invalid BaseURL: goes on after the host")
	}
	return nil
}

// visible reports whether s consists of visible ASCII characters alone.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// silent is the Observer when there is none.
type silent struct{}

func (silent) UpstreamAnswered(string, int, time.Duration) {}
