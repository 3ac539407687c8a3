package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Bounds of a connection. A client is slow or it is gone: neither may hold a
// connection for ever.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 40 * time.Second // for a slow reader, on top of the wait for upstream
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
	drainTimeout      = 25 * time.Second // Kubernetes kills after 30
	backlogTimeout    = 100 * time.Millisecond
	maxConnections    = 4096
)

// Server is one listener and the handler that answers on it.
type Server struct {
	name     string
	tcp      *net.TCPListener
	listener *connections
	http     *http.Server
	edge     *edge
	done     chan struct{} // closed when Serve has returned; nil until Start
	err      error         // what Serve returned, to be read once done is closed
}

// Listen binds the TCP address, so that a port in use is an error before anything
// else has begun, and serves nothing yet. Port 0 is any free one: see URL. The name
// is for errors; wait is how long h may take to begin an answer.
func Listen(name, address string, h http.Handler, wait time.Duration, log *slog.Logger) (*Server, error) {
	var plain net.ListenConfig
	plain.SetMultipathTCP(false) // which takes no filter: see ignoreHandshakes
	l, err := plain.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", name, err)
	}
	s := &Server{name: name, tcp: l.(*net.TCPListener), edge: &edge{next: h}}
	s.limit(maxConnections, log)
	s.http = &http.Server{
		Handler:           s.edge,
		ConnState:         func(c net.Conn, state http.ConnState) { s.listener.state(c, state) },
		ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout,
		WriteTimeout: wait + writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	return s, nil
}

// limit bounds how many connections are open at once. It comes before Start.
func (s *Server) limit(n int, log *slog.Logger) { s.listener = newConnections(s.tcp, n, log) }

// edge does what concerns the connection, before any handler. It closes the connection
// with the answer while it retires, and after requests whose end another server before
// this one may see elsewhere: those with Transfer-Encoding, as RFC 9112, section 6.1,
// has it where Content-Length contradicts (which net/http does not tell), and those of
// HTTP/1.0, where that field means nothing to net/http.
type edge struct {
	next     http.Handler
	retiring atomic.Bool
}

func (e *edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if (r.TransferEncoding != nil || !r.ProtoAtLeast(1, 1) || e.retiring.Load()) && r.Header["Upgrade"] == nil {
		w.Header()["Connection"] = []string{"close"}
	}
	e.next.ServeHTTP(w, r)
}

// retire tells each client with its next answer that the connection ends.
func (s *Server) retire() { s.edge.retiring.Store(true) }

// refuse lets no more connections come, and accepts those that have.
func (s *Server) refuse() error {
	err := ignoreHandshakes(s.tcp)
	if err == nil {
		time.Sleep(backlogTimeout)
	}
	return err
}

// URL is where the server is reached from this machine.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Start serves, until Close.
func (s *Server) Start() {
	s.done = make(chan struct{})
	go func() {
		defer close(s.done)
		s.err = s.http.Serve(s.listener)
	}()
}

// Run returns when ctx ends or the server has failed, and closes it. Start comes
// before.
func (s *Server) Run(ctx context.Context) error {
	select {
	case <-ctx.Done():
	case <-s.done:
	}
	return s.Close()
}

// Close stops accepting, lets the requests under way finish within a bounded time,
// and returns when Serve has. It is called once.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	return s.shutDown(ctx)
}

// shutDown is Close for as long as ctx allows.
func (s *Server) shutDown(ctx context.Context) error {
	if s.done == nil {
		return s.listener.Close()
	}
	// http.Server waits five seconds for the first request of a connection.
	time.AfterFunc(time.Second, s.listener.closeWaiting)
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("drain %s: %w", s.name, err), s.http.Close())
	}
	if <-s.done; !errors.Is(s.err, http.ErrServerClosed) {
		err = errors.Join(err, fmt.Errorf("serve %s: %w", s.name, s.err))
	}
	return err
}
