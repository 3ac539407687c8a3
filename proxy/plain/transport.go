package plain

import (
	"net/http"
	"time"

	"perigee/cache/rfc9111"
)

// Bounds of a connection to upstream.
const (
	maxHeaderBytes  = 256 << 10
	maxIdle         = 64
	idleTimeout     = 30 * time.Second
	handshakeTime   = 10 * time.Second
	expectContinue  = time.Second
	surrogateName   = "perigee"
	surrogateClaims = surrogateName + `="Surrogate/1.0"`
)

// transport sends requests upstream. net/http repeats a request by itself when a
// connection that was kept turns out to be closed. For a safe method that is as
// RFC 9110, section 9.2.2, would have it; an unsafe one must not be sent twice,
// even if the client calls it repeatable by an Idempotency-Key, which net/http
// would believe. So each unsafe request has a connection of its own, and on a new
// connection nothing is ever repeated.
type transport struct{ safe, unsafe *http.Transport }

func newTransport(timeout time.Duration) *transport {
	t := &http.Transport{
		DisableCompression:     true, // bodies go through as upstream coded them
		MaxIdleConnsPerHost:    maxIdle,
		IdleConnTimeout:        idleTimeout,
		TLSHandshakeTimeout:    handshakeTime,
		ExpectContinueTimeout:  expectContinue,
		ResponseHeaderTimeout:  timeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ForceAttemptHTTP2:      true,
	}
	once := t.Clone()
	once.DisableKeepAlives = true
	return &transport{safe: t, unsafe: once}
}

// RoundTrip sends one request.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if rfc9111.Safe(r.Method) {
		return t.safe.RoundTrip(r)
	}
	return t.unsafe.RoundTrip(r)
}

func (t *transport) closeIdle() {
	t.safe.CloseIdleConnections()
	t.unsafe.CloseIdleConnections()
}
