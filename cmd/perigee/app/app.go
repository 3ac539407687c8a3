// Package app is the whole proxy: it makes the parts out of the settings, wires
// them, serves, and takes them down again. It is the only place that knows every
// package; the commands of perigee are small functions over it.
package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"perigee/cache"
	"perigee/config"
	"perigee/proxy/respond"
)

// App is one Perigee. New makes it, Start has it serve, Run waits for the end, and
// Close takes it down.
type App struct {
	config  *config.Config
	log     *slog.Logger
	store   *store
	ll2     *ll2 // nil in profile http
	handler handler
	metrics http.Handler
	panics  respond.Observer

	traffic, admin *Server     // nil until Start
	ready          atomic.Bool // for requests
}

// handler is the proxy of either profile.
type handler interface {
	http.Handler
	// Purge removes all that could answer a request for target, and returns what of
	// it was cached here.
	Purge(target string) ([]*cache.Entry, error)
	// Close ends what is under way. No more requests may come.
	Close()
}

// New makes the proxy that the settings describe, and listens on nothing yet. The
// error is a config.Faults if a file that the settings name is wrong.
func New(c *config.Config, log *slog.Logger) (*App, error) {
	store, err := openStore(c, log)
	if err != nil {
		return nil, err
	}
	a := &App{config: c, log: log, store: store}
	observer, scrape := newMetrics(c, store, func() *ll2 { return a.ll2 })
	a.metrics, a.panics = scrape, observer
	if c.Profile == config.ProfileHTTP {
		a.handler, err = newHTTP(c, store, observer, log)
	} else if a.ll2, err = newLL2(c, store, observer, log); err == nil {
		a.handler = a.ll2
	}
	if err != nil {
		store.close()
		return nil, err
	}
	return a, nil
}

// Start binds both addresses and serves on them. After an error, as when a port is
// in use, all is closed.
func (a *App) Start() error {
	var err error
	a.traffic, err = Listen("traffic", string(a.config.Listen), a.handler, fetchTimeout(a.config), a.log)
	if err == nil {
		a.admin, err = Listen("admin", string(a.config.AdminListen), a.adminHandler(), 0, a.log)
	}
	if err != nil {
		return errors.Join(err, a.Close())
	}
	a.limitConnections()
	if a.ll2 != nil {
		a.ll2.start()
	}
	a.traffic.Start()
	a.admin.Start()
	a.ready.Store(true)
	return nil
}

// Descriptors that are not for connections: files, Valkey, what the runtime needs. And
// connections of operators, which have their own.
const (
	ownDescriptors      = 24
	maxAdminConnections = 16
	minConnections      = 8
)

// limitConnections leaves enough descriptors for everything else. Each request may need
// a second one, to upstream.
func (a *App) limitConnections() {
	n := a.config.MaxConnections
	if most := max((descriptors()-ownDescriptors-maxAdminConnections)/2, minConnections); n > most {
		a.log.Warn("the limit of open files allows fewer connections than PERIGEE_MAX_CONNECTIONS", "allowed", most)
		n = most
	}
	a.traffic.limit(n, a.log)
	a.admin.limit(maxAdminConnections, a.log)
}

func (a *App) adminHandler() http.Handler {
	admin := adminHandler(a.metrics, newPurgeHandler(a.handler.Purge, a.log), a.ready.Load, a.troubles, namesOf(a.config))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := respond.NewExchange(w, r)
		defer x.Contain(a.panics, a.log)
		admin.ServeHTTP(&x, r)
	})
}

func (a *App) troubles() []string {
	all := a.store.troubles()
	if a.ll2 != nil {
		all = append(all, a.ll2.gate.troubles()...)
	}
	return all
}

// TrafficURL is where apps reach it from this machine, and AdminURL is where
// operators do. Both are known once it is started.
func (a *App) TrafficURL() string { return a.traffic.URL() }

// AdminURL is told of at TrafficURL.
func (a *App) AdminURL() string { return a.admin.URL() }

// Run serves until ctx ends or a listener fails, and closes all. When ctx ends, it first
// serves on for as long as the settings say, while load balancers and clients are told.
// With every value of reload the file of client keys is read again.
func (a *App) Run(ctx context.Context, reload <-chan os.Signal) error {
	for {
		select {
		case <-reload:
			a.reload()
			continue
		case <-ctx.Done():
			a.retire()
		case <-a.traffic.done:
		case <-a.admin.done:
		}
		a.log.Info("shutting down")
		return a.Close()
	}
}

// reload reads again what can change while it runs.
func (a *App) reload() {
	if a.ll2 == nil || a.ll2.keys.path == "" {
		a.log.Info("there is no file of client keys to read again")
		return
	}
	a.ll2.keys.reload()
}

// retire ends nothing yet: it has load balancers and clients go elsewhere, for as long
// as the settings say, and then no more connections come.
func (a *App) retire() {
	a.ready.Store(false)
	if a.config.ShutdownDelay == 0 {
		return
	}
	a.log.Info("retiring: requests are still answered", "delay", a.config.ShutdownDelay)
	a.traffic.retire()
	select {
	case <-time.After(a.config.ShutdownDelay):
	case <-a.traffic.done:
		return
	case <-a.admin.done:
	}
	if err := a.traffic.refuse(); err != nil {
		a.log.Debug("connections that come now are reset", "err", err)
	}
}

// Close takes all down in this order: tell load balancers, stop accepting and let
// the requests under way finish, end the fetches, close the store that they write
// to, and last the admin listener, which shows how that goes. It returns within a
// bounded time, and is called once.
func (a *App) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	a.ready.Store(false)
	var err error
	if a.traffic != nil {
		err = a.traffic.shutDown(ctx)
	}
	a.handler.Close()
	a.store.close()
	if a.admin != nil {
		err = errors.Join(err, a.admin.shutDown(ctx))
	}
	return err
}
