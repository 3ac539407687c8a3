package disk

import (
	"testing"

	"perigee/cache"
	"perigee/cache/cachetest"
)

func TestTierIsATier(t *testing.T) {
	cachetest.Run(t, func(t *testing.T) cache.Tier { return open(t, Options{}) })
}

// TestUnderMemory is what a proxy has: memory above the disk.
func TestUnderMemory(t *testing.T) {
	cachetest.Run(t, func(t *testing.T) cache.Tier {
		memory, err := cache.NewMemory(cache.MemoryOptions{MaxBytes: 4 << 20})
		if err != nil {
			t.Fatal(err)
		}
		both, err := cache.NewLayered(cache.LayeredOptions{Upper: memory, Lower: open(t, Options{})})
		if err != nil {
			t.Fatal(err)
		}
		return both
	})
}

// TestDerivedIsNotKept: it is the owner's to make again.
func TestDerivedIsNotKept(t *testing.T) {
	tier := open(t, Options{})
	e := page("a", 100)
	e.Derived, e.DerivedCost = "derived", 7
	mustPut(t, tier, e)
	if got, ok := tier.Get("a"); !ok || got.Derived != nil || got.DerivedCost != 0 {
		t.Errorf("got (%+v, %t), want nothing derived", got, ok)
	}
}
