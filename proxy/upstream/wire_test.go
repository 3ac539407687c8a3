package upstream

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// wire is an upstream made of plain sockets: it counts what really arrives, and
// misbehaves as no HTTP server would.
type wire struct {
	listener net.Listener
	handle   func(*peer)
	handlers sync.WaitGroup

	mu    sync.Mutex // guards all below
	conns []net.Conn
	heads []string // every request head that arrived, in order
	bytes int      // every byte that arrived
}

// peer is one connection of a wire, owned by its handler. It closes when the
// handler returns.
type peer struct {
	net.Conn
	wire   *wire
	reader *bufio.Reader
}

// newWire starts an upstream. handle is called for every connection, each in a
// goroutine of its own.
func newWire(t *testing.T, handle func(*peer)) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, handle: handle}
	w.handlers.Go(w.serve)
	t.Cleanup(w.close)
	return w
}

// answering starts an upstream that gives this response to every request, one per
// connection, and then closes.
func answering(t *testing.T, response string) *wire {
	t.Helper()
	return newWire(t, func(p *peer) {
		if _, err := p.request(); err == nil {
			p.answer(response)
			p.drain()
		}
	})
}

func (w *wire) serve() {
	for {
		c, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		w.conns = append(w.conns, c)
		w.mu.Unlock()
		p := &peer{Conn: c, wire: w}
		p.reader = bufio.NewReader(counter{p})
		w.handlers.Go(func() {
			defer c.Close()
			w.handle(p)
		})
	}
}

// close ends everything and waits for it.
func (w *wire) close() {
	w.listener.Close()
	w.mu.Lock()
	for _, c := range w.conns {
		c.Close()
	}
	w.mu.Unlock()
	w.handlers.Wait()
}

func (w *wire) url() string { return "http://" + w.listener.Addr().String() }

// seen returns what has arrived so far.
func (w *wire) seen() (requests, bytes, conns int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.heads), w.bytes, len(w.conns)
}

// head returns the only request that arrived.
func (w *wire) head(t *testing.T) string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.heads) != 1 {
		t.Fatalf("%d requests arrived, want 1", len(w.heads))
	}
	return w.heads[0]
}

// counter reads from the peer's connection and counts for its wire.
type counter struct{ peer *peer }

func (c counter) Read(p []byte) (int, error) {
	n, err := c.peer.Conn.Read(p)
	c.peer.wire.mu.Lock()
	c.peer.wire.bytes += n
	c.peer.wire.mu.Unlock()
	return n, err
}

// request reads one request head to its end and counts it.
func (p *peer) request() (head string, err error) {
	var b strings.Builder
	for {
		line, err := p.reader.ReadString('\n')
		b.WriteString(line)
		if err != nil {
			return "", err
		}
		if line == "\r\n" {
			break
		}
	}
	p.wire.mu.Lock()
	p.wire.heads = append(p.wire.heads, b.String())
	p.wire.mu.Unlock()
	return b.String(), nil
}

// answer writes what the client shall see. The client may have left.
func (p *peer) answer(response string) { _, _ = io.WriteString(p.Conn, response) }

// drain counts what else arrives, and returns when the client has closed. Closing
// earlier could reset the connection and destroy what is still under way.
func (p *peer) drain() {
	if c, ok := p.Conn.(*net.TCPConn); ok {
		_ = c.CloseWrite()
	}
	_, _ = io.Copy(io.Discard, p.reader)
}

// reset closes the connection so that the client sees a reset, not an end.
func (p *peer) reset() {
	_ = p.Conn.(*net.TCPConn).SetLinger(0)
	p.Conn.Close()
}

// response returns a response that states its length; fields end in \r\n each.
func response(status, fields, body string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s", status, fields, len(body), body)
}
