package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"perigee/metrics"
)

// version prints which program this is.
func (p program) version(_ context.Context, args []string) error {
	if err := noArguments("version", args); err != nil {
		return err
	}
	b := buildInfo()
	fmt.Fprintf(p.stdout, "perigee %s (%s, %s %s/%s)\n", b.Version, b.Revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// version is the module's version as the build recorded it.
func version() string { return buildInfo().Version }

func buildInfo() metrics.BuildInfo {
	b := metrics.BuildInfo{Version: "devel", Revision: "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.Revision = s.Value
		}
	}
	return b
}
