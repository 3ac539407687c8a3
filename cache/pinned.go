package cache

import (
	"slices"
	"sync"
)

// pinned has the latest entries, whatever Ristretto decides about them: of each key
// the latest one, at most maxEntries and maxBytes in all. The oldest go first.
type pinned struct {
	maxEntries int
	maxBytes   int64

	mu    sync.RWMutex // guards all below
	byKey map[Key]*resident
	order []*resident // oldest first; few enough that searching them costs nothing
	bytes int64
}

func newPinned(maxEntries int, maxBytes int64) *pinned {
	return &pinned{maxEntries: maxEntries, maxBytes: maxBytes, byKey: make(map[Key]*resident)}
}

func (p *pinned) get(key Key) (*resident, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	r, ok := p.byKey[key]
	return r, ok
}

// add pins r in place of the entry with the same key, and returns the entries that
// had to go to make room. It reports false if r costs more than maxBytes; it then
// displaces nothing, but the entry with the same key is gone all the same.
func (p *pinned) add(r *resident) (displaced []*resident, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(r.entry.Key)
	if r.cost > p.maxBytes {
		return nil, false
	}
	for len(p.order) >= p.maxEntries || p.bytes+r.cost > p.maxBytes {
		oldest := p.order[0]
		displaced = append(displaced, oldest)
		p.drop(oldest.entry.Key)
	}
	p.byKey[r.entry.Key] = r
	p.order = append(p.order, r)
	p.bytes += r.cost
	return displaced, true
}

func (p *pinned) remove(key Key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(key)
}

// drop requires mu.
func (p *pinned) drop(key Key) {
	r, ok := p.byKey[key]
	if !ok {
		return
	}
	delete(p.byKey, key)
	i := slices.Index(p.order, r)
	p.bytes -= r.cost
	p.order = slices.Delete(p.order, i, i+1)
}

// all returns what is pinned, oldest first.
func (p *pinned) all() []*resident {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return slices.Clone(p.order)
}

func (p *pinned) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.byKey)
	p.order, p.bytes = nil, 0
}
