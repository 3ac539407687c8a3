package main

import (
	"context"
	"fmt"

	"perigee/cmd/perigee/app"
	"perigee/config"
)

// health asks the admin listener of a running perigee whether it is ready. It is
// what a container without a shell probes itself with.
func health(ctx context.Context, p program) error {
	admin, err := adminClient(p)
	if err != nil {
		return err
	}
	state, err := admin.Ready(ctx)
	fmt.Fprint(p.stdout, state)
	return err
}

// adminClient asks a perigee that runs with the same settings.
func adminClient(p program) (*app.Client, error) {
	c, _, err := config.Load(p.environ)
	if err != nil {
		return nil, err
	}
	return app.NewClient(c)
}
