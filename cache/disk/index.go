package disk

import (
	"sync"
	"time"

	"perigee/cache"
	"perigee/cache/record"
)

// index is what is known of the files: their sizes, and what decides which of them
// to evict. Whether an entry is cached only the file system knows, for the index is
// empty after a start and other processes may share the folder. Where it is wrong,
// the next walk corrects it.
type index struct {
	walked chan struct{} // closed when a walk has seen all files

	mu       sync.Mutex // guards all below; never held during I/O
	entries  map[name]indexEntry
	bytes    int64 // of all entries
	reserved int64 // for files that are being written
	walk     uint32
	saved    map[name]cache.Uses // of files that no walk has seen yet
	unsaved  bool                // uses have changed since they were saved
}

// indexEntry is what eviction needs to know of a file. Times are in seconds, which
// makes it small: there can be a hundred thousand.
type indexEntry struct {
	bytes                                                              int64
	answered, freshUntil, staleWhileRevalidateUntil, staleIfErrorUntil int64
	used                                                               int64 // or written, whichever is later
	uses                                                               cache.Uses
	walk                                                               uint32 // the last one that saw it
}

func newIndex() *index {
	return &index{walked: make(chan struct{}), entries: make(map[name]indexEntry)}
}

// newIndexEntry describes a file of that size.
func newIndexEntry(t record.Times, size int64, used time.Time) indexEntry {
	return indexEntry{
		bytes: onDisk(size), used: used.Unix(),
		answered: t.Answered.Unix(), freshUntil: t.FreshUntil.Unix(),
		staleWhileRevalidateUntil: t.StaleWhileRevalidateUntil.Unix(),
		staleIfErrorUntil:         t.StaleIfErrorUntil.Unix(),
	}
}

// state applies the rules of cache.Entry.
func (e indexEntry) state(now time.Time) cache.State {
	entry := cache.Entry{
		Answered: time.Unix(e.answered, 0), FreshUntil: time.Unix(e.freshUntil, 0),
		StaleWhileRevalidateUntil: time.Unix(e.staleWhileRevalidateUntil, 0),
		StaleIfErrorUntil:         time.Unix(e.staleIfErrorUntil, 0),
	}
	return entry.State(now)
}

// same reports whether two describe the same version of a file.
func (e indexEntry) same(other indexEntry) bool {
	return e.answered == other.answered && e.freshUntil == other.freshUntil && e.bytes == other.bytes
}

// set notes that the file exists. Of two uses the later one counts, and how often it
// was used outlasts its replacement.
func (x *index) set(n name, e indexEntry) {
	x.mu.Lock()
	defer x.mu.Unlock()
	old, known := x.entries[n]
	if !known {
		old.uses = x.saved[n]
		delete(x.saved, n)
	}
	if e.uses.Count == 0 {
		e.uses = old.uses
	}
	e.used = max(e.used, old.used)
	e.walk = x.walk
	x.bytes += e.bytes - old.bytes
	x.entries[n] = e
}

// use notes that the entry in a file was used, if the file is known.
func (x *index) use(n name, uses uint32, now time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	e, ok := x.entries[n]
	if !ok {
		return
	}
	e.uses.Add(uses, now)
	e.used = max(e.used, now.Unix())
	x.entries[n] = e
	x.unsaved = true
}

// remove notes that the file is gone.
func (x *index) remove(n name) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.bytes -= x.entries[n].bytes
	delete(x.entries, n)
}

func (x *index) has(n name) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, ok := x.entries[n]
	return ok
}

// totals returns how many files are known and what they take.
func (x *index) totals() (entries int, bytes int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.entries), x.bytes
}

// reserve counts bytes that are about to be written; a negative number takes them
// back.
func (x *index) reserve(bytes int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.reserved += bytes
}

// beginWalk starts another walk: what it does not see does not exist.
func (x *index) beginWalk() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.walk++
}

// endWalk removes what was known before the walk began and was not seen by it,
// except in the shards that could not be read.
func (x *index) endWalk(unread [shards]bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.complete() {
		close(x.walked)
	}
	for n, e := range x.entries {
		if e.walk != x.walk && !unread[n.shard()] {
			x.bytes -= e.bytes
			delete(x.entries, n)
		}
	}
}

// complete reports whether all files have been seen since the start.
func (x *index) complete() bool {
	select {
	case <-x.walked:
		return true
	default:
		return false
	}
}
