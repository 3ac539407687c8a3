package upstream

import (
	"errors"
	"net"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// errTransmission is what a connection answers to a write that it must not make.
var errTransmission = errors.New("the request has ended or was sent before")

// transmission is one request on its way to the wire. It lets the request onto one
// connection only, and it settles whether any byte of it left: once end has said
// that none did, none ever will.
//
// The hooks of net/http/httptrace cannot settle that. They fire when the request
// stands in a buffer, which may be before its bytes leave (a short request) or
// after the first of them did (one longer than the buffer).
type transmission struct {
	mu    sync.Mutex // guards all below; never held while writing
	bound bool       // a connection was assigned
	sent  bool       // bytes have left, or are just being handed to the kernel
	ended bool       // the request has ended
	first time.Time  // when the first byte was handed over
}

// trace returns the hook by which net/http tells which connection the request
// gets. By then the TLS handshake and a forward proxy's CONNECT are over, so that
// whatever is written from there on is the request.
func (t *transmission) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { t.bind(info.Conn) },
	}
}

// bind puts the transmission before the connection beneath nc. If the request has had
// one already, net/http is repeating it: that connection gets a transmission that has
// ended, whatever the reason may be.
func (t *transmission) bind(nc net.Conn) {
	t.mu.Lock()
	repeated := t.bound
	t.bound = true
	t.mu.Unlock()
	if repeated {
		t = &transmission{ended: true}
	}
	for {
		switch c := nc.(type) {
		case *conn:
			c.transmission.Store(t)
			return
		case interface{ NetConn() net.Conn }: // TLS, perhaps twice: to the proxy and to upstream
			nc = c.NetConn()
		default: // not of our dialler, so it cannot be watched: assume the worst
			_, _ = t.begin()
			return
		}
	}
}

// begin asks for leave to write. It reports whether this would be the first write; an
// error forbids it.
func (t *transmission) begin() (first bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sent {
		return false, nil
	}
	if t.ended {
		return false, errTransmission
	}
	t.sent, t.first = true, time.Now()
	return true, nil
}

// undo takes back the first write, which failed before anything left. If the request
// has ended meanwhile, it has been counted as sent, and stays so.
func (t *transmission) undo() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.ended {
		t.sent = false
	}
}

// end ends the request. It reports whether any byte of it may have left, and when the
// first one did.
func (t *transmission) end() (first time.Time, sent bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	return t.first, t.sent
}

// conn is a connection to upstream, or to the forward proxy before it.
type conn struct {
	net.Conn
	idle         time.Duration                // the longest that one Read may wait for the peer
	transmission atomic.Pointer[transmission] // of the request that the connection serves; nil until it is assigned
}

// Read fails when the peer stays silent for too long. Time in which nobody reads
// does not count, so a slow client is not mistaken for a slow upstream. Writes need
// no deadline of their own: net/http always reads while it writes a request, and
// ends both when the read fails.
func (c *conn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.idle)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write writes what the transmission allows, if there is one.
func (c *conn) Write(p []byte) (int, error) {
	t := c.transmission.Load()
	if t == nil {
		return c.Conn.Write(p)
	}
	first, err := t.begin()
	if err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p)
	if first && n == 0 && err != nil {
		t.undo()
	}
	return n, err
}
