package upstream

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// recorder is a connection that keeps what is written to it, or fails to.
type recorder struct {
	net.Conn
	written []byte
	err     error
	during  func() // called within each write
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.during != nil {
		r.during()
	}
	if r.err != nil {
		return 0, r.err
	}
	r.written = append(r.written, p...)
	return len(p), nil
}

// layered stands for TLS over a connection.
type layered struct {
	net.Conn
	beneath net.Conn
}

func (l layered) NetConn() net.Conn { return l.beneath }

func TestGateClosedBeforeTheFirstByte(t *testing.T) {
	var r recorder
	var g gate
	c := &conn{Conn: &r}
	g.bind(c)
	if _, sent := g.close(); sent {
		t.Error("sent before anything was written")
	}
	if n, err := c.Write([]byte("GET")); n != 0 || !errors.Is(err, errGate) {
		t.Errorf("a late write: %d, %v", n, err)
	}
	if len(r.written) != 0 {
		t.Errorf("%q left after the gate was closed", r.written)
	}
}

func TestGateCountsFromTheFirstByte(t *testing.T) {
	var r recorder
	var g gate
	c := &conn{Conn: &r}
	if _, err := c.Write([]byte("handshake")); err != nil { // not bound yet: no request
		t.Fatal(err)
	}
	g.bind(layered{beneath: layered{beneath: c}})
	before := time.Now()
	if _, err := c.Write([]byte(" GET")); err != nil {
		t.Fatal(err)
	}
	after := time.Now()
	if _, err := c.Write([]byte(" /")); err != nil {
		t.Fatal(err)
	}
	first, sent := g.close()
	if !sent || first.Before(before) || first.After(after) {
		t.Errorf("sent %v at %v, want between %v and %v", sent, first, before, after)
	}
	if _, err := c.Write([]byte(" HTTP")); err != nil { // the rest of what has begun may follow
		t.Error(err)
	}
	if got := string(r.written); got != "handshake GET / HTTP" {
		t.Errorf("%q left", got)
	}
}

func TestGateSecondConnection(t *testing.T) {
	var one, two recorder
	var g gate
	g.bind(&conn{Conn: &one})
	again := &conn{Conn: &two}
	g.bind(again)
	if _, err := again.Write([]byte("GET")); !errors.Is(err, errGate) || len(two.written) != 0 {
		t.Errorf("%q left on a second connection, %v", two.written, err)
	}
}

func TestGateFirstWriteFailed(t *testing.T) {
	r := recorder{err: io.ErrClosedPipe}
	var g gate
	c := &conn{Conn: &r}
	g.bind(c)
	if _, err := c.Write([]byte("GET")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	if _, sent := g.close(); sent {
		t.Error("sent, although nothing left")
	}
}

// The request ends while its first bytes are being handed over: nobody knows yet
// how that will end, so they count.
func TestGateClosedWithinTheFirstWrite(t *testing.T) {
	var g gate
	var sent bool
	r := recorder{err: io.ErrClosedPipe, during: func() { _, sent = g.close() }}
	c := &conn{Conn: &r}
	g.bind(c)
	_, _ = c.Write([]byte("GET"))
	if _, still := g.close(); !sent || !still {
		t.Errorf("sent %v, then %v, want true for good", sent, still)
	}
}

func TestGateUnknownConnection(t *testing.T) {
	var g gate
	g.bind(&recorder{})
	if _, sent := g.close(); !sent {
		t.Error("a connection that cannot be watched counts as unsent")
	}
}
