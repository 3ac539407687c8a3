package upstream

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"syscall"
	"testing"
	"time"
)

// get asks for "/" and returns how it failed.
func get(t *testing.T, ctx context.Context, c *Client) *Error {
	t.Helper()
	answer, err := c.Get(ctx, Request{Path: "/"})
	if err == nil {
		t.Fatalf("got status %d, want an error", answer.Status)
	}
	return failure(t, err)
}

// What fails before the request leaves: nothing of it may arrive.

func TestRefusedIsUnsent(t *testing.T) {
	e := get(t, t.Context(), newClient(t, nowhere, Options{}))
	if e.Sent || e.Op != "connect" || !errors.Is(e, syscall.ECONNREFUSED) {
		t.Errorf("got %+v", e)
	}
}

// Some upstreams are not servers of TLS, some not of the one we trust, and some
// forward proxies do not let us through. What they do get is not the request.
func TestHandshakesAreUnsent(t *testing.T) {
	quiet := httptest.NewUnstartedServer(http.NotFoundHandler())
	quiet.Config.ErrorLog = discardLog()
	quiet.StartTLS()
	defer quiet.Close()
	hangsUp := newWire(t, func(p *peer) { _, _ = p.reader.Peek(1) })
	refuses := answering(t, response("403 Forbidden", "", ""))
	for _, tt := range []struct {
		name, base, proxy string
	}{
		{"server that closes", "https://" + hangsUp.listener.Addr().String(), ""},
		{"certificate of an unknown authority", quiet.URL, ""},
		{"proxy that refuses", "https://192.0.2.1", refuses.url()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, tt.base, Options{Proxy: through(t, tt.proxy), Token: "s3cret"})
			if e := get(t, t.Context(), c); e.Sent || e.Op != "connect" {
				t.Errorf("got %+v", e)
			}
		})
	}
	if _, bytes, _ := hangsUp.seen(); bytes == 0 {
		t.Error("no handshake began")
	}
	if got, want := refuses.head(t), "CONNECT 192.0.2.1:443 HTTP/1.1\r\nHost: 192.0.2.1:443\r\nUser-Agent: Go-http-client/1.1\r\n\r\n"; got != want {
		t.Errorf("the proxy was sent %q, want %q", got, want)
	}
}

// Through a tunnel the request is seen leaving, although TLS lies over it.
func TestTunnelledIsSent(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	s.Config.ErrorLog = discardLog()
	defer s.Close()
	tunnel := newWire(t, func(p *peer) {
		if _, err := p.request(); err != nil {
			return
		}
		far, err := dialLoopback(context.Background(), "tcp", s.Listener.Addr().String())
		if err != nil {
			return
		}
		p.answer("HTTP/1.1 200 OK\r\n\r\n")
		p.wire.handlers.Go(func() { _, _ = io.Copy(far, p.reader); far.Close() })
		_, _ = io.Copy(p.Conn, far)
	})
	c := newClient(t, s.URL, Options{Proxy: through(t, tunnel.url()), TLS: trusting(s)})
	if e := get(t, t.Context(), c); !e.Sent || e.Op != "await response" {
		t.Errorf("got %+v", e)
	}
}

func TestCancelledBeforeIsUnsent(t *testing.T) {
	w := answering(t, response("200 OK", "", ""))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if e := get(t, ctx, newClient(t, w.url(), Options{})); e.Sent || !errors.Is(e, context.Canceled) {
		t.Errorf("got %+v", e)
	}
	w.close()
	if _, _, conns := w.seen(); conns != 0 {
		t.Errorf("%d connections", conns)
	}
}

// A dial that nobody waits for any more is given up at once, not after its timeout.
func TestCancelledDialIsUnsent(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	given := make(chan error, 1)
	c := newClient(t, nowhere, Options{
		ConnectTimeout: time.Hour, Timeout: time.Hour,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			cancel()
			<-ctx.Done()
			given <- ctx.Err()
			return nil, ctx.Err()
		},
	})
	if e := get(t, ctx, c); e.Sent || !errors.Is(e, context.Canceled) {
		t.Errorf("got %+v", e)
	}
	if err := <-given; !errors.Is(err, context.Canceled) {
		t.Errorf("the dial ended with %v", err)
	}
}

// A caller who leaves while the connection is handed over: whichever comes first,
// what arrived and what is reported agree.
func TestCancelledAtConnectAgrees(t *testing.T) {
	for range 30 {
		w := answering(t, response("200 OK", "", "{}"))
		ctx, cancel := context.WithCancel(t.Context())
		c := newClient(t, w.url(), Options{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				defer cancel()
				return dialLoopback(ctx, network, address)
			},
		})
		_, err := c.Get(ctx, Request{Path: "/"})
		w.close()
		_, bytes, _ := w.seen()
		if err != nil && !failure(t, err).Sent && bytes > 0 {
			t.Errorf("reported unsent, but %d bytes arrived", bytes)
		}
	}
}

// What fails after the first byte has left, or may have.

func TestSentAndLost(t *testing.T) {
	for _, tt := range []struct {
		name   string
		handle func(*peer)
		want   error
	}{
		{"closed without an answer", func(p *peer) { _, _ = p.request() }, io.EOF},
		{"reset", func(p *peer) { _, _ = p.request(); p.reset() }, syscall.ECONNRESET},
		{"closed within the head", func(p *peer) { _, _ = p.request(); p.answer("HTTP/1.1 200 OK\r\nX-A: b"); p.drain() }, io.ErrUnexpectedEOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t, tt.handle)
			e := get(t, t.Context(), newClient(t, w.url(), Options{}))
			if !e.Sent || e.Op != "await response" || e.Head != nil || !errors.Is(e, tt.want) {
				t.Errorf("got %+v, want %v", e, tt.want)
			}
		})
	}
}

func TestSilenceTimesOut(t *testing.T) {
	t.Parallel()
	w := newWire(t, func(p *peer) { _, _ = p.request(); _, _ = io.Copy(io.Discard, p.reader) })
	e := get(t, t.Context(), newClient(t, w.url(), Options{Timeout: soon}))
	if !e.Sent || e.Op != "await response" || !errors.Is(e, ErrTimeout) {
		t.Errorf("got %+v", e)
	}
}

func TestCallerLeavesWhileWaiting(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := newWire(t, func(p *peer) {
		_, _ = p.request()
		cancel()
		_, _ = io.Copy(io.Discard, p.reader)
	})
	e := get(t, ctx, newClient(t, w.url(), Options{}))
	if !e.Sent || !errors.Is(e, context.Canceled) || errors.Is(e, ErrTimeout) {
		t.Errorf("got %+v", e)
	}
}

// brokenConn is a connection whose writes fail after n bytes.
type brokenConn struct {
	net.Conn
	n int
}

func (c brokenConn) Write([]byte) (int, error) { return c.n, errors.New("broken") }

func TestFailedWriteIsSentIfBytesLeft(t *testing.T) {
	for n, want := range []bool{false, true} {
		near, far := net.Pipe()
		defer far.Close()
		c := newClient(t, "http://upstream.test", Options{
			DialContext: func(context.Context, string, string) (net.Conn, error) { return brokenConn{near, n}, nil },
		})
		if e := get(t, t.Context(), c); e.Sent != want {
			t.Errorf("%d bytes left, Sent = %v", n, e.Sent)
		}
	}
}

// A peer that takes nothing does not hold the request for ever.
func TestWriteTimesOut(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe() // without a buffer, and nobody reads
	defer far.Close()
	c := newClient(t, "http://upstream.test", Options{
		Timeout: soon, PassTimeout: time.Hour,
		DialContext: func(context.Context, string, string) (net.Conn, error) { return near, nil },
	})
	_, err := c.RoundTrip(outgoing(t, "GET", "/", nil))
	if e := failure(t, err); e.Sent || !errors.Is(e, ErrTimeout) {
		t.Errorf("got %+v", e)
	}
}

func TestSentOfOtherErrors(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{nil, true},
		{errors.New("of unknown origin"), true},
		{&Error{Sent: true}, true},
		{&Error{}, false},
		{&BusyError{}, false},
	} {
		if got := Sent(tt.err); got != tt.want {
			t.Errorf("Sent(%T) = %v, want %v", tt.err, got, tt.want)
		}
	}
}

// through makes the client use a forward proxy; an empty address means none.
func through(t *testing.T, address string) func(*http.Request) (*url.URL, error) {
	t.Helper()
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return http.ProxyURL(u)
}

// A dial for which there is no descriptor says nothing about upstream: it must not
// count as one that cannot be reached.
func TestNoDescriptorIsNotUpstreamsFault(t *testing.T) {
	for _, tt := range []struct {
		err  syscall.Errno
		want bool
	}{{syscall.EMFILE, false}, {syscall.ENFILE, false}, {syscall.ECONNREFUSED, true}} {
		e := get(t, t.Context(), newClient(t, nowhere, Options{
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Err: tt.err}
			},
		}))
		if e.Sent || e.Unreachable() != tt.want || LacksDescriptors(e) == tt.want {
			t.Errorf("%v: got %+v, unreachable %t, want %t", tt.err, e, e.Unreachable(), tt.want)
		}
	}
}
