package app

import (
	"runtime/debug"

	"perigee/metrics"
)

// Build tells which program this is, as the build recorded it.
func Build() metrics.BuildInfo {
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
