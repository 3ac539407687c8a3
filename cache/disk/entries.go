package disk

import (
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"perigee/cache"
	"perigee/cache/record"
)

// entries keeps the files of a folder and what is known of them in step: it reads,
// replaces, removes and evicts. Its methods wait for the medium however long that
// takes, and note in health what is wrong with it.
type entries struct {
	files      *files
	index      *index
	tombstones *tombstones
	health     *health
	log        *slog.Logger
	now        func() time.Time
	uses       iter.Seq2[cache.Key, uint32]
	maxBytes   int64

	evicted, damaged atomic.Uint64

	// stripes has a lock for each shard, held while a file there and what the
	// index and the tombstones say of it change together. Reading needs none.
	stripes [shards]sync.Mutex
}

func newEntries(o Options) *entries {
	return &entries{
		files:      &files{dir: o.Dir},
		index:      newIndex(),
		tombstones: newTombstones(),
		health:     &health{what: "the disk cache", dir: o.Dir, log: o.Logger, now: o.Now},
		log:        o.Logger, now: o.Now, uses: o.Uses, maxBytes: o.MaxBytes,
	}
}

// touchPause is how exactly the last use of an entry survives a restart: it is the
// modification time of its file.
const touchPause = 10 * time.Minute

// get returns an entry, or nil, and remembers that it was used.
func (s *entries) get(n name) *cache.Entry {
	e, info := s.read(n)
	if e == nil {
		return nil
	}
	now := s.now()
	s.index.set(n, newIndexEntry(record.TimesOf(e), info.Size(), now))
	s.index.use(n, 1, now)
	if now.Sub(info.ModTime()) > touchPause {
		_ = os.Chtimes(s.files.path(n), time.Time{}, now) // only the order of eviction depends on it
	}
	return e
}

// read returns the entry in a file and what is known of the file, or nil.
func (s *entries) read(n name) (*cache.Entry, os.FileInfo) {
	e, info, err := s.files.read(n, s.maxBytes)
	if damage, ok := errors.AsType[record.Damage](err); ok {
		s.setAside(n, info, damage)
		return nil, nil
	}
	if err != nil {
		if !isGone(err) {
			s.health.note(err)
		}
		return nil, nil
	}
	return e, info
}

// put writes e into its file. When that fails the file is gone.
func (s *entries) put(w *write, e *cache.Entry) error {
	err := s.replace(w, e)
	if err == nil {
		return nil
	}
	// Why the old one cannot be removed is why the new one could not be written.
	_ = s.delete(w)
	return err
}

// replace makes room for e, writes it to a temporary file and renames that.
func (s *entries) replace(w *write, e *cache.Entry) error {
	head := record.Head(e)
	size := int64(len(head)) + int64(len(e.Body))
	if onDisk(size) > s.maxBytes {
		return fmt.Errorf("%w: %d bytes", cache.ErrTooLarge, size)
	}
	s.index.reserve(onDisk(size))
	defer s.index.reserve(-onDisk(size))
	s.makeRoom()
	aside, err := s.writeAside(w.name, head, e.Body)
	if lacksSpace(err) && s.evictStale(onDisk(size)) {
		aside, err = s.writeAside(w.name, head, e.Body)
	}
	if err != nil {
		return err
	}
	defer s.lock(w.name).Unlock()
	if s.tombstones.isAbandoned(w) {
		return errors.Join(errSlow, os.Remove(aside))
	}
	if err := rename(aside, s.files.path(w.name)); err != nil {
		return err
	}
	s.index.set(w.name, newIndexEntry(record.TimesOf(e), size, s.now()))
	s.tombstones.commit(w)
	return nil
}

// writeAside makes the folder when it is missing: shards are made when they are
// needed, and somebody may have removed the whole folder.
func (s *entries) writeAside(n name, parts ...[]byte) (path string, err error) {
	folder := s.files.folder(n.shard())
	path, err = writeAside(folder, parts...)
	if !isGone(err) {
		return path, err
	}
	if _, err := os.Stat(s.files.dir); isGone(err) {
		s.health.note(err)
	}
	if err := makeFolder(folder); err != nil {
		return "", err
	}
	return writeAside(folder, parts...)
}

// probe tries whether the medium has recovered, so that this is noticed although
// nothing is fetched.
func (s *entries) probe() {
	if _, unhealthy := s.health.state(); unhealthy == "" || makeFolder(s.files.dir) != nil {
		return
	}
	if path, err := writeAside(s.files.dir, []byte("probe")); err == nil {
		os.Remove(path)
		s.health.recovered()
	}
}

// delete removes the file of w.
func (s *entries) delete(w *write) error {
	defer s.lock(w.name).Unlock()
	if s.tombstones.isSuperseded(w) {
		return errSlow
	}
	return s.remove(w.name)
}

// lock locks the stripe of n, and returns it to be unlocked.
func (s *entries) lock(n name) *sync.Mutex {
	stripe := &s.stripes[n.shard()]
	stripe.Lock()
	return stripe
}

// remove removes a file, durably, if there is one. If that fails the entry gets a
// tombstone. The caller holds the stripe.
func (s *entries) remove(n name) error {
	err := s.files.remove(n)
	if err != nil {
		if _, looked := os.Lstat(s.files.path(n)); !isGone(looked) {
			s.tombstones.add(n)
			return err
		}
	}
	s.forget(n)
	return err
}

// forget notes that a file is gone. The caller holds the stripe.
func (s *entries) forget(n name) {
	s.index.remove(n)
	s.tombstones.remove(n)
}

// removeMarked tries again to remove what could not be removed before, so that it
// does not come back after a restart.
func (s *entries) removeMarked() {
	for _, n := range s.tombstones.all() {
		stripe := s.lock(n)
		if s.tombstones.has(n) {
			_ = s.remove(n) // was noted the first time
		}
		stripe.Unlock()
	}
}

// setAside takes a damaged file out of the way. If it has been replaced since it
// was looked at, it is left alone.
func (s *entries) setAside(n name, looked os.FileInfo, why record.Damage) {
	defer s.lock(n).Unlock()
	path := s.files.path(n)
	if info, err := os.Lstat(path); err != nil || !os.SameFile(info, looked) {
		return
	}
	s.damaged.Add(1)
	kept, err := s.files.quarantine(n, looked.Size(), s.now())
	if kept != "" {
		s.forget(n)
	} else {
		err = errors.Join(err, s.remove(n))
	}
	s.log.Warn("a damaged page was set aside", "why", string(why), "file", path, "kept", kept, "err", err)
}

// inspect tells the index of a file. It reports false if the file cannot be read.
func (s *entries) inspect(n name) bool {
	t, info, err := s.files.peek(n)
	damage, damaged := errors.AsType[record.Damage](err)
	switch {
	case damaged:
		s.setAside(n, info, damage)
	case isGone(err):
	case err != nil:
		s.health.note(err)
		return false
	default:
		s.index.set(n, newIndexEntry(t, info.Size(), info.ModTime()))
	}
	return true
}

// maxPasses bounds how often more victims are chosen because files proved to be
// newer than was known.
const maxPasses = 3

// makeRoom evicts until the files, and those that are being written, fit. The
// caller holds no stripe.
func (s *entries) makeRoom() {
	if s.index.excess(s.maxBytes) > 0 {
		s.learnUses()
	}
	for range maxPasses {
		victims := s.index.takeExcess(s.maxBytes, s.now())
		if len(victims) == 0 {
			return
		}
		for _, v := range victims {
			s.evict(v)
		}
	}
}

// evictStale frees space on a full medium: a response that was just paid for is
// worth more than a stale one. It reports whether there is more space now.
func (s *entries) evictStale(bytes int64) (freed bool) {
	for _, v := range s.index.takeStale(bytes, s.now()) {
		freed = s.evict(v) || freed
	}
	return freed
}

// evict removes the file of a victim, unless it was replaced meanwhile: by a call of
// this process, which the index tells, or by another process.
func (s *entries) evict(v victim) bool {
	defer s.lock(v.name).Unlock()
	if s.index.has(v.name) {
		return false
	}
	if t, info, err := s.files.peek(v.name); err == nil {
		if e := newIndexEntry(t, info.Size(), info.ModTime()); !e.same(v.entry) {
			e.uses = v.entry.uses
			s.index.set(v.name, e)
			return false
		}
	}
	if err := os.Remove(s.files.path(v.name)); err != nil {
		if !isGone(err) {
			s.index.set(v.name, v.entry)
			s.health.note(err)
		}
		return false
	}
	s.forget(v.name)
	s.evicted.Add(1)
	return true
}
