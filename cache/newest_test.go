package cache_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"perigee/cache"
	"perigee/cache/cachetest"
)

// seed is which entry of layeredKey a tier has; 0: none.
func seed(t *testing.T, get func(cache.Key) (*cache.Entry, bool)) (n int) {
	t.Helper()
	e, ok := get(layeredKey)
	if !ok {
		return 0
	}
	if _, err := fmt.Sscan(e.Header.Get("X-Seed"), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// put stores the entry with that seed; 0: none. A larger one was answered later.
func put(t *testing.T, tier cache.Tier, seed int) {
	t.Helper()
	if seed == 0 {
		return
	}
	if err := tier.Put(cachetest.Entry(layeredKey, seed, 100)); err != nil {
		t.Fatal(err)
	}
}

func TestNewestReturnsTheNewer(t *testing.T) {
	for _, tt := range []struct {
		name         string
		upper, lower int
		useless      bool // Rebuild returns nil
		want         int  // returned, and above afterwards
	}{
		{"newer below", 1, 2, false, 2},
		{"older below", 2, 1, false, 2},
		{"the same", 1, 1, false, 1},
		{"only below", 0, 1, false, 1},
		{"only above", 1, 0, false, 1},
		{"nowhere", 0, 0, false, 0},
		{"newer below, but of no use", 1, 2, true, 1},
		{"only below, and of no use", 0, 1, true, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			upper, lower := newMemory(t), newMemory(t)
			l := layer(t, cache.LayeredOptions{Upper: upper, Lower: lower, Rebuild: func(e *cache.Entry) *cache.Entry {
				if tt.useless {
					return nil
				}
				return e
			}})
			put(t, upper, tt.upper)
			put(t, lower, tt.lower)
			if got := seed(t, l.Newest); got != tt.want {
				t.Errorf("got entry %d, want %d", got, tt.want)
			}
			if got := seed(t, upper.Get); got != tt.want {
				t.Errorf("above: got entry %d, want %d", got, tt.want)
			}
		})
	}
}

// TestNewestDoesNotUndoAPut stores an entry while Renew is between having read below
// and putting above.
func TestNewestDoesNotUndoAPut(t *testing.T) {
	for _, above := range []int{0, 1} {
		read, goOn := make(chan struct{}), make(chan struct{})
		upper, lower := newMemory(t), newMemory(t)
		l := layer(t, cache.LayeredOptions{Upper: upper, Lower: lower, Rebuild: func(e *cache.Entry) *cache.Entry {
			close(read)
			<-goOn
			return e
		}})
		put(t, upper, above)
		put(t, lower, 2)
		var renewing sync.WaitGroup
		renewing.Go(func() { l.Newest(layeredKey) })
		<-read
		put(t, l, 3)
		close(goOn)
		renewing.Wait()
		for where, get := range map[string]func(cache.Key) (*cache.Entry, bool){
			"together": l.Get, "renewed": l.Newest, "above": upper.Get, "below": lower.Get,
		} {
			if got := seed(t, get); got != 3 {
				t.Errorf("above %d, %s: got entry %d, want the one that was stored last", above, where, got)
			}
		}
	}
}

// Who had missed above before an entry was stored, and read below after it, put
// what was older over it, if the lower tier had failed to store it.
func TestMissDoesNotUndoAPut(t *testing.T) {
	lower := newMemory(t)
	failing := &hooked{Tier: lower, put: func(*cache.Entry) error { return errors.New("unhealthy") }}
	var once sync.Once
	var store func()
	upper := &hooked{Tier: newMemory(t), missed: func() { once.Do(store) }}
	l := layer(t, cache.LayeredOptions{Upper: upper, Lower: failing})
	store = func() { put(t, l, 2) }
	put(t, lower, 1)
	l.Get(layeredKey)
	if got := seed(t, l.Get); got != 2 {
		t.Errorf("got entry %d, want the one that was stored last", got)
	}
}

// slow is a tier whose Get waits.
type slow struct {
	cache.Tier
	goOn chan struct{}
}

func (s slow) Get(key cache.Key) (*cache.Entry, bool) {
	<-s.goOn
	return s.Tier.Get(key)
}

// Who looks for something newer than what it has finds nothing below but the same.
// Who had nothing, and asked at the same time, was told that there was nothing.
func TestMissDoesNotShareAVainNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		upper, lower := newMemory(t), newMemory(t)
		below := slow{lower, make(chan struct{})}
		l := layer(t, cache.LayeredOptions{Upper: upper, Lower: below, NegativeTTL: time.Minute})
		put(t, upper, 1)
		put(t, lower, 1)
		var asking sync.WaitGroup
		asking.Go(func() { l.Newest(layeredKey) })
		synctest.Wait()
		if err := upper.Delete(layeredKey); err != nil { // to make room
			t.Error(err)
		}
		asking.Go(func() { l.Get(layeredKey) })
		synctest.Wait()
		close(below.goOn)
		asking.Wait()
		if got := seed(t, l.Get); got != 1 {
			t.Errorf("got entry %d, want what is below", got)
		}
	})
}
