package cache

import (
	"slices"
	"sync"
)

// ring holds the latest entries, whatever the hot cache thinks of them: of each
// key the latest one, at most maxEntries, at most maxBytes. The newest wins.
type ring struct {
	maxEntries int
	maxBytes   int64

	mu    sync.RWMutex // guards all below
	byKey map[Key]*Entry
	pins  []pin // oldest first; few enough that searching them costs nothing
	bytes int64
}

// pin is an entry and what it was found to cost when it was pinned.
type pin struct {
	entry *Entry
	cost  int64
}

func newRing(maxEntries int, maxBytes int64) *ring {
	return &ring{maxEntries: maxEntries, maxBytes: maxBytes, byKey: make(map[Key]*Entry)}
}

func (r *ring) get(key Key) (*Entry, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	e, ok := r.byKey[key]
	return e, ok
}

// add pins e in place of the entry with the same key, and returns the entries
// that had to go to make room. It reports false if e is larger than the ring; it
// displaces nothing then, but the entry with the same key is gone all the same.
func (r *ring) add(e *Entry, cost int64) (displaced []*Entry, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(e.Key)
	if cost > r.maxBytes {
		return nil, false
	}
	for len(r.pins) >= r.maxEntries || r.bytes+cost > r.maxBytes {
		oldest := r.pins[0].entry
		displaced = append(displaced, oldest)
		r.drop(oldest.Key)
	}
	r.byKey[e.Key] = e
	r.pins = append(r.pins, pin{e, cost})
	r.bytes += cost
	return displaced, true
}

func (r *ring) remove(key Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(key)
}

// drop is remove for those who hold mu.
func (r *ring) drop(key Key) {
	e, ok := r.byKey[key]
	if !ok {
		return
	}
	delete(r.byKey, key)
	i := slices.IndexFunc(r.pins, func(p pin) bool { return p.entry == e })
	r.bytes -= r.pins[i].cost
	r.pins = slices.Delete(r.pins, i, i+1)
}

// all returns what is pinned, oldest first.
func (r *ring) all() []pin {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.pins)
}

func (r *ring) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.byKey)
	r.pins, r.bytes = nil, 0
}
