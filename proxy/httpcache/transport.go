package httpcache

import (
	"context"
	"net"
	"net/http"
	"time"

	"perigee/cache/rfc9111"
)

// Bounds of connections to upstream.
const (
	maxHeaderBytes = 256 << 10
	maxIdle        = 64
	idleTimeout    = 30 * time.Second
	maxConnectTime = 10 * time.Second // for the dial, and for the TLS handshake, if the timeout is not less
	maxDials       = 256              // at once
	expectContinue = time.Second
)

// transport sends requests upstream. net/http repeats a request by itself when a
// connection that was kept turns out to be closed. For a safe method that is as
// RFC 9110, section 9.2.2, would have it; an unsafe one must not be sent twice,
// even if the client calls it repeatable by an Idempotency-Key, which net/http
// would believe. So each unsafe request has a connection of its own, and on a new
// connection nothing is ever repeated.
type transport struct{ safe, unsafe *http.Transport }

func newTransport(o Options) *transport {
	connectTime := min(o.Timeout, maxConnectTime)
	t := &http.Transport{
		DialContext:            newDialer(o.DialContext, connectTime).dial,
		DisableCompression:     true, // bodies go through as upstream coded them
		MaxIdleConnsPerHost:    maxIdle,
		IdleConnTimeout:        idleTimeout,
		TLSHandshakeTimeout:    connectTime,
		ExpectContinueTimeout:  expectContinue,
		ResponseHeaderTimeout:  o.Timeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ForceAttemptHTTP2:      true,
	}
	once := t.Clone()
	once.DisableKeepAlives = true
	return &transport{safe: t, unsafe: once}
}

// RoundTrip sends one request.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.WithContext(context.WithValue(r.Context(), requestKey{}, r.Context()))
	if rfc9111.Safe(r.Method) {
		return t.safe.RoundTrip(r)
	}
	return t.unsafe.RoundTrip(r)
}

func (t *transport) closeIdle() {
	t.safe.CloseIdleConnections()
	t.unsafe.CloseIdleConnections()
}

// dialFunc makes connections, as net.Dialer does.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// dialer makes connections for requests. net/http lets a dial go on when its request
// has ended, in the hope of a later use: in front of an upstream that does not answer
// at all, dials outlive their requests by minutes and pile up. Here a dial ends with
// its request.
type dialer struct {
	connect dialFunc
	time    time.Duration
	slots   chan struct{} // as many as are under way
}

func newDialer(connect dialFunc, time time.Duration) *dialer {
	if connect == nil {
		connect = new(net.Dialer).DialContext
	}
	return &dialer{connect: connect, time: time, slots: make(chan struct{}, maxDials)}
}

// requestKey is the context key under which a dial finds the context of its request:
// it is given another, without its end.
type requestKey struct{}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.time)
	defer cancel()
	if request, ok := ctx.Value(requestKey{}).(context.Context); ok {
		defer context.AfterFunc(request, cancel)()
	}
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return d.connect(ctx, network, address)
}
