package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"perigee/cmd/perigee/app"
)

// purge removes what answers each of the targets from the perigee on this machine,
// one after the other, and from all replicas with it.
func purge(ctx context.Context, p program) error {
	if len(p.args) == 0 || strings.HasPrefix(p.args[0], "-") {
		return fmt.Errorf("%w: perigee purge TARGET..., each a path with or without a query; got %q", errUsage, p.args)
	}
	admin, err := adminClient(p)
	if err != nil {
		return err
	}
	var faults []error
	for _, target := range p.args {
		purged, err := admin.Purge(ctx, target)
		if err != nil {
			faults = append(faults, fmt.Errorf("purge %s: %w", target, err))
			continue
		}
		printPurged(p.stdout, purged, time.Now())
	}
	return errors.Join(faults...)
}

// printPurged tells what was forgotten, and how old it was.
func printPurged(w io.Writer, purged *app.Purged, now time.Time) {
	if len(purged.Cached) == 0 {
		fmt.Fprintf(w, "purged %s (nothing was cached here)\n", purged.Target)
		return
	}
	fmt.Fprintf(w, "purged %s\n", purged.Target)
	for _, e := range purged.Cached {
		fmt.Fprintf(w, "  %s, answered %v ago\n", e.Key, now.Sub(e.Answered).Round(time.Second))
	}
}
