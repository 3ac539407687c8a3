package cache

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dgraph-io/ristretto/v2/z"
)

// The tests in this file each hold a trap of Ristretto against its answer.

// TestBurst stores new entries as fast as it can. Without waiting for the queue
// Ristretto drops a third of them, and shows none at once.
func TestBurst(t *testing.T) {
	n := 50_000
	if testing.Short() {
		n = 5_000
	}
	m := openMemory(t, MemoryOptions{MaxBytes: 256 << 20})
	for i := range n {
		e := &Entry{Key: numbered(i)}
		mustPut(t, m, e)
		if got, ok := m.ristretto.get(e.Key); !ok || got.entry != e {
			t.Fatalf("entry %d is not resident after Put", i)
		}
	}
	for i := range n {
		if _, ok := m.Get(numbered(i)); !ok {
			t.Fatalf("entry %d was lost", i)
		}
	}
	if got := m.Stats(); got.Dropped+got.Rejected+got.Evicted != 0 || got.Entries != n {
		t.Errorf("got %+v, want all %d cached", got, n)
	}
}

// TestUpdateTwice has two writes of one new key: unless it waits in between,
// Ristretto keeps the first.
func TestUpdateTwice(t *testing.T) {
	m := openMemory(t, MemoryOptions{})
	for i := range 2000 {
		key := numbered(i)
		mustPut(t, m, sized(t, key, 1000))
		last := sized(t, key, 1500)
		mustPut(t, m, last)
		if got, ok := m.ristretto.get(key); !ok || got.entry != last {
			t.Fatalf("got the older of two entries of %q", key)
		}
	}
	if got := m.Stats(); got.Entries != 2000 || got.Bytes != 2000*1500 {
		t.Errorf("got %d entries of %d bytes, want 2000 of %d", got.Entries, got.Bytes, 2000*1500)
	}
}

// TestUnreliableSet has sets that fail, and sets that claim a success that does
// not come. Both must leave the newest entry to be read, and be counted.
func TestUnreliableSet(t *testing.T) {
	for _, tt := range []struct {
		name   string
		set    func(Key, *resident, int64) bool
		counts func(Stats) [2]uint64 // the one that counts, and the one that must not
	}{
		{"dropped", func(Key, *resident, int64) bool { return false },
			func(s Stats) [2]uint64 { return [2]uint64{s.Dropped, s.Rejected} }},
		{"rejected", func(Key, *resident, int64) bool { return true },
			func(s Stats) [2]uint64 { return [2]uint64{s.Rejected, s.Dropped} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := openMemory(t, MemoryOptions{PinnedEntries: 3})
			old, other := sized(t, "a", 1000), sized(t, "other", 1000)
			mustPut(t, m, old)
			mustPut(t, m, other)
			m.ristretto.set = tt.set
			renewed, added := sized(t, "a", 2000), sized(t, "b", 3000)
			mustPut(t, m, renewed)
			wantCached(t, m, renewed)
			mustPut(t, m, added)
			wantCached(t, m, added)
			wantCached(t, m, other)
			s := m.Stats()
			if got := tt.counts(s); got != [2]uint64{2, 0} {
				t.Errorf("got counts %v, want 2 and 0", got)
			}
			if s.Entries != 3 || s.Bytes != 6000 {
				t.Errorf("got %d entries of %d bytes, want 3 of 6000", s.Entries, s.Bytes)
			}
			for i := range 3 { // push them out of the pinned ones
				mustPut(t, m, sized(t, numbered(i), 1000))
			}
			wantMiss(t, m, "a") // and not the old one
			wantMiss(t, m, "b")
			wantCached(t, m, other)
			if got := m.Stats().Evicted; got != 2 {
				t.Errorf("got %d evicted, want 2", got)
			}
		})
	}
}

// TestFullOfUsedEntries has a full cache of entries that are much used.
// Ristretto says yes to new ones and rejects them.
func TestFullOfUsedEntries(t *testing.T) {
	const cost = 1000
	m := openMemory(t, MemoryOptions{
		MaxBytes: 160 * cost, PinnedEntries: 8, // 120 resident
		ristretto: ristrettoOptions{bufferItems: 1}, // the race detector empties larger buffers at random
	})
	var residents []Key
	for i := range 120 {
		mustPut(t, m, sized(t, numbered(i), cost))
		residents = append(residents, numbered(i))
	}
	added := 0
	for ; m.Stats().Rejected < 5; added++ {
		if added == 2000 {
			t.Fatal("nothing was rejected: the test does not show what it should")
		}
		for _, key := range residents {
			m.Get(key)
			runtime.Gosched() // to the goroutine that counts
		}
		e := sized(t, fmt.Sprint("new ", added), cost)
		mustPut(t, m, e)
		wantCached(t, m, e)
		for back := range min(added, 7) {
			if _, ok := m.Get(fmt.Sprint("new ", added-back)); !ok {
				t.Errorf("new %d is gone, %d entries later", added-back, back)
			}
		}
	}
	s := m.Stats()
	if want := 120 + added - int(s.Evicted); s.Entries != want || s.Bytes != int64(want*cost) {
		t.Errorf("got %d entries of %d bytes with %d evicted, want %d", s.Entries, s.Bytes, s.Evicted, want)
	}
}

// TestLargeEntry shows that a large entry is cached and costs no other its place.
func TestLargeEntry(t *testing.T) {
	m := openMemory(t, MemoryOptions{MaxBytes: 1 << 20}) // 768 KiB are Ristretto's
	var small []*Entry
	for i := range 60 {
		small = append(small, sized(t, numbered(i), 12<<10))
		mustPut(t, m, small[i])
	}
	atLimit := sized(t, "at the limit", 48<<10)
	mustPut(t, m, atLimit)
	if got := m.Stats(); got.TooLarge != 0 || got.Evicted != 0 || !m.ristretto.has(atLimit.Key) {
		t.Errorf("at the limit: got %+v", got)
	}
	for i, size := range []int64{48<<10 + 1, 200 << 10, 256 << 10} {
		above := sized(t, "above", size)
		mustPut(t, m, above)
		wantCached(t, m, above)
		if got := m.Stats(); got.TooLarge != uint64(i+1) || got.Evicted != 0 || m.ristretto.has("above") {
			t.Errorf("%d bytes: got %+v", size, got)
		}
	}
	for _, e := range small {
		wantCached(t, m, e)
	}
	small[0] = sized(t, small[0].Key, 100<<10) // a resident one that has grown
	mustPut(t, m, small[0])
	wantCached(t, m, small[0])
}

// TestGrowingUpdate renews every entry with a larger one. Ristretto would exceed
// its limit, and throw out almost everything for the next new entry.
func TestGrowingUpdate(t *testing.T) {
	const n = 96
	m := openMemory(t, MemoryOptions{MaxBytes: 128 << 10, PinnedEntries: 1})
	limit := m.ristretto.cache.MaxCost()
	for i := range n {
		mustPut(t, m, sized(t, numbered(i), 1<<10))
	}
	for i := range n {
		e := sized(t, numbered(i), 5<<10)
		mustPut(t, m, e)
		wantCached(t, m, e)
		if left := m.ristretto.cache.RemainingCost(); left < 0 || m.ristretto.bytes != limit-left {
			t.Fatalf("update %d: got %d bytes by our books, %d by Ristretto's, limit %d", i, m.ristretto.bytes, limit-left, limit)
		}
	}
	before := m.Stats().Entries
	mustPut(t, m, sized(t, "new", 5<<10))
	if after := m.Stats().Entries; after < before-1 {
		t.Errorf("one new entry of the same size cost %d others", before-after)
	}
}

// TestNoTimeToLive shows that time alone takes nothing away.
func TestNoTimeToLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := NewMemory(MemoryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		e := sized(t, "a", 1000)
		e.FreshUntil = time.Now().Add(time.Second)
		mustPut(t, m, e)
		if ttl, ok := m.ristretto.cache.GetTTL("a"); !ok || ttl != 0 {
			t.Errorf("got (%v, %t) to live, want none set", ttl, ok)
		}
		time.Sleep(time.Hour) // in the bubble
		wantCached(t, m, e)
	})
}

// TestExactCost shows that Ristretto adds nothing to the cost it is told.
func TestExactCost(t *testing.T) {
	m := openMemory(t, MemoryOptions{})
	for i := range 100 {
		mustPut(t, m, sized(t, numbered(i), int64(1000+i)))
	}
	mustPut(t, m, sized(t, numbered(1), 5000))
	m.Delete(numbered(0))
	want := int64(99*1000 + 99*50 - 1001 + 5000)
	if got := m.Stats().Bytes; got != want {
		t.Errorf("got %d bytes, want %d", got, want)
	}
	if got := m.ristretto.cache.MaxCost() - m.ristretto.cache.RemainingCost(); got != want {
		t.Errorf("got cost %d from Ristretto, want %d", got, want)
	}
}

// TestCollisions has keys whose hashes agree, in part or altogether: where they
// do so altogether, Ristretto takes one key for the other.
func TestCollisions(t *testing.T) {
	for _, tt := range []struct {
		name string
		hash func(Key) (hash, conflict uint64)
	}{
		{"the first hash", func(k Key) (uint64, uint64) {
			_, conflict := z.KeyToHash(k)
			return 7, conflict
		}},
		{"both hashes", func(Key) (uint64, uint64) { return 7, 8 }},
		{"no second hash", func(Key) (uint64, uint64) { return 7, 0 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := openMemory(t, MemoryOptions{PinnedEntries: 2, ristretto: ristrettoOptions{keyToHash: tt.hash}})
			a, b := sized(t, "a", 1000), sized(t, "b", 2000)
			mustPut(t, m, a)
			wantMiss(t, m, "b")
			mustPut(t, m, b)
			wantCached(t, m, a)
			wantCached(t, m, b)
			if got := m.Stats(); got.Rejected != 1 || got.Entries != 2 || got.Bytes != 3000 {
				t.Errorf("got %+v, want one rejected and both cached", got)
			}
			mustPut(t, m, sized(t, "b", 3000))
			m.Delete("b") // must not touch a's place in the accounts
			wantMiss(t, m, "b")
			if got := m.ristretto.cache.MaxCost() - m.ristretto.cache.RemainingCost(); got != 1000 {
				t.Errorf("got cost %d from Ristretto, want that of a", got)
			}
			mustPut(t, m, sized(t, "c", 1000)) // push a out of the pinned ones
			mustPut(t, m, sized(t, "d", 1000))
			wantCached(t, m, a)
			wantMiss(t, m, "b")
			m.Delete("a")
			wantMiss(t, m, "a")
			mustPut(t, m, b) // the place is free now
			if !m.ristretto.has("b") {
				t.Error("b is not resident, though nothing else is")
			}
		})
	}
}
