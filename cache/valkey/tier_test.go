package valkey

import (
	"testing"
	"time"

	"perigee/cache"
	"perigee/cache/cachetest"
	"perigee/cache/valkey/valkeytest"
)

// beforeEntries is a moment when the entries of the suite are still of use.
func beforeEntries() time.Time { return cachetest.Entry("key", 0, 0).Asked.Add(-time.Hour) }

func TestTierConformance(t *testing.T) {
	s := valkeytest.Start(t)
	cachetest.Run(t, func(t *testing.T) cache.Tier {
		s.Do("FLUSHALL")
		return reached(t, Options{URL: s.URL(), Now: beforeEntries}).Tier()
	})
}
