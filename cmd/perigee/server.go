package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Bounds of a connection. A client is slow or it is gone: neither may hold a
// connection for ever.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 15 * time.Second
	readingTime       = 40 * time.Second // for a slow reader's page, on top of the wait for upstream
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
	drainTimeout      = 25 * time.Second // Kubernetes kills after 30
)

// server is one listener and what answers on it.
type server struct {
	name     string
	listener net.Listener
	http     *http.Server
	failed   chan error // gets the error of Serve, once
}

// listen opens the address, so that a port in use is an error before anything
// else is started, and serves nothing yet.
// wait is how long an answer may take to begin.
func listen(name, address string, h http.Handler, wait time.Duration, log *slog.Logger) (*server, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", name, err)
	}
	return &server{
		name: name, listener: l, failed: make(chan error, 1),
		http: &http.Server{
			Handler:           h,
			ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout,
			WriteTimeout: wait + readingTime, IdleTimeout: idleTimeout,
			MaxHeaderBytes: maxHeaderBytes,
			ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		},
	}, nil
}

// url is where the server is reached from this machine.
func (s *server) url() string { return "http://" + s.listener.Addr().String() }

func (s *server) start() {
	go func() { s.failed <- s.http.Serve(s.listener) }()
}

// stop lets the requests under way finish, for as long as ctx allows, and
// returns when Serve has.
func (s *server) stop(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("drain %s: %w", s.name, err), s.http.Close())
	}
	if served := <-s.failed; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, fmt.Errorf("serve %s: %w", s.name, served))
	}
	return err
}
