package cachetest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"perigee/cache"
)

// day is when the entries of the suite were answered.
var day = time.Date(2026, time.March, 14, 15, 9, 26, 535897932, time.UTC)

// Entry returns an entry with every field set. Its body is size bytes long and
// different for different seeds.
func Entry(key cache.Key, seed, size int) *cache.Entry {
	body := []byte(strings.Repeat(fmt.Sprintf("%d,", seed), size/2+1))[:size:size]
	answered := day.Add(time.Duration(seed) * time.Second)
	return &cache.Entry{
		Key:    key,
		Target: "/2.3.0/spacecraft/",
		Accept: "application/json",
		Status: http.StatusOK,
		Header: http.Header{
			"Content-Type": {"application/json"},
			"Link":         {"</a>; rel=a", "</b>; rel=b"},
			"X-Seed":       {fmt.Sprint(seed)},
		},
		Body:                      body,
		Asked:                     answered.Add(-2 * time.Second),
		Answered:                  answered,
		Age:                       3 * time.Second,
		Date:                      answered.Truncate(time.Second),
		FreshUntil:                answered.Add(time.Hour),
		StaleWhileRevalidateUntil: answered.Add(2 * time.Hour),
		StaleIfErrorUntil:         answered.Add(7 * 24 * time.Hour),
		Digest:                    sha256.Sum256(body),
	}
}

// same says in what got differs from want. Times are equal if they are the same
// moment: a tier may lose the monotonic clock and the zone. Derived is not
// compared, it need not survive.
func same(got, want *cache.Entry) error {
	switch {
	case got == nil:
		return fmt.Errorf("got a nil entry for %q", want.Key)
	case got.Key != want.Key:
		return fmt.Errorf("asked for %q, got the entry of %q", want.Key, got.Key)
	case !bytes.Equal(got.Body, want.Body):
		return fmt.Errorf("%q: got a body of %d bytes, %.20q…, want %d, %.20q…", want.Key,
			len(got.Body), got.Body, len(want.Body), want.Body)
	}
	if g, w := normal(got), normal(want); !reflect.DeepEqual(g, w) {
		return fmt.Errorf("%q: got %+v, want %+v", want.Key, g, w)
	}
	return nil
}

// normal returns what has to survive of an entry besides its body, in one form.
func normal(e *cache.Entry) cache.Entry {
	n := *e
	n.Body, n.Derived, n.DerivedCost = nil, nil, 0
	if len(n.Header) == 0 {
		n.Header = nil
	}
	for _, t := range []*time.Time{
		&n.Asked, &n.Answered, &n.Date, &n.FreshUntil, &n.StaleWhileRevalidateUntil, &n.StaleIfErrorUntil,
	} {
		*t = t.Round(0).UTC()
	}
	return n
}

// put stores e and checks that it is cached.
func put(tier cache.Tier, e *cache.Entry) error {
	if err := tier.Put(e); err != nil {
		return fmt.Errorf("put %q: %w", e.Key, err)
	}
	return cached(tier, e)
}

// cached checks that e is cached under its key.
func cached(tier cache.Tier, e *cache.Entry) error {
	got, ok := tier.Get(e.Key)
	if !ok {
		return fmt.Errorf("got a miss for %q, which was just stored", e.Key)
	}
	return same(got, e)
}

// missing checks that nothing is cached under key.
func missing(tier cache.Tier, key cache.Key) error {
	if got, ok := tier.Get(key); ok || got != nil {
		return fmt.Errorf("got (%v, %t) for %q, want a miss", got, ok, key)
	}
	return nil
}
