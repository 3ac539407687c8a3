package cache

import (
	"errors"
	"fmt"
	"sync"
	"testing"
)

func TestMemoryOptions(t *testing.T) {
	const mib = 1 << 20
	for _, tt := range []struct {
		name string
		opts MemoryOptions
		want MemoryOptions
		err  string
	}{
		{"zero", MemoryOptions{}, MemoryOptions{MaxBytes: 256 * mib, PinnedEntries: 64, PinnedBytes: 64 * mib}, ""},
		{"all set", MemoryOptions{MaxBytes: mib, PinnedEntries: 1, PinnedBytes: mib / 2}, MemoryOptions{MaxBytes: mib, PinnedEntries: 1, PinnedBytes: mib / 2}, ""},
		{"least", MemoryOptions{MaxBytes: 16 << 10, PinnedBytes: 1 << 10}, MemoryOptions{MaxBytes: 16 << 10, PinnedEntries: 64, PinnedBytes: 1 << 10}, ""},
		{"too small", MemoryOptions{MaxBytes: 16<<10 - 1}, MemoryOptions{}, "cache: 16383 bytes cannot hold a page, at least 16384 are needed"},
		{"negative", MemoryOptions{MaxBytes: -1}, MemoryOptions{}, "cache: -1 bytes cannot hold a page, at least 16384 are needed"},
		{"negative count", MemoryOptions{PinnedEntries: -1}, MemoryOptions{}, "cache: cannot pin -1 entries"},
		{"too little pinned", MemoryOptions{MaxBytes: mib, PinnedBytes: mib/16 - 1}, MemoryOptions{}, "cache: pinned bytes must be between 1/16 and 1/2 of 1048576, not 65535"},
		{"too much pinned", MemoryOptions{MaxBytes: mib, PinnedBytes: mib/2 + 1}, MemoryOptions{}, "cache: pinned bytes must be between 1/16 and 1/2 of 1048576, not 524289"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := NewMemory(tt.opts)
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Fatalf("got error %v, want %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			got := MemoryOptions{MaxBytes: m.maxBytes, PinnedEntries: m.pinned.maxEntries, PinnedBytes: m.pinned.maxBytes}
			if got.MaxBytes != tt.want.MaxBytes || got.PinnedEntries != tt.want.PinnedEntries || got.PinnedBytes != tt.want.PinnedBytes {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if sum := m.ristretto.cache.MaxCost() + m.pinned.maxBytes; sum != m.maxBytes {
				t.Errorf("the parts have %d bytes together, want %d", sum, m.maxBytes)
			}
		})
	}
}

func TestStats(t *testing.T) {
	m := openMemory(t, MemoryOptions{MaxBytes: 1 << 20, PinnedEntries: 2})
	check := func(step string, want Stats) {
		t.Helper()
		want.MaxBytes = 1 << 20
		if got := m.Stats(); got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", step, got, want)
		}
	}
	check("empty", Stats{})
	m.Get("a")
	mustPut(t, m, sized(t, "a", 1000))
	m.Get("a")
	m.Get("a")
	check("one entry", Stats{Entries: 1, Bytes: 1000, PinnedEntries: 1, PinnedBytes: 1000, Hits: 2, Misses: 1})
	mustPut(t, m, sized(t, "a", 3000))
	check("grown", Stats{Entries: 1, Bytes: 3000, PinnedEntries: 1, PinnedBytes: 3000, Hits: 2, Misses: 1})
	mustPut(t, m, sized(t, "a", 2000))
	check("shrunk", Stats{Entries: 1, Bytes: 2000, PinnedEntries: 1, PinnedBytes: 2000, Hits: 2, Misses: 1})
	mustPut(t, m, sized(t, "b", 1000))
	mustPut(t, m, sized(t, "c", 1000))
	check("a is no longer pinned", Stats{Entries: 3, Bytes: 4000, PinnedEntries: 2, PinnedBytes: 2000, Hits: 2, Misses: 1})
	mustPut(t, m, sized(t, "large", 100<<10))
	check("large", Stats{Entries: 4, Bytes: 4000 + 100<<10, PinnedEntries: 2, PinnedBytes: 1000 + 100<<10, Hits: 2, Misses: 1, TooLarge: 1})
	m.Delete("a")
	m.Delete("c")
	check("deleted", Stats{Entries: 2, Bytes: 1000 + 100<<10, PinnedEntries: 1, PinnedBytes: 100 << 10, Hits: 2, Misses: 1, TooLarge: 1})
	mustPut(t, m, sized(t, "d", 1000))
	mustPut(t, m, sized(t, "e", 1000))
	check("large is displaced", Stats{Entries: 3, Bytes: 3000, PinnedEntries: 2, PinnedBytes: 2000, Hits: 2, Misses: 1, TooLarge: 1, Evicted: 1})
	m.Close()
	m.Get("e")
	check("closed", Stats{Hits: 2, Misses: 2, TooLarge: 1, Evicted: 1})
	if m.ristretto.evicted != nil {
		t.Error("entries are still referred to")
	}
}

// TestTooLargeForAll shows that what cannot be cached leaves nothing older behind.
func TestTooLargeForAll(t *testing.T) {
	m := openMemory(t, MemoryOptions{MaxBytes: 1 << 20})
	kept := sized(t, "kept", 1000)
	mustPut(t, m, kept)
	for _, before := range []int64{1000, 100 << 10} {
		mustPut(t, m, sized(t, "a", before))
		if err := m.Put(sized(t, "a", 256<<10+1)); !errors.Is(err, ErrTooLarge) {
			t.Errorf("got error %v, want ErrTooLarge", err)
		}
		wantMiss(t, m, "a")
	}
	wantCached(t, m, kept)
	if got := m.Stats(); got.Entries != 1 || got.Bytes != 1000 || got.TooLarge != 3 || got.Evicted != 0 {
		t.Errorf("got %+v", got)
	}
}

// TestPinnedOutlivesEviction shows that an entry which Ristretto evicts is cached
// as long as it is pinned, and counted as evicted only then.
func TestPinnedOutlivesEviction(t *testing.T) {
	m := openMemory(t, MemoryOptions{MaxBytes: 64 << 10, PinnedEntries: 64, PinnedBytes: 16 << 10}) // 48 KiB are Ristretto's
	for i := range 500 {
		mustPut(t, m, sized(t, numbered(i), 1<<10))
		for back := range min(i, 15) {
			if _, ok := m.Get(numbered(i - back)); !ok {
				t.Fatalf("entry %d is gone after %d more", i-back, back)
			}
		}
		if m.ristretto.evicted != nil {
			t.Fatal("evicted entries are still referred to")
		}
		if s := m.Stats(); s.Entries+int(s.Evicted) != i+1 {
			t.Fatalf("%d entries cached and %d evicted of %d", s.Entries, s.Evicted, i+1)
		}
	}
	if s := m.Stats(); s.Evicted == 0 {
		t.Error("nothing was evicted: the test does not show what it should")
	}
}

// TestGetDoesNotWait reads while a writer has the lock of writers.
func TestGetDoesNotWait(t *testing.T) {
	m := openMemory(t, MemoryOptions{})
	e := sized(t, "a", 1000)
	mustPut(t, m, e)
	m.write.Lock()
	defer m.write.Unlock()
	wantCached(t, m, e)
	wantMiss(t, m, "b")
}

// TestCloseRace closes while everything else is under way. Ristretto alone
// panics or hangs in one of ten such trials.
func TestCloseRace(t *testing.T) {
	trials := 100
	if testing.Short() {
		trials = 10
	}
	for trial := range trials {
		m := openMemory(t, MemoryOptions{MaxBytes: 64 << 10})
		var all sync.WaitGroup
		begun := make(chan struct{}, 4)
		for worker := range 4 {
			all.Go(func() {
				for i := 0; ; i++ {
					key := fmt.Sprint(worker%2, i%50)
					if err := m.Put(&Entry{Key: key}); err != nil {
						if !errors.Is(err, ErrClosed) {
							t.Errorf("put: %v", err)
						}
						return
					}
					m.Get(key)
					m.Stats()
					if i%7 == 0 {
						m.Delete(key)
					}
					if i == trial {
						begun <- struct{}{}
					}
				}
			})
		}
		<-begun
		all.Go(func() { m.Close() })
		if err := m.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		all.Wait()
		if got := m.Stats(); got.Entries != 0 || got.Bytes != 0 {
			t.Fatalf("closed: got %+v", got)
		}
	}
}
