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

func TestTransmissionEndedBeforeTheFirstByte(t *testing.T) {
	var r recorder
	var tr transmission
	c := &conn{Conn: &r}
	tr.bind(c)
	if _, sent := tr.end(); sent {
		t.Error("sent before anything was written")
	}
	if n, err := c.Write([]byte("GET")); n != 0 || !errors.Is(err, errTransmission) {
		t.Errorf("a late write: %d, %v", n, err)
	}
	if len(r.written) != 0 {
		t.Errorf("%q left after the request had ended", r.written)
	}
}

func TestTransmissionCountsFromTheFirstByte(t *testing.T) {
	var r recorder
	var tr transmission
	c := &conn{Conn: &r}
	if _, err := c.Write([]byte("handshake")); err != nil { // not bound yet: no request
		t.Fatal(err)
	}
	tr.bind(layered{beneath: layered{beneath: c}})
	before := time.Now()
	if _, err := c.Write([]byte(" GET")); err != nil {
		t.Fatal(err)
	}
	after := time.Now()
	if _, err := c.Write([]byte(" /")); err != nil {
		t.Fatal(err)
	}
	first, sent := tr.end()
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

func TestTransmissionSecondConnection(t *testing.T) {
	var one, two recorder
	var tr transmission
	tr.bind(&conn{Conn: &one})
	again := &conn{Conn: &two}
	tr.bind(again)
	if _, err := again.Write([]byte("GET")); !errors.Is(err, errTransmission) || len(two.written) != 0 {
		t.Errorf("%q left on a second connection, %v", two.written, err)
	}
}

func TestTransmissionFirstWriteFailed(t *testing.T) {
	r := recorder{err: io.ErrClosedPipe}
	var tr transmission
	c := &conn{Conn: &r}
	tr.bind(c)
	if _, err := c.Write([]byte("GET")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	if _, sent := tr.end(); sent {
		t.Error("sent, although nothing left")
	}
}

// The request ends while its first bytes are being handed over: nobody knows yet
// how that will end, so they count.
func TestTransmissionEndedWithinTheFirstWrite(t *testing.T) {
	var tr transmission
	var sent bool
	r := recorder{err: io.ErrClosedPipe, during: func() { _, sent = tr.end() }}
	c := &conn{Conn: &r}
	tr.bind(c)
	_, _ = c.Write([]byte("GET"))
	if _, still := tr.end(); !sent || !still {
		t.Errorf("sent %v, then %v, want true for good", sent, still)
	}
}

func TestTransmissionUnknownConnection(t *testing.T) {
	var tr transmission
	tr.bind(&recorder{})
	if _, sent := tr.end(); !sent {
		t.Error("a connection that cannot be watched counts as unsent")
	}
}
