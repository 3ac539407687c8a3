package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"perigee/config"
)

// serve answers apps until ctx ends.
func (p program) serve(ctx context.Context, args []string) error {
	if err := noArguments("serve", args); err != nil {
		return err
	}
	c, log, err := p.settings()
	if err != nil {
		return err
	}
	return serveWith(ctx, c, log, func(traffic, admin *server) {
		log.Info("ready", "traffic", traffic.url(), "admin", admin.url(), "upstream", c.UpstreamURL.String())
	})
}

// settings reads the environment. The log tells what is odd about it.
func (p program) settings() (*config.Config, *slog.Logger, error) {
	c, warnings, err := config.Load(p.environ)
	if err != nil {
		p.warn(warnings) // a misspelt name is often the cause
		return nil, nil, err
	}
	log := logger(c, p.stderr)
	for _, w := range warnings {
		log.Warn(w.Message, "setting", w.Variable)
	}
	log.Debug("settings", "settings", c)
	return c, log, nil
}

func (p program) warn(warnings []config.Warning) {
	for _, w := range warnings {
		fmt.Fprintln(p.stderr, "perigee: warning:", w)
	}
}

// serveWith runs the proxy until ctx ends or a listener fails. Both addresses
// are bound before anything is served. ready is called when both are.
func serveWith(ctx context.Context, c *config.Config, log *slog.Logger, ready func(traffic, admin *server)) error {
	p, err := assemble(c, log)
	if err != nil {
		return err
	}
	var state readiness
	traffic, err := listen("traffic", string(c.Listen), p.handler, fetchTimeout(c), log)
	if err != nil {
		p.close()
		return err
	}
	admin, err := listen("admin", string(c.AdminListen), adminHandler(&state, p, log), 0, log)
	if err != nil {
		traffic.listener.Close()
		p.close()
		return err
	}
	if c.ClientKeysFile != "" && p.keys != nil {
		reload, stop := context.WithCancel(ctx)
		var reloading sync.WaitGroup
		hangup := hangups() // before anybody can know that it runs
		reloading.Go(func() { reloadKeys(reload, hangup, p.keys, c.ClientKeysFile, log) })
		defer reloading.Wait()
		defer stop()
	}
	traffic.start()
	admin.start()
	state.ready.Store(true)
	ready(traffic, admin)

	failed := awaitEnd(ctx, traffic, admin)
	log.Info("shutting down")
	return errors.Join(failed, shutDown(&state, traffic, admin, p))
}

// awaitEnd returns nil when ctx ends, or the error of a listener that failed. A
// failure is left for stop, which waits for it.
func awaitEnd(ctx context.Context, servers ...*server) error {
	failed := make(chan error, len(servers))
	for _, s := range servers {
		go func() { // ends with the server
			err := <-s.failed
			s.failed <- err
			failed <- err
		}()
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return fmt.Errorf("a listener failed: %w", err)
	}
}

// shutDown stops in this order: tell load balancers, stop accepting and let the
// requests under way finish, end the fetches, close the store, and last the
// admin listener, which shows how that goes. Its context is a fresh one: the
// one that ended is why we are here.
func shutDown(state *readiness, traffic, admin *server, p *perigee) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	state.ready.Store(false)
	err := traffic.stop(ctx)
	p.close()
	return errors.Join(err, admin.stop(ctx))
}
