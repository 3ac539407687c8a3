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
	byKey map[Key]*Entry
	order []sizedEntry // oldest first; few enough that searching them costs nothing
	bytes int64
}

// sizedEntry is an entry and what it cost when it was stored.
type sizedEntry struct {
	entry *Entry
	cost  int64
}

func newPinned(maxEntries int, maxBytes int64) *pinned {
	return &pinned{maxEntries: maxEntries, maxBytes: maxBytes, byKey: make(map[Key]*Entry)}
}

func (p *pinned) get(key Key) (*Entry, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	e, ok := p.byKey[key]
	return e, ok
}

// add pins e in place of the entry with the same key, and returns the entries that
// had to go to make room. It reports false if e costs more than maxBytes; it then
// displaces nothing, but the entry with the same key is gone all the same.
func (p *pinned) add(e *Entry, cost int64) (displaced []*Entry, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(e.Key)
	if cost > p.maxBytes {
		return nil, false
	}
	for len(p.order) >= p.maxEntries || p.bytes+cost > p.maxBytes {
		oldest := p.order[0].entry
		displaced = append(displaced, oldest)
		p.drop(oldest.Key)
	}
	p.byKey[e.Key] = e
	p.order = append(p.order, sizedEntry{e, cost})
	p.bytes += cost
	return displaced, true
}

func (p *pinned) remove(key Key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(key)
}

// drop requires mu.
func (p *pinned) drop(key Key) {
	e, ok := p.byKey[key]
	if !ok {
		return
	}
	delete(p.byKey, key)
	i := slices.IndexFunc(p.order, func(s sizedEntry) bool { return s.entry == e })
	p.bytes -= p.order[i].cost
	p.order = slices.Delete(p.order, i, i+1)
}

// all returns what is pinned, oldest first.
func (p *pinned) all() []sizedEntry {
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
