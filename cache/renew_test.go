package cache_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"perigee/cache"
	"perigee/cache/cachetest"
)

// TestRenew: the newer of what two tiers hold is what counts, wherever it is.
func TestRenew(t *testing.T) {
	entry := func(seed int) *cache.Entry { return cachetest.Entry(layeredKey, seed, 100) } // a later one for a greater seed
	for _, tt := range []struct {
		name         string
		upper, lower int // seeds; 0: nothing
		want         int
	}{
		{"nothing anywhere", 0, 0, 0},
		{"only above", 1, 0, 1},
		{"only below", 0, 1, 1},
		{"newer below", 1, 2, 2},
		{"older below", 2, 1, 2},
		{"the same", 1, 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			upper, lower := newMemory(t), newMemory(t)
			l := layer(t, cache.LayeredOptions{Upper: upper, Lower: lower})
			for tier, seed := range map[cache.Tier]int{upper: tt.upper, lower: tt.lower} {
				if seed > 0 {
					if err := tier.Put(entry(seed)); err != nil {
						t.Fatal(err)
					}
				}
			}
			got, ok := l.Renew(layeredKey)
			if ok != (tt.want > 0) || ok && got.Header.Get("X-Seed") != fmt.Sprint(tt.want) {
				t.Fatalf("got (%v, %t), want %d", got, ok, tt.want)
			}
			if above, ok := upper.Get(layeredKey); ok != (tt.want > 0) || ok && above.Header.Get("X-Seed") != fmt.Sprint(tt.want) {
				t.Errorf("got (%v, %t) above, want %d", above, ok, tt.want)
			}
		})
	}
}

// TestRenewKeepsWhatIsOfUse: what cannot be rebuilt does not take the place of what
// is held.
func TestRenewKeepsWhatIsOfUse(t *testing.T) {
	upper, lower := newMemory(t), newMemory(t)
	l := layer(t, cache.LayeredOptions{Upper: upper, Lower: lower, Rebuild: func(*cache.Entry) *cache.Entry { return nil }})
	if err := upper.Put(cachetest.Entry(layeredKey, 1, 100)); err != nil {
		t.Fatal(err)
	}
	if err := lower.Put(cachetest.Entry(layeredKey, 2, 100)); err != nil {
		t.Fatal(err)
	}
	if e, ok := l.Renew(layeredKey); !ok || e.Header.Get("X-Seed") != "1" {
		t.Errorf("got (%v, %t), want what is held", e, ok)
	}
}

// TestRenewNeverBringsBack: while entries are put, renewing never ends with an older
// one above than the last that was put.
func TestRenewNeverBringsBack(t *testing.T) {
	upper, lower := newMemory(t), newMemory(t)
	l := layer(t, cache.LayeredOptions{Upper: upper, Lower: lower})
	const rounds = 500
	for i := 1; i <= rounds; i++ {
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { l.Renew(layeredKey) })
		}
		if err := l.Put(cachetest.Entry(layeredKey, i, 100)); err != nil {
			t.Fatal(err)
		}
		all.Wait()
		if e, ok := upper.Get(layeredKey); !ok || e.Header.Get("X-Seed") != fmt.Sprint(i) {
			t.Fatalf("got (%v, %t) above, want %d", e, ok, i)
		}
	}
}

// counted is a tier that counts how often it is asked.
type counted struct {
	cache.Tier
	gets int
}

func (c *counted) Get(key cache.Key) (*cache.Entry, bool) {
	c.gets++
	return c.Tier.Get(key)
}

// TestAbsent: a tier that is far away is not asked over and over for what it does
// not have, unless somebody may have stored it, or nobody can be wrong.
func TestAbsent(t *testing.T) {
	now := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
	upper, below := newMemory(t), newMemory(t)
	lower := &counted{Tier: below}
	l := layer(t, cache.LayeredOptions{Upper: upper, Lower: lower, AbsentFor: time.Second, Now: func() time.Time { return now }})
	get := func(what string, held bool, asked int) {
		t.Helper()
		lower.gets = 0
		if _, ok := l.Get(layeredKey); ok != held || lower.gets != asked {
			t.Errorf("%s: got held %t after asking %d times, want %t and %d", what, ok, lower.gets, held, asked)
		}
	}
	get("the first time", false, 1)
	get("again", false, 0)
	now = now.Add(time.Second)
	get("a while later", false, 1)
	l.Expect(layeredKey)
	get("when somebody may have stored it", false, 1)
	if err := below.Put(cachetest.Entry(layeredKey, 1, 100)); err != nil {
		t.Fatal(err)
	}
	get("when nobody has told", false, 0)
	if _, ok := l.Renew(layeredKey); !ok {
		t.Error("renewing goes by what is remembered")
	}
	get("when it is above", true, 0)
	if err := l.Delete(layeredKey); err != nil {
		t.Fatal(err)
	}
	get("after it was deleted", false, 1)
	if err := l.Put(cachetest.Entry(layeredKey, 2, 100)); err != nil {
		t.Fatal(err)
	}
	if err := upper.Delete(layeredKey); err != nil {
		t.Fatal(err)
	}
	get("after it was put", true, 1)
}
