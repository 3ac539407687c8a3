package cache

import (
	"fmt"
	"testing"
	"time"
)

// TestFlood: 200 pages that everybody uses were gone after one client had asked for
// 60,000 others, once each or twice.
func TestFlood(t *testing.T) {
	const popular, cost = 200, 1000
	for _, each := range []int{1, 2} {
		now := time.Unix(1e9, 0)
		m := openMemory(t, MemoryOptions{
			MaxBytes: 400 * cost, Now: func() time.Time { return now },
			ristretto: ristrettoOptions{bufferItems: 1},
		})
		ask := func(key Key) (hit bool) {
			if _, hit = m.Get(key); !hit {
				mustPut(t, m, sized(t, key, cost))
			}
			return hit
		}
		for range 8 {
			for i := range popular {
				ask(numbered(i))
			}
		}
		for i := range 60_000 {
			for range each {
				ask(fmt.Sprint("search ", i))
			}
		}
		hits := 0
		for i := range popular {
			if _, ok := m.Get(numbered(i)); ok {
				hits++
			}
		}
		if hits < popular-4 {
			t.Errorf("%d times each: %d of %d popular pages are left", each, hits, popular)
		}
		// What nobody asked for in a long time makes way.
		now = now.Add(20 * 24 * time.Hour)
		for range 12 {
			for i := range popular {
				ask(fmt.Sprint("other ", i))
			}
		}
		hits = 0
		for i := range popular {
			if _, ok := m.Get(fmt.Sprint("other ", i)); ok {
				hits++
			}
		}
		if hits < popular/2 {
			t.Errorf("%d of %d pages that are popular now are cached", hits, popular)
		}
	}
}

// TestTakeUses: a tier below learns of each hit once, also of entries that were let
// go.
func TestTakeUses(t *testing.T) {
	m := openMemory(t, MemoryOptions{MaxBytes: minMaxBytes, PinnedEntries: 1})
	mustPut(t, m, sized(t, "a", 700))
	mustPut(t, m, sized(t, "large", 3000)) // pinned only
	for range 3 {
		m.Get("a")
	}
	m.Get("large")
	mustPut(t, m, sized(t, "a", 700))
	m.Get("a")
	m.Get("missing")
	for _, want := range []string{"map[a:4 large:1]", "map[]"} {
		got := make(map[Key]uint32)
		m.TakeUses(func(key Key, uses uint32) bool {
			got[key] += uses
			return true
		})
		if fmt.Sprint(got) != want {
			t.Errorf("got uses %v, want %s", got, want)
		}
	}
}
