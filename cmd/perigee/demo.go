package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"perigee/cmd/perigee/app"
	"perigee/config"
	"perigee/proxy/ll2sim"
)

// demoLatency is about what the real API takes, so that a hit is felt.
const demoLatency = 300 * time.Millisecond

// anyPort is an address of this machine alone with a port that is free.
const anyPort = "127.0.0.1:0"

// demo runs the simulated upstream and the proxy in front of it on free ports.
// The settings hold, but for the upstream, the addresses and the data folder, which
// is a new one. With nothing in it there is nothing to serve offline.
func demo(ctx context.Context, p program) (err error) {
	c, log, err := p.settings()
	if err != nil {
		return err
	}
	sim, err := app.Listen("simulator", anyPort, ll2sim.New(ll2sim.Options{
		Latency: func() time.Duration { return demoLatency },
	}), demoLatency, log)
	if err != nil {
		return err
	}
	sim.Start()
	defer func() { err = errors.Join(err, sim.Close()) }()
	if c.UpstreamURL, err = url.Parse(sim.URL()); err != nil {
		return err
	}
	c.UpstreamToken, c.Offline, c.ValkeyURL = config.Secret{}, false, config.ValkeyURL{}
	if c.DataDir, err = os.MkdirTemp("", "perigee-demo-"); err != nil {
		return err
	}
	defer os.RemoveAll(c.DataDir)
	c.Listen, c.AdminListen, c.ShutdownDelay = anyPort, anyPort, 0
	return serveWith(ctx, c, log, func(a *app.App) {
		printDemo(p.stdout, sim.URL(), a.TrafficURL(), a.AdminURL())
	})
}

func printDemo(w io.Writer, upstream, traffic, admin string) {
	fmt.Fprintf(w, `Perigee answers on %[1]s
in front of a simulated Launch Library 2 on %[2]s (15 requests an hour).

Try, in another terminal:

  curl -si '%[1]s/2.3.0/launches/upcoming/?limit=3&mode=list' | head -30
  curl -si '%[1]s/2.3.0/launches/upcoming?offset=40&mode=list&limit=05' | grep -i -e ^cache-status -e ^age
  curl -s  '%[1]s/2.3.0/api-throttle/'

The first is a miss and takes %[3]d ms. The second is a hit, costs nothing and takes no
time, though it asks for another page: a hundred launches were asked for at once, and
pages are cut from them. The third shows that one request was spent.
Every link in the answers leads back to the proxy.

Metrics: %[4]s/metrics
Stop with Ctrl-C.
`, traffic, upstream, demoLatency.Milliseconds(), admin)
}
