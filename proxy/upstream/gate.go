package upstream

import (
	"errors"
	"net"
	"net/http/httptrace"
	"sync"
	"time"
)

// errGate is what a connection answers to a write that its gate forbids.
var errGate = errors.New("the request has ended or was sent before")

// gate stands between one request and the wire. It lets the request onto one
// connection only, and it settles whether any byte of it left: once close has said
// that none did, none ever will.
//
// The hooks of net/http/httptrace cannot settle that. They fire when the request
// stands in a buffer, which may be before its bytes leave (a short request) or
// after the first of them did (one longer than the buffer).
type gate struct {
	mu     sync.Mutex // guards all below; never held while writing
	bound  bool       // a connection was assigned
	sent   bool       // bytes have left, or are just being handed to the kernel
	closed bool       // the request has ended
	first  time.Time  // when the first byte was handed over
}

// trace returns the hook by which net/http tells which connection the request
// gets. By then the TLS handshake and a forward proxy's CONNECT are over, so that
// whatever is written from there on is the request.
func (g *gate) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { g.bind(info.Conn) },
	}
}

// bind puts the gate before the connection beneath nc. If the request has had one
// already, net/http is repeating it: that connection gets a closed gate, whatever
// the reason may be.
func (g *gate) bind(nc net.Conn) {
	g.mu.Lock()
	repeated := g.bound
	g.bound = true
	g.mu.Unlock()
	if repeated {
		g = &gate{closed: true}
	}
	for {
		switch c := nc.(type) {
		case *conn:
			c.gate.Store(g)
			return
		case interface{ NetConn() net.Conn }: // TLS, perhaps twice: to the proxy and to upstream
			nc = c.NetConn()
		default: // not of our dialler, so it cannot be watched: assume the worst
			_, _ = g.enter()
			return
		}
	}
}

// enter asks to write. It reports whether this would be the first write; an error
// forbids it.
func (g *gate) enter() (first bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.sent {
		return false, nil
	}
	if g.closed {
		return false, errGate
	}
	g.sent, g.first = true, time.Now()
	return true, nil
}

// unsend takes back the first write, which failed before anything left. If the
// gate was closed meanwhile, the request has been counted as sent, and stays so.
func (g *gate) unsend() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.sent = false
	}
}

// close ends the request. It reports whether any byte of it may have left, and
// when the first one did.
func (g *gate) close() (first time.Time, sent bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	return g.first, g.sent
}
