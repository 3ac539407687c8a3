package cachetest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"perigee/cache"
)

const key = "ll2/1 json /2.3.0/spacecraft/?limit=5"

func missWhenEmpty(tier cache.Tier) error {
	return errors.Join(missing(tier, key), missing(tier, ""), tier.Delete(key))
}

func putThenGet(tier cache.Tier) error {
	var err error
	for i := range 20 {
		err = errors.Join(err, put(tier, Entry(fmt.Sprintf("%s&offset=%d", key, i), i, 1000)))
	}
	return errors.Join(err, missing(tier, key))
}

// everyField stores entries at the edges of what their fields can have.
func everyField(tier cache.Tier) error {
	bare := &cache.Entry{Key: "bare"}
	odd := Entry("odd", 1, 10)
	odd.Status = 599
	odd.Header = http.Header{"X-Empty": {""}, "X-Latin": {"caf\xe9"}, "X-Quoted": {`a: "b, c"`, ""}}
	odd.Body = []byte("\x00\r\n\xff\n\n")
	odd.Asked = odd.Asked.In(time.FixedZone("", -7*3600))
	odd.Answered = time.Now() // with the monotonic clock
	odd.Date = time.Time{}
	odd.StaleIfErrorUntil = time.Date(2292, 1, 1, 0, 0, 0, 1, time.UTC)
	return errors.Join(put(tier, Entry(key, 1, 20_000)), put(tier, bare), put(tier, odd))
}

// deadEntriesToo shows that it is not for the tier to judge freshness.
func deadEntriesToo(tier cache.Tier) error {
	dead := Entry(key, 1, 100)
	dead.FreshUntil, dead.StaleWhileRevalidateUntil, dead.StaleIfErrorUntil = day, day, day
	return put(tier, dead)
}

func latestWins(tier cache.Tier) error {
	var err error
	for i := range 20 {
		err = errors.Join(err, put(tier, Entry(key, i, 500)))
	}
	// Without a Get in between too.
	last := Entry(key, 99, 500)
	err = errors.Join(err, tier.Put(Entry(key, 97, 500)), tier.Put(Entry(key, 98, 500)), tier.Put(last))
	return errors.Join(err, cached(tier, last))
}

func shrinkAndGrow(tier cache.Tier) error {
	var err error
	for i, size := range []int{10, 100_000, 0, 200_000, 1} {
		err = errors.Join(err, put(tier, Entry(key, i, size)))
	}
	return err
}

// keysAreOpaque uses keys that a tier might take for one another, or for the
// name of a file.
func keysAreOpaque(tier cache.Tier) error {
	keys := []cache.Key{
		key, key + " ", " " + key, strings.ToUpper(key), key + "\x00", key + "%00",
		"../" + key, "/", ".", "a\nb", "a\r\nb", "é", "e\u0301", "\xff",
		strings.Repeat("k", 4000), strings.Repeat("k", 4001),
	}
	var err error
	for i, k := range keys {
		err = errors.Join(err, put(tier, Entry(k, i, 50)))
	}
	for i, k := range keys {
		err = errors.Join(err, cached(tier, Entry(k, i, 50)))
	}
	return err
}

func deleteForgets(tier cache.Tier) error {
	kept := Entry("kept", 1, 100)
	return errors.Join(
		put(tier, kept), put(tier, Entry(key, 2, 100)),
		tier.Delete(key), missing(tier, key),
		tier.Delete(key), tier.Delete("never stored"),
		cached(tier, kept),
	)
}

func putAfterDelete(tier cache.Tier) error {
	var err error
	for i := range 10 {
		err = errors.Join(err, put(tier, Entry(key, i, 100)), tier.Delete(key), missing(tier, key))
	}
	return errors.Join(err, put(tier, Entry(key, 11, 100)))
}

// ownership shows that an entry stays what it was when the tier has another.
func ownership(tier cache.Tier) error {
	if err := put(tier, Entry(key, 1, 5000)); err != nil {
		return err
	}
	got, _ := tier.Get(key)
	return errors.Join(
		put(tier, Entry(key, 2, 5000)), same(got, Entry(key, 1, 5000)),
		tier.Delete(key), same(got, Entry(key, 1, 5000)),
	)
}

func invalid(tier cache.Tier) error {
	for _, e := range []*cache.Entry{nil, {}, {Status: 200, Body: []byte("no key")}} {
		if err := tier.Put(e); !errors.Is(err, cache.ErrInvalid) {
			return fmt.Errorf("put %v: got error %v, want ErrInvalid", e, err)
		}
	}
	return missing(tier, "")
}

func closed(tier cache.Tier) error {
	if err := put(tier, Entry(key, 1, 100)); err != nil {
		return err
	}
	for range 2 {
		if err := tier.Close(); err != nil {
			return fmt.Errorf("close: %w", err)
		}
	}
	if err := tier.Put(Entry("late", 1, 100)); !errors.Is(err, cache.ErrClosed) {
		return fmt.Errorf("put after Close: got error %v, want ErrClosed", err)
	}
	if err := tier.Delete(key); !errors.Is(err, cache.ErrClosed) {
		return fmt.Errorf("delete after Close: got error %v, want ErrClosed", err)
	}
	return errors.Join(missing(tier, key), missing(tier, "late"))
}
