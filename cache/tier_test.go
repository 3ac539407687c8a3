package cache_test

import (
	"testing"

	"perigee/cache"
	"perigee/cache/cachetest"
)

func TestMemoryIsATier(t *testing.T) {
	for _, tt := range []struct {
		name string
		opts cache.MemoryOptions
	}{
		{"roomy", cache.MemoryOptions{}},
		{"small", cache.MemoryOptions{MaxBytes: 4 << 20}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cachetest.Run(t, func(t *testing.T) cache.Tier {
				m, err := cache.NewMemory(tt.opts)
				if err != nil {
					t.Fatal(err)
				}
				return m
			})
		})
	}
}
