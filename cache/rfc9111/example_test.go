package rfc9111_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
)

// An answer arrives, the policy says how long it is good, and the tier keeps it.
func Example() {
	policy := &rfc9111.Policy{
		TTL:                  time.Hour,
		Rules:                []rfc9111.Rule{{Pattern: "*/upcoming/", TTL: 15 * time.Minute}},
		Floor:                time.Minute,
		StaleWhileRevalidate: time.Hour,
		StaleIfError:         7 * 24 * time.Hour,
	}
	memory, err := cache.NewMemory(cache.MemoryOptions{MaxBytes: 16 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer memory.Close()

	const path = "/2.3.0/launches/upcoming/"
	body := []byte(`{"count":0,"next":null,"previous":null,"results":[]}`)
	header := http.Header{"Cache-Control": {"private, max-age=0"}, "Age": {"5"}}
	answered := time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC)

	d := policy.Decide(path, http.StatusOK, header, answered)
	fmt.Println("fresh for", d.Lifetime, "against", d.Overridden)
	if err := memory.Put(&cache.Entry{
		Key: "json " + path, Status: http.StatusOK, Body: body, Digest: sha256.Sum256(body),
		Asked: answered.Add(-time.Second), Answered: answered, Age: d.Age, Date: d.Date,
		FreshUntil:                d.FreshUntil,
		StaleWhileRevalidateUntil: d.StaleWhileRevalidateUntil,
		StaleIfErrorUntil:         d.StaleIfErrorUntil,
	}); err != nil {
		fmt.Println(err)
	}

	for _, later := range []time.Duration{0, 10 * time.Minute, 2 * time.Hour, 8 * 24 * time.Hour} {
		if e, ok := memory.Get("json " + path); ok {
			now := answered.Add(later)
			fmt.Println(e.CurrentAge(now), e.State(now))
		}
	}
	// Output:
	// fresh for 1m0s against [private]
	// 6s fresh
	// 10m6s revalidate
	// 2h0m6s stale
	// 192h0m6s dead
}
