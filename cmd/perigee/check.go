package main

import (
	"context"
	"fmt"

	"perigee/config"
)

// check validates the settings, prints them without secrets and exits.
func check(_ context.Context, p program) error {
	c, warnings, err := config.Load(p.environ)
	p.warn(warnings)
	if err != nil {
		return err
	}
	fmt.Fprint(p.stdout, c.Dump())
	return nil
}
