package disk

import (
	"testing"

	"perigee/cache"
	"perigee/cache/cachetest"
)

func TestTierIsATier(t *testing.T) {
	cachetest.Run(t, func(t *testing.T) cache.Tier { return open(t, Options{}) })
}
