package cache_test

import (
	"errors"
	"sync"
	"testing"

	"perigee/cache"
	"perigee/cache/cachetest"
)

const layeredKey = "key"

func newMemory(t testing.TB) *cache.Memory {
	t.Helper()
	m, err := cache.NewMemory(cache.MemoryOptions{MaxBytes: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// layer returns a Layered that is closed with the test.
func layer(t testing.TB, o cache.LayeredOptions) *cache.Layered {
	t.Helper()
	l, err := cache.NewLayered(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestLayeredIsATier(t *testing.T) {
	cachetest.Run(t, func(t *testing.T) cache.Tier {
		return layer(t, cache.LayeredOptions{Upper: newMemory(t), Lower: newMemory(t)})
	})
}

// TestLayeredWithoutUpper is as if nothing ever stayed in memory.
func TestLayeredWithoutUpper(t *testing.T) {
	cachetest.Run(t, func(t *testing.T) cache.Tier {
		upper := &hooked{Tier: newMemory(t), put: func(*cache.Entry) error { return cache.ErrTooLarge }}
		return layer(t, cache.LayeredOptions{Upper: upper, Lower: newMemory(t)})
	})
}

// TestLayeredWithoutLower is as if the medium below were unhealthy.
func TestLayeredWithoutLower(t *testing.T) {
	cachetest.Run(t, func(t *testing.T) cache.Tier {
		lower := newMemory(t)
		unhealthy := &hooked{Tier: lower, put: func(e *cache.Entry) error {
			return errors.Join(errors.New("unhealthy"), lower.Delete(e.Key))
		}}
		return layer(t, cache.LayeredOptions{Upper: newMemory(t), Lower: unhealthy})
	})
}

func TestNewLayeredNeedsTwo(t *testing.T) {
	m := newMemory(t)
	defer m.Close()
	for _, o := range []cache.LayeredOptions{{}, {Upper: m}, {Lower: m}} {
		if l, err := cache.NewLayered(o); err == nil || l != nil {
			t.Errorf("got (%v, %v), want an error", l, err)
		}
	}
}

func TestLayeredPromotes(t *testing.T) {
	upper, lower := newMemory(t), newMemory(t)
	l := layer(t, cache.LayeredOptions{Upper: upper, Lower: lower, Rebuild: func(e *cache.Entry) *cache.Entry {
		rebuilt := *e
		rebuilt.Derived = "derived"
		return &rebuilt
	}})
	if err := lower.Put(cachetest.Entry(layeredKey, 1, 100)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if e, ok := l.Get(layeredKey); !ok || e.Derived != "derived" {
			t.Fatalf("got (%v, %t), want the entry rebuilt", e, ok)
		}
	}
	if e, ok := upper.Get(layeredKey); !ok || e.Derived != "derived" {
		t.Errorf("above: got (%v, %t), want the entry rebuilt", e, ok)
	}
	if got := lower.Stats().Hits; got != 1 {
		t.Errorf("got %d hits below, want 1", got)
	}
}

func TestLayeredUselessIsAMiss(t *testing.T) {
	upper, lower := newMemory(t), newMemory(t)
	l := layer(t, cache.LayeredOptions{Upper: upper, Lower: lower, Rebuild: func(*cache.Entry) *cache.Entry { return nil }})
	if err := lower.Put(cachetest.Entry(layeredKey, 1, 100)); err != nil {
		t.Fatal(err)
	}
	if e, ok := l.Get(layeredKey); ok || e != nil {
		t.Errorf("got (%v, %t), want a miss", e, ok)
	}
}

func TestLayeredErrors(t *testing.T) {
	broken := errors.New("broken")
	fails := func(t *testing.T) *hooked {
		return &hooked{
			Tier: newMemory(t),
			put:  func(*cache.Entry) error { return broken },
			del:  func(cache.Key) error { return broken },
		}
	}
	works := func(t *testing.T) *hooked { return &hooked{Tier: newMemory(t)} }
	for _, tt := range []struct {
		name         string
		upper, lower func(*testing.T) *hooked
		put, del     error
	}{
		{"none", works, works, nil, nil},
		{"above", fails, works, nil, broken},
		{"below", works, fails, nil, broken},
		{"both", fails, fails, broken, broken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := layer(t, cache.LayeredOptions{Upper: tt.upper(t), Lower: tt.lower(t)})
			if err := l.Put(cachetest.Entry(layeredKey, 1, 100)); !errors.Is(err, tt.put) {
				t.Errorf("put: got error %v, want %v", err, tt.put)
			}
			if _, ok := l.Get(layeredKey); ok != (tt.put == nil) {
				t.Errorf("got %t for whether it is cached", ok)
			}
			if err := l.Delete(layeredKey); !errors.Is(err, tt.del) {
				t.Errorf("delete: got error %v, want %v", err, tt.del)
			}
		})
	}
}

// TestLayeredOldDoesNotComeBack stores and deletes while a Get is between having
// read the old entry below and putting it above.
func TestLayeredOldDoesNotComeBack(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*cache.Layered) error
		want   string // the seed of the entry that is cached after it
	}{
		{"put", func(l *cache.Layered) error { return l.Put(cachetest.Entry(layeredKey, 2, 100)) }, "2"},
		{"delete", func(l *cache.Layered) error { return l.Delete(layeredKey) }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lower := newMemory(t)
			read, goOn := make(chan struct{}), make(chan struct{})
			l := layer(t, cache.LayeredOptions{Upper: newMemory(t), Lower: lower, Rebuild: func(e *cache.Entry) *cache.Entry {
				if e.Header.Get("X-Seed") == "1" {
					close(read)
					<-goOn
				}
				return e
			}})
			if err := lower.Put(cachetest.Entry(layeredKey, 1, 100)); err != nil {
				t.Fatal(err)
			}
			var getting sync.WaitGroup
			getting.Go(func() { l.Get(layeredKey) })
			<-read
			if err := tt.change(l); err != nil {
				t.Error(err)
			}
			// Also one that asks while the old entry is still on its way.
			check := func(when string) {
				e, ok := l.Get(layeredKey)
				if ok != (tt.want != "") || ok && e.Header.Get("X-Seed") != tt.want {
					t.Errorf("%s: got (%v, %t), want seed %q", when, e, ok, tt.want)
				}
			}
			check("meanwhile")
			close(goOn)
			getting.Wait()
			check("after")
		})
	}
}

// TestLayeredReadsOnce has many ask at once for what is only below.
func TestLayeredReadsOnce(t *testing.T) {
	const askers = 20
	lower := newMemory(t)
	if err := lower.Put(cachetest.Entry(layeredKey, 1, 100)); err != nil {
		t.Fatal(err)
	}
	missed := make(chan struct{}, askers)
	upper := &hooked{Tier: newMemory(t), missed: func() { missed <- struct{}{} }}
	var allMissed sync.Once
	l := layer(t, cache.LayeredOptions{Upper: upper, Lower: lower, Rebuild: func(e *cache.Entry) *cache.Entry {
		allMissed.Do(func() {
			for range askers {
				<-missed
			}
		})
		return e
	}})
	var asking sync.WaitGroup
	for range askers {
		asking.Go(func() {
			if _, ok := l.Get(layeredKey); !ok {
				t.Error("got a miss")
			}
		})
	}
	asking.Wait()
	// Who missed above, and was then so late that the others were done, reads again.
	if got := lower.Stats().Hits; got > askers/2 {
		t.Errorf("got %d reads below for %d who asked at once", got, askers)
	}
}

// BenchmarkLayeredGet is of an entry in the upper tier, and of one that neither has.
func BenchmarkLayeredGet(b *testing.B) {
	for _, name := range []string{"hit", "miss"} {
		b.Run(name, func(b *testing.B) {
			l := layer(b, cache.LayeredOptions{Upper: newMemory(b), Lower: newMemory(b)})
			if err := l.Put(cachetest.Entry("hit", 1, 20_000)); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := l.Get(name); ok != (name == "hit") {
					b.Fatal("got something else")
				}
			}
		})
	}
}

// hooked is a tier but for the methods that are set.
type hooked struct {
	cache.Tier
	put    func(*cache.Entry) error
	del    func(cache.Key) error
	missed func()
}

func (h *hooked) Get(key cache.Key) (*cache.Entry, bool) {
	e, ok := h.Tier.Get(key)
	if !ok && h.missed != nil {
		h.missed()
	}
	return e, ok
}

func (h *hooked) Put(e *cache.Entry) error {
	if h.put != nil {
		return h.put(e)
	}
	return h.Tier.Put(e)
}

func (h *hooked) Delete(key cache.Key) error {
	if h.del != nil {
		return h.del(key)
	}
	return h.Tier.Delete(key)
}
