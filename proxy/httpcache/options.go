package httpcache

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"perigee/cache"
	"perigee/proxy/respond"
)

// endpoint labels every request: what upstream's resources are is not known here.
const endpoint = "http"

// Endpoints returns the closed set of labels that an Observer gets.
func Endpoints() []string { return []string{endpoint} }

// Observer is told what happens. Its methods are called on the path of requests:
// they must be quick and safe for concurrent use.
type Observer interface {
	respond.Observer
	// FetchStarted and FetchEnded are called for each request for a target that is
	// sent upstream on behalf of all who wait for it, WaiterJoined for each of them
	// but the first.
	FetchStarted()
	FetchEnded()
	WaiterJoined()
	// DowngradeRejected is called when a stored response is served in place of a
	// worse one that upstream answered with.
	DowngradeRejected(reason string)
	// UpstreamAnswered gets the time until the header of the response; status is 0
	// when none came.
	UpstreamAnswered(label string, status int, took time.Duration)
}

// Options configure a Handler.
type Options struct {
	// UpstreamURL is the scheme and host that requests are forwarded to. Required.
	UpstreamURL *url.URL
	// Store holds the entries. The Handler does not close it. Required.
	Store cache.Tier
	// KeepLinks leaves references to upstream's own address in Location,
	// Content-Location and Link as they are. Else they lead back here: to PublicURL, or
	// if that is nil to a path of whatever the client calls the cache.
	KeepLinks bool
	PublicURL *url.URL
	// StaleIfError is how long after its freshness a response is served when
	// upstream fails, unless it says so itself. If zero, no time at all.
	StaleIfError time.Duration
	// Timeout is how long upstream may take to begin a response, and how long it may
	// be silent within the body of one that may be stored. If zero, 30 s.
	Timeout time.Duration
	// MaxBody is the longest body that is stored; longer ones are streamed. If
	// zero, 32 MiB.
	MaxBody int64
	// MaxUnderway is how many bytes of bodies may be kept at once until all of them
	// has come and the last client has read them; what finds no room is streamed and
	// not stored. A quarter of them is for short bodies. If zero, 64 MiB.
	MaxUnderway int64
	// Transport sends requests upstream. If nil, one of this package's own, which
	// sends no unsafe request twice.
	Transport http.RoundTripper
	// DialContext makes the connections of that transport. If nil, a net.Dialer does.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// Observer is called for what happens. If nil, nothing is.
	Observer Observer
	// Logger gets the access records and what an operator should know. If nil,
	// nothing is logged.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.MaxBody == 0 {
		o.MaxBody = 32 << 20
	}
	if o.MaxUnderway == 0 {
		o.MaxUnderway = 64 << 20
	}
	if o.Observer == nil {
		o.Observer = silent{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// silent is the Observer of those who have none.
type silent struct{}

func (silent) RequestStarted()                                 {}
func (silent) RequestEnded(string, string, int, time.Duration) {}
func (silent) FetchStarted()                                   {}
func (silent) FetchEnded()                                     {}
func (silent) WaiterJoined()                                   {}
func (silent) DowngradeRejected(string)                        {}
func (silent) PanicRecovered()                                 {}
func (silent) UpstreamAnswered(string, int, time.Duration)     {}
