package main

import (
	"math"
	"runtime/debug"
	"testing"

	"perigee/config"
)

// TestLimitMemory: with PERIGEE_CACHE_SIZE=256MiB the process took 466 to 550 MiB, since
// garbage was left until there was as much of it as was live.
func TestLimitMemory(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	for _, tt := range []struct {
		size    config.Size
		environ []string
		want    int64
	}{
		{256 << 20, nil, 384 << 20},
		{64 << 20, []string{"GOMEMLIMITS=1"}, 144 << 20},
		{64 << 20, []string{"A=b", "GOMEMLIMIT=1GiB"}, before},
		{math.MaxInt64, nil, before},
	} {
		debug.SetMemoryLimit(before)
		limitMemory(&config.Config{CacheSize: tt.size}, tt.environ)
		if got := debug.SetMemoryLimit(-1); got != tt.want {
			t.Errorf("size %d, %q: got limit %d, want %d", tt.size, tt.environ, got, tt.want)
		}
	}
}
