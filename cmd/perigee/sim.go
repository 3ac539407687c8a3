package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"perigee/cmd/perigee/app"
	"perigee/proxy/ll2sim"
)

// sim runs the simulated upstream alone.
func sim(ctx context.Context, p program) error {
	flags := flag.NewFlagSet("sim", flag.ContinueOnError)
	flags.SetOutput(p.stderr)
	address := flags.String("listen", "127.0.0.1:8090", "`address` to listen on")
	limit := flags.Int("limit", 15, "requests allowed in a period; negative: any number")
	period := flags.Duration("period", time.Hour, "what the limit counts over")
	latency := flags.Duration("latency", 0, "how long each answer takes")
	failing := flags.Float64("fail", 0, "share of the requests that are answered with 500, from 0 to 1")
	if err := flags.Parse(p.args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return fmt.Errorf("%w: sim: %w", errUsage, err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%w: sim takes no arguments, got %q", errUsage, flags.Args())
	}
	s, err := app.Listen("simulator", *address, ll2sim.New(ll2sim.Options{
		Limit: *limit, Period: *period,
		Latency: func() time.Duration { return *latency },
		Fault:   failSome(*failing),
	}), *latency, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	s.Start()
	fmt.Fprintf(p.stdout, "A simulated Launch Library 2 answers on %s/2.3.0/\n", s.URL())
	return s.Run(ctx)
}

// failSome answers a share of all requests with 500.
func failSome(share float64) func(*http.Request) ll2sim.Fault {
	return func(*http.Request) ll2sim.Fault {
		if rand.Float64() < share {
			return ll2sim.Fault{Kind: ll2sim.ServerError}
		}
		return ll2sim.Fault{}
	}
}
