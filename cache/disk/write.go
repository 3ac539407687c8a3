package disk

import (
	"errors"
	"fmt"
	"os"

	"perigee/cache"
	"perigee/cache/record"
)

// writing is a Put or a Delete under way.
type writing struct {
	name      name
	abandoned bool // nobody waits any more; guarded by index.mu
}

// abandon notes that the caller was told that it failed. Neither the new entry
// nor the old one may be served, whatever becomes of their files.
func (x *index) abandon(w *writing) {
	x.mu.Lock()
	defer x.mu.Unlock()
	w.abandoned = true
	x.barred[w.name] = struct{}{}
}

// isAbandoned reports whether nobody waits for w any more.
func (x *index) isAbandoned(w *writing) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return w.abandoned
}

// isSuperseded reports whether nobody waits for w any more, and something newer
// has been stored or removed since, which w must leave alone.
func (x *index) isSuperseded(w *writing) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, barred := x.barred[w.name]
	return w.abandoned && !barred
}

// commit notes that w is on the medium. It may be served unless the caller was
// told otherwise.
func (x *index) commit(w *writing, v worth) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.set(w.name, v)
	if !w.abandoned {
		delete(x.barred, w.name)
	}
}

// write puts e into its file. When that fails the file is gone.
func (t *Tier) write(w *writing, e *cache.Entry) error {
	err := t.store(w, e)
	if err == nil {
		return nil
	}
	// Why the old one cannot be removed is why the new one could not be written.
	_ = t.erase(w)
	return err
}

// store makes room for e, writes it aside and gives it its name.
func (t *Tier) store(w *writing, e *cache.Entry) error {
	head := record.Head(e)
	size := int64(len(head)) + int64(len(e.Body))
	if onDisk(size) > t.opts.MaxBytes {
		return fmt.Errorf("%w: %d bytes", cache.ErrTooLarge, size)
	}
	t.index.reserve(onDisk(size))
	defer t.index.reserve(-onDisk(size))
	t.makeRoom()
	aside, err := t.writeAside(w.name, head, e.Body)
	if lacksRoom(err) && t.evictStale(onDisk(size)) {
		aside, err = t.writeAside(w.name, head, e.Body)
	}
	if err != nil {
		return err
	}
	stripe := &t.stripes[w.name.shard()]
	stripe.Lock()
	defer stripe.Unlock()
	if t.index.isAbandoned(w) {
		return errors.Join(errSlow, os.Remove(aside))
	}
	if err := rename(aside, t.path(w.name)); err != nil {
		return err
	}
	t.index.commit(w, worthOf(record.TimesOf(e), size, t.opts.Now()))
	return nil
}

// writeAside makes the folder when it is missing: shards come into being as they
// are needed, and somebody may have removed the whole of it.
func (t *Tier) writeAside(n name, parts ...[]byte) (path string, err error) {
	folder := t.folder(n.shard())
	path, err = writeAside(folder, parts...)
	if !isGone(err) {
		return path, err
	}
	if _, err := os.Stat(t.opts.Dir); isGone(err) {
		t.faults.note(err)
	}
	if err := makeFolder(folder); err != nil {
		return "", err
	}
	return writeAside(folder, parts...)
}

// erase removes the file of w.
func (t *Tier) erase(w *writing) error {
	stripe := &t.stripes[w.name.shard()]
	stripe.Lock()
	defer stripe.Unlock()
	if t.index.isSuperseded(w) {
		return errSlow
	}
	return t.remove(w.name)
}

// remove removes a file, durably, if it is there. If it cannot be removed it is
// barred. The caller holds the stripe.
func (t *Tier) remove(n name) error {
	path := t.path(n)
	err := os.Remove(path)
	if err != nil {
		if _, looked := os.Lstat(path); isGone(looked) {
			t.index.forget(n)
			return nil
		}
		t.index.bar(n)
		return err
	}
	t.index.forget(n)
	return syncFolder(t.folder(n.shard()))
}
