package app

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"perigee/cache/disk"
	"perigee/proxy/quota"
)

// lockEvery is how often it is looked whether another process has ended: no file
// tells when its lock is released.
const lockEvery = 200 * time.Millisecond

// record is what is spent of the quota, on disk, so that it survives a restart. One
// process at a time has its lock. There is none without a folder.
type record struct {
	folder *disk.Store // nil: there is none
	log    *slog.Logger
}

// save replaces what was saved.
func (r record) save(snapshot []byte) {
	if err := r.folder.Save(ledgerName, snapshot); err != nil {
		r.log.Warn("what is spent of the quota was not saved", "error", err)
	}
}

// exists reports whether anything was saved.
func (r record) exists() bool {
	_, err := r.folder.Load(ledgerName)
	return !errors.Is(err, fs.ErrNotExist)
}

// restore brings back to the gate what was saved last.
func (r record) restore(gate *quota.Gate) {
	if r.folder == nil {
		return
	}
	snapshot, err := r.folder.Load(ledgerName)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	// A file that is damaged leaves no snapshot, which is a damaged one too.
	if err := errors.Join(err, gate.Restore(snapshot)); err != nil {
		r.log.Warn("what was spent of the quota is not known: all of it counts as spent until a report", "error", err)
	}
}

// isTaken reports whether another process has the lock, as during a rolling restart.
// Both may answer from what is cached; if both spent, they would spend twice.
func (r record) isTaken() bool {
	if r.folder == nil {
		return false
	}
	locked, err := r.folder.TryLock()
	if err != nil {
		r.log.Warn("cannot find out whether another process spends the same quota", "error", err)
		return false
	}
	return !locked
}

// lock waits until no other process has the lock, and reports whether this one got
// it before ctx ended.
func (r record) lock(ctx context.Context) bool {
	ticker := time.NewTicker(lockEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-ticker.C:
		}
		if locked, err := r.folder.TryLock(); err == nil && locked {
			return true
		}
	}
}
