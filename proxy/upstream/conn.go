package upstream

import (
	"net"
	"sync/atomic"
	"time"
)

// conn is a connection to upstream, or to the forward proxy before it.
type conn struct {
	net.Conn
	idle time.Duration        // the longest that one Read may wait for the peer
	gate atomic.Pointer[gate] // of the request that the connection serves; nil until it is assigned
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

// Write passes the gate first, if there is one.
func (c *conn) Write(p []byte) (int, error) {
	g := c.gate.Load()
	if g == nil {
		return c.Conn.Write(p)
	}
	first, err := g.enter()
	if err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p)
	if first && n == 0 && err != nil {
		g.unsend()
	}
	return n, err
}
