package upstream

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
)

// maxHeaderBytes bounds the response head, interim responses included.
const maxHeaderBytes = 64 << 10

// newTransport returns a transport that never sends a request twice, never
// follows a redirect, and never touches a body.
//
// A connection serves one request. net/http silently repeats a GET when a reused
// connection turns out to be closed, and upstream, which may have read the first
// one, bills both; of a fresh connection it never repeats anything. A handful of
// requests an hour would gain nothing from kept connections anyway.
//
// HTTP/2 has its own rules for repeating, so it is neither offered nor accepted.
func newTransport(o *Options) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	config := &tls.Config{}
	if o.TLS != nil {
		config = o.TLS.Clone()
	}
	config.NextProtos = nil
	return &http.Transport{
		Proxy:                  o.Proxy,
		DialContext:            dialer(o),
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    o.ConnectTimeout,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // not nil: no HTTP/2
		Protocols:              &protocols,
		DisableKeepAlives:      true,
		DisableCompression:     true, // else net/http asks for gzip unbidden and decodes without a bound
		ResponseHeaderTimeout:  o.Timeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// dialer wraps every connection, so that each first request byte is seen.
func dialer(o *Options) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, o.ConnectTimeout)
		defer cancel()
		nc, err := o.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &conn{Conn: nc, idle: o.Timeout}, nil
	}
}
