package app

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of how connections make room for others.
const (
	firstRequest = 200 * time.Millisecond // a connection that has just come has this time to send one
	roomInterval = 50 * time.Millisecond  // how often room is looked for
)

// connections is a listener that bounds how many connections are open at once. Over
// the bound, the one that has waited longest without a request under way is closed for
// the next: who holds connections and asks for nothing keeps nobody out. Where all are
// in use, the next waits.
type connections struct {
	net.Listener
	log    *slog.Logger
	slots  chan struct{} // holds an element for each open connection
	idle   chan struct{} // told when one becomes idle, if somebody waits
	closed chan struct{}
	close  func() error

	mu   sync.Mutex // guards open
	open map[*connection]struct{}
}

func newConnections(l net.Listener, limit int, log *slog.Logger) *connections {
	c := &connections{
		Listener: l, log: log, slots: make(chan struct{}, limit), idle: make(chan struct{}, 1),
		closed: make(chan struct{}), open: make(map[*connection]struct{}),
	}
	c.close = sync.OnceValue(func() error { close(c.closed); return l.Close() })
	return c
}

// connection is one of them.
type connection struct {
	*net.TCPConn
	release   func()
	closeable atomic.Int64 // Unix time in ns from which it may be closed for another; 0: a request is under way
}

// Close closes it and makes room.
func (c *connection) Close() error {
	err := c.TCPConn.Close()
	c.release()
	return err
}

// Accept returns the next connection once there is room for it.
func (l *connections) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		if !errors.Is(err, net.ErrClosed) {
			l.log.Warn("a connection was not accepted", "address", l.Addr().String(), "err", err)
		}
		return nil, err
	}
	if err := l.awaitRoom(); err != nil {
		nc.Close()
		return nil, err
	}
	c := &connection{TCPConn: nc.(*net.TCPConn)}
	c.closeable.Store(time.Now().Add(firstRequest).UnixNano())
	c.release = sync.OnceFunc(func() { l.remove(c) })
	l.mu.Lock()
	l.open[c] = struct{}{}
	l.mu.Unlock()
	return c, nil
}

// Close stops accepting. Connections stay open.
func (l *connections) Close() error { return l.close() }

func (l *connections) remove(c *connection) {
	l.mu.Lock()
	delete(l.open, c)
	l.mu.Unlock()
	<-l.slots
}

// awaitRoom takes a slot.
func (l *connections) awaitRoom() error {
	for {
		select {
		case l.slots <- struct{}{}:
			return nil
		default:
		}
		l.makeRoom(time.Now().UnixNano())
		select {
		case l.slots <- struct{}{}:
			return nil
		case <-l.idle:
		case <-time.After(roomInterval):
		case <-l.closed:
			return net.ErrClosed
		}
	}
}

// makeRoom closes the connection that has waited longest, if any may be closed.
func (l *connections) makeRoom(now int64) {
	var longest *connection
	since := now
	l.mu.Lock()
	for c := range l.open {
		if at := c.closeable.Load(); at != 0 && at <= since {
			longest, since = c, at
		}
	}
	l.mu.Unlock()
	if longest != nil {
		longest.Close()
	}
}

// closeWaiting closes all that have no request under way.
func (l *connections) closeWaiting() {
	now := time.Now().UnixNano()
	var waiting []*connection
	l.mu.Lock()
	for c := range l.open {
		if at := c.closeable.Load(); at != 0 && at <= now {
			waiting = append(waiting, c)
		}
	}
	l.mu.Unlock()
	for _, c := range waiting {
		c.Close()
	}
}

// state is told by http.Server what a connection does.
func (l *connections) state(nc net.Conn, s http.ConnState) {
	c, ok := nc.(*connection)
	switch {
	case !ok:
	case s == http.StateActive, s == http.StateHijacked:
		c.closeable.Store(0)
	case s == http.StateIdle:
		c.closeable.Store(time.Now().UnixNano())
		select {
		case l.idle <- struct{}{}:
		default:
		}
	}
}
