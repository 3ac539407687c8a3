package disk

import (
	"maps"
	"slices"
	"sync"
)

// tombstones mark entries that must not be served although their file may exist:
// what replaced them could not be written, nor could they be removed. They last as
// long as the process.
type tombstones struct {
	mu    sync.Mutex // guards names, and abandoned of each write
	names map[name]struct{}
}

// write is a Put or a Delete under way.
type write struct {
	name      name
	abandoned bool // its caller was told that it failed; guarded by tombstones.mu
}

func newTombstones() *tombstones { return &tombstones{names: make(map[name]struct{})} }

func (t *tombstones) has(n name) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.names[n]
	return ok
}

func (t *tombstones) all() []name {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Keys(t.names))
}

func (t *tombstones) add(n name) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.names[n] = struct{}{}
}

// remove is for a file that is gone.
func (t *tombstones) remove(n name) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.names, n)
}

// abandon notes that the caller of w was told that it failed. Neither the new entry
// nor the old one may be served, whatever becomes of their files.
func (t *tombstones) abandon(w *write) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w.abandoned = true
	t.names[w.name] = struct{}{}
}

func (t *tombstones) isAbandoned(w *write) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return w.abandoned
}

// isSuperseded reports whether w is abandoned and a later write has succeeded
// since, whose file w must leave alone.
func (t *tombstones) isSuperseded(w *write) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, marked := t.names[w.name]
	return w.abandoned && !marked
}

// commit notes that w is on the medium. Its entry may be served unless the caller
// was told otherwise.
func (t *tombstones) commit(w *write) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !w.abandoned {
		delete(t.names, w.name)
	}
}
