package main

import (
	"context"
	"fmt"
	"runtime"

	"perigee/cmd/perigee/app"
)

// version prints which program this is.
func version(_ context.Context, p program) error {
	b := app.Build()
	fmt.Fprintf(p.stdout, "perigee %s (%s, %s %s/%s)\n", b.Version, b.Revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
