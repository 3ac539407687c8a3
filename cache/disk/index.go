package disk

import (
	"maps"
	"slices"
	"sync"
	"time"

	"perigee/cache"
	"perigee/cache/record"
)

// index is what is known of the files: what each takes and what it is worth. It
// is only for eviction. Whether an entry is held the file system alone knows,
// for the index is empty after a start and others may share the folder. Where it
// is wrong, the next walk corrects it.
type index struct {
	mu       sync.Mutex // guards all below; never held while the medium is used
	known    map[name]worth
	bytes    int64 // of all that is known
	reserved int64 // for files that are being written
	walk     uint32
	complete bool // a walk has ended

	// barred are entries that must not be served although their file may be
	// there: what came after them could not be written, nor could they be
	// removed.
	barred map[name]struct{}
}

// worth is what a file is worth keeping for. Times are in seconds, which makes it
// small: there can be a hundred thousand.
type worth struct {
	bytes                                                              int64
	answered, freshUntil, staleWhileRevalidateUntil, staleIfErrorUntil int64
	used                                                               int64
	walk                                                               uint32 // the last one that saw it
}

func newIndex() *index {
	return &index{known: make(map[name]worth), barred: make(map[name]struct{})}
}

// worthOf returns what a file of that size is worth.
func worthOf(t record.Times, size int64, used time.Time) worth {
	return worth{
		bytes: onDisk(size), used: used.Unix(),
		answered: t.Answered.Unix(), freshUntil: t.FreshUntil.Unix(),
		staleWhileRevalidateUntil: t.StaleWhileRevalidateUntil.Unix(),
		staleIfErrorUntil:         t.StaleIfErrorUntil.Unix(),
	}
}

// state applies the rules for entries.
func (w worth) state(now time.Time) cache.State {
	e := cache.Entry{
		Answered: time.Unix(w.answered, 0), FreshUntil: time.Unix(w.freshUntil, 0),
		StaleWhileRevalidateUntil: time.Unix(w.staleWhileRevalidateUntil, 0),
		StaleIfErrorUntil:         time.Unix(w.staleIfErrorUntil, 0),
	}
	return e.State(now)
}

// same reports whether two are of the same entry.
func (w worth) same(v worth) bool {
	return w.answered == v.answered && w.freshUntil == v.freshUntil && w.bytes == v.bytes
}

// block is what file systems give out.
const block = 4 << 10

// onDisk returns what a file of that size takes.
func onDisk(size int64) int64 { return (size + block - 1) / block * block }

// learn notes that the file is there. Of two uses the later one counts.
func (x *index) learn(n name, w worth) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.set(n, w)
}

// set is learn for those who hold mu.
func (x *index) set(n name, w worth) {
	old := x.known[n]
	w.used = max(w.used, old.used)
	w.walk = x.walk
	x.bytes += w.bytes - old.bytes
	x.known[n] = w
}

// forget notes that the file is gone, so that it need not be barred any more.
func (x *index) forget(n name) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.bytes -= x.known[n].bytes
	delete(x.known, n)
	delete(x.barred, n)
}

func (x *index) bar(n name) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.barred[n] = struct{}{}
}

func (x *index) isBarred(n name) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, ok := x.barred[n]
	return ok
}

// allBarred returns what is barred.
func (x *index) allBarred() []name {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Collect(maps.Keys(x.barred))
}

func (x *index) knows(n name) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, ok := x.known[n]
	return ok
}

// reserve sets room aside; a negative number gives it back.
func (x *index) reserve(bytes int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.reserved += bytes
}

// beginWalk starts another round: what it does not see is not there.
func (x *index) beginWalk() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.walk++
}

// endWalk forgets what the walk did not see, although it was known before the
// walk began, but for the shards that could not be read.
func (x *index) endWalk(unread [shards]bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.complete = true
	for n, w := range x.known {
		if w.walk != x.walk && !unread[n.shard()] {
			x.bytes -= w.bytes
			delete(x.known, n)
		}
	}
}
