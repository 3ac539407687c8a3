package cache_test

import (
	"fmt"
	"net/http"
	"time"

	"perigee/cache"
)

// Two tiers act as one. The lower one is often a folder or another machine, and may
// have entries from before this process began.
func ExampleLayered() {
	upper, _ := cache.NewMemory(cache.MemoryOptions{MaxBytes: 1 << 20})
	lower, _ := cache.NewMemory(cache.MemoryOptions{MaxBytes: 64 << 20})
	layered, err := cache.NewLayered(cache.LayeredOptions{Upper: upper, Lower: lower})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer layered.Close()

	answered := time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC)
	if err := lower.Put(&cache.Entry{
		Key: "/news", Status: http.StatusOK, Body: []byte("news"),
		Asked: answered, Answered: answered, FreshUntil: answered.Add(time.Minute),
	}); err != nil {
		fmt.Println(err)
	}
	for range 2 {
		e, ok := layered.Get("/news")
		fmt.Println(ok, e.State(answered.Add(time.Second)))
	}
	fmt.Println("look-ups in the lower tier:", lower.Stats().Hits)
	// Output:
	// true fresh
	// true fresh
	// look-ups in the lower tier: 1
}
