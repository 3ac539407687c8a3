package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"perigee/cmd/perigee/app"
	"perigee/config"
)

// serve answers apps until ctx ends.
func serve(ctx context.Context, p program) error {
	c, log, err := p.settings()
	if err != nil {
		return err
	}
	return serveWith(ctx, c, log, func(a *app.App) {
		log.Info("ready", "traffic", a.TrafficURL(), "admin", a.AdminURL(), "upstream", c.UpstreamURL.String())
	})
}

// serveWith runs the proxy until ctx ends or a listener fails. ready is called once
// it answers.
func serveWith(ctx context.Context, c *config.Config, log *slog.Logger, ready func(*app.App)) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP) // before anybody can know that it runs: until then it ends the process
	defer signal.Stop(hangup)
	a, err := app.New(c, log)
	if err != nil {
		return err
	}
	if err := a.Start(); err != nil {
		return err
	}
	ready(a)
	return a.Run(ctx, hangup)
}
