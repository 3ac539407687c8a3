package cache

import (
	"testing"
)

// benchmarkSize is a typical page with what is derived from it.
const benchmarkSize = 50 << 10

func fullMemory(b *testing.B, entries int) (*Memory, []Key) {
	m := openMemory(b, MemoryOptions{})
	keys := make([]Key, entries)
	for i := range keys {
		keys[i] = numbered(i)
		mustPut(b, m, sized(b, keys[i], benchmarkSize))
	}
	return m, keys
}

func BenchmarkGetHit(b *testing.B) {
	m, keys := fullMemory(b, 1000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, ok := m.Get(keys[i%len(keys)]); !ok {
			b.Fatal("miss")
		}
	}
}

func BenchmarkGetHitParallel(b *testing.B) {
	m, keys := fullMemory(b, 1000)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if _, ok := m.Get(keys[i%len(keys)]); !ok {
				b.Error("miss")
				return
			}
		}
	})
}

// BenchmarkGetPinned is of an entry that Ristretto does not have.
func BenchmarkGetPinned(b *testing.B) {
	m, _ := fullMemory(b, 1000)
	mustPut(b, m, sized(b, "large", 20<<20))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := m.Get("large"); !ok {
			b.Fatal("miss")
		}
	}
}

func BenchmarkGetMiss(b *testing.B) {
	m, _ := fullMemory(b, 1000)
	b.ReportAllocs()
	for b.Loop() {
		m.Get("nothing")
	}
}

func BenchmarkPutUpdate(b *testing.B) {
	m, keys := fullMemory(b, 1000)
	e := sized(b, keys[0], benchmarkSize)
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Put(e); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPutNew is of entries that find the cache full.
func BenchmarkPutNew(b *testing.B) {
	m, _ := fullMemory(b, 10_000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := m.Put(sized(b, numbered(1_000_000+i), benchmarkSize)); err != nil {
			b.Fatal(err)
		}
	}
}
