package cache

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestModel does anything in any order to a Memory that is far too small, and
// to a model that forgets nothing.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, err := NewMemory(MemoryOptions{
			MaxBytes: modelBytes, PinnedEntries: modelPinned, PinnedBytes: modelBytes / 4,
			ristretto: ristrettoOptions{bufferItems: 1},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		model := &model{memory: m, latest: make(map[Key]*Entry)}
		t.Repeat(map[string]func(*rapid.T){
			"put":    model.put,
			"get":    model.get,
			"delete": model.delete,
			"":       model.check,
		})
	})
}

const (
	modelBytes  = 64 << 10
	modelPinned = 4
)

// model knows what a Memory may have, and what it must.
type model struct {
	memory *Memory
	latest map[Key]*Entry // what was Put last under each key, and not deleted since
	recent []*Entry       // those that must be cached, oldest first

	added, replaced, deleted int // entries by what became of them, before eviction
	refused                  uint64
	hits, misses             uint64
}

var modelKey = rapid.Map(rapid.IntRange(0, 40), numbered)

func (m *model) put(t *rapid.T) {
	e := &Entry{Key: modelKey.Draw(t, "key")}
	e.DerivedCost = rapid.OneOf(
		rapid.IntRange(0, 2500),            // resident
		rapid.IntRange(2500, 15_000),       // pinned only
		rapid.IntRange(modelBytes/4, 1e15), // not cached
	).Draw(t, "size")
	_, cached := m.lookup(e.Key)
	err := m.memory.Put(e)
	m.added++
	if cached {
		m.replaced++
	}
	m.recent = slices.DeleteFunc(m.recent, func(r *Entry) bool { return r.Key == e.Key })
	if e.Cost() > modelBytes/4 {
		if err == nil {
			t.Errorf("put of %d bytes: got no error", e.Cost())
		}
		m.refused++
		delete(m.latest, e.Key)
		return
	}
	if err != nil {
		t.Errorf("put of %d bytes: %v", e.Cost(), err)
	}
	m.latest[e.Key] = e
	m.recent = append(m.recent, e)
	for len(m.recent) > modelPinned || costOf(m.recent) > modelBytes/4 {
		m.recent = m.recent[1:]
	}
}

func (m *model) get(t *rapid.T) {
	key := modelKey.Draw(t, "key")
	if got, ok := m.lookup(key); ok && got != m.latest[key] {
		t.Errorf("got %p for %q, want the latest, %p", got, key, m.latest[key])
	}
}

func (m *model) delete(t *rapid.T) {
	key := modelKey.Draw(t, "key")
	if _, cached := m.lookup(key); cached {
		m.deleted++
	}
	if err := m.memory.Delete(key); err != nil {
		t.Errorf("delete: %v", err)
	}
	delete(m.latest, key)
	m.recent = slices.DeleteFunc(m.recent, func(r *Entry) bool { return r.Key == key })
}

// check compares everything that can be seen with what it must be.
func (m *model) check(t *rapid.T) {
	for _, e := range m.recent {
		if got, ok := m.lookup(e.Key); !ok || got != e {
			t.Errorf("got (%p, %t) for %q, one of the latest, want %p", got, ok, e.Key, e)
		}
	}
	var cached []*Entry
	for i := range 41 {
		if got, ok := m.lookup(numbered(i)); ok {
			cached = append(cached, got)
			if got != m.latest[numbered(i)] {
				t.Errorf("got %p for %q, want %p", got, numbered(i), m.latest[numbered(i)])
			}
		}
	}
	s := m.memory.Stats()
	if s.Entries != len(cached) || s.Bytes != costOf(cached) {
		t.Errorf("got %d entries of %d bytes, want %d of %d", s.Entries, s.Bytes, len(cached), costOf(cached))
	}
	if s.PinnedEntries != len(m.recent) || s.PinnedBytes != costOf(m.recent) {
		t.Errorf("got %d pinned of %d bytes, want %d of %d", s.PinnedEntries, s.PinnedBytes, len(m.recent), costOf(m.recent))
	}
	if s.Bytes > s.MaxBytes {
		t.Errorf("got %d bytes, limit %d", s.Bytes, s.MaxBytes)
	}
	if gone := m.added - m.replaced - m.deleted - len(cached); s.Evicted+m.refused != uint64(gone) {
		t.Errorf("got %d evicted and %d refused, want %d together", s.Evicted, m.refused, gone)
	}
	if s.Hits != m.hits || s.Misses != m.misses {
		t.Errorf("got %d hits and %d misses, want %d and %d", s.Hits, s.Misses, m.hits, m.misses)
	}
}

func (m *model) lookup(key Key) (*Entry, bool) {
	e, ok := m.memory.Get(key)
	if ok {
		m.hits++
	} else {
		m.misses++
	}
	return e, ok
}

func costOf(entries []*Entry) (sum int64) {
	for _, e := range entries {
		sum += e.Cost()
	}
	return sum
}
