package cachetest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"perigee/cache"
)

const (
	workers = 8
	rounds  = 200
)

// concurrent has many goroutines work on the same few keys. What one of them
// gets may be anybody's, but must be whole and of the key asked for. Keys of
// their own must behave as if nobody else were there.
func concurrent(tier cache.Tier) error {
	return together(func(worker int) error {
		own := fmt.Sprintf("own %d", worker)
		for i := range rounds {
			if err := put(tier, Entry(own, i, 100)); err != nil {
				return err
			}
			shared := fmt.Sprintf("shared %d", i%3)
			if err := tier.Put(Entry(shared, worker*rounds+i, 100)); err != nil {
				return err
			}
			if err := whole(tier, shared); err != nil {
				return err
			}
			if i%10 == worker {
				if err := tier.Delete(shared); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// closeUnderLoad closes the tier while others use it: each of their calls
// succeeds or is told that the tier is closed.
func closeUnderLoad(tier cache.Tier) error {
	err := together(func(worker int) error {
		k := fmt.Sprintf("key %d", worker%3)
		for i := range rounds {
			if worker == 0 && i == rounds/2 {
				if err := tier.Close(); err != nil {
					return fmt.Errorf("close: %w", err)
				}
			}
			err := tier.Put(Entry(k, i, 100))
			if err == nil && i%2 == 1 {
				err = tier.Delete(k)
			}
			if err != nil && !errors.Is(err, cache.ErrClosed) {
				return err
			}
			if err := whole(tier, k); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, missing(tier, "key 0"), missing(tier, "key 1"), missing(tier, "key 2"))
}

// together runs f in several goroutines at once and joins what they return.
func together(f func(worker int) error) error {
	var all sync.WaitGroup
	errs := make([]error, workers)
	for worker := range workers {
		all.Go(func() { errs[worker] = f(worker) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// whole checks that what is cached under key, if anything, is an entry of it.
func whole(tier cache.Tier, key cache.Key) error {
	e, ok := tier.Get(key)
	switch {
	case !ok:
		return nil
	case e == nil:
		return fmt.Errorf("got a nil entry for %q", key)
	case e.Key != key:
		return fmt.Errorf("asked for %q, got the entry of %q", key, e.Key)
	case e.Digest != sha256.Sum256(e.Body):
		return fmt.Errorf("the body of %q does not have its digest", key)
	}
	return nil
}
