package main

import (
	"context"
	"log/slog"
	"math"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"perigee/cmd/perigee/app"
	"perigee/config"
)

// What the process may take in memory besides the cache: a quarter of that for what the
// runtime holds beyond what is live, and a constant for everything else.
const (
	runtimePart  = 4
	otherMemory  = 64 << 20
	memoryLimits = "GOMEMLIMIT" // which the runtime reads; who sets it knows better
)

// limitMemory has garbage collected as often as it takes to stay within what the operator
// expects of PERIGEE_CACHE_SIZE. Otherwise the process grows to about twice what is live.
func limitMemory(c *config.Config, environ []string) {
	set := func(setting string) bool { return strings.HasPrefix(setting, memoryLimits+"=") }
	if size := int64(c.CacheSize); !slices.ContainsFunc(environ, set) && size < math.MaxInt64/2 {
		debug.SetMemoryLimit(size + size/runtimePart + otherMemory)
	}
}

// serve answers apps until ctx ends.
func serve(ctx context.Context, p program) error {
	c, log, err := p.settings()
	if err != nil {
		return err
	}
	limitMemory(c, p.environ)
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
