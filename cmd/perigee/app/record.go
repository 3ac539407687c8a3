package app

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"perigee/cache/disk"
	"perigee/proxy/quota"
)

const (
	// lockEvery is how often it is looked whether another process has ended: no file
	// tells when its lock is released.
	lockEvery = 200 * time.Millisecond
	// saveTimeout is how long a grant waits for the disk. Then it goes on from memory.
	saveTimeout = time.Second
	// saveAgain is how often a record is saved again that could not be saved.
	saveAgain = 5 * time.Second
)

// record is what is spent of the quota, on disk, so that it survives a restart. One
// process at a time has its lock. There is none without a folder.
type record struct {
	folder *disk.Store // nil: there is none
	ledger *disk.Mirrored
	before bool // something was spent before this start, so that a ledger should be there
	shared bool // replicas know what was spent, too
	log    *slog.Logger

	mu     sync.Mutex // guards latest, and is held while it is saved
	latest []byte     // snapshot
}

// newRecord returns the record in a folder, if there is one.
func newRecord(folder *disk.Store, before bool, log *slog.Logger) *record {
	r := &record{folder: folder, before: before, log: log}
	if folder != nil {
		r.ledger, _ = folder.Mirrored(ledgerName, disk.MirroredOptions{ // the name is a good one
			What: "the record of the quota", Timeout: saveTimeout, Logger: log,
		})
	}
	return r
}

// save replaces what was saved. After an error, which is logged, what is spent is known
// in memory alone.
func (r *record) save(snapshot []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.latest = snapshot
	return r.ledger.Save(snapshot)
}

// keepTrying saves the latest snapshot again when that has failed, until ctx ends.
func (r *record) keepTrying(ctx context.Context) {
	if r.folder == nil {
		return
	}
	ticker := time.NewTicker(saveAgain)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		r.mu.Lock()
		if _, unhealthy := r.ledger.Health(); unhealthy != "" {
			_ = r.ledger.Save(r.latest)
		}
		r.mu.Unlock()
	}
}

// exists reports whether anything was spent before, as far as is known here.
func (r *record) exists() bool {
	snapshot, _, err := r.ledger.Load()
	return err == nil && len(snapshot) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist)
}

// restore brings back to the gate what was saved last.
//
// Nothing saved and no sign of an earlier run is a first start: nothing is spent, as
// far as it is known here, and upstream is asked before the first request leaves.
// Otherwise, if what was spent is not known, all of it counts as spent until a report
// tells, or a period has passed. That holds, too, if nothing can be saved: then more may
// have been spent than was.
func (r *record) restore(gate *quota.Gate) {
	if r.folder == nil {
		r.begin(gate)
		return
	}
	snapshot, intact, err := r.ledger.Load()
	if errors.Is(err, fs.ErrNotExist) && (!r.before || r.shared) || err == nil && len(snapshot) == 0 {
		r.begin(gate)
		_ = r.save(nil) // a sign for the next start
		return
	}
	if err = errors.Join(err, gate.Restore(snapshot)); err == nil {
		if err = r.save(snapshot); err != nil && !r.shared {
			err = errors.Join(err, gate.Restore(nil))
		}
	}
	switch {
	case err != nil:
		r.log.Warn("what was spent of the quota is not known: all of it counts as spent until a report", "error", err)
	case !intact:
		r.log.Warn("one of the two files of the record of the quota was damaged: the other one had all of it")
	}
}

// begin has the gate go on from nothing.
func (r *record) begin(gate *quota.Gate) {
	if !r.shared {
		gate.AwaitFirstReport()
	}
}

// trouble says, in words for operators, what is wrong with the record.
func (r *record) trouble() []string {
	if r.folder == nil {
		return nil
	}
	if _, what := r.ledger.Health(); what != "" {
		return []string{"but " + what + ": what is spent of the quota is known in memory alone"}
	}
	return nil
}

// isTaken reports whether another process has the lock, as during a rolling restart.
// Both may answer from what is cached; if both spent, they would spend twice.
func (r *record) isTaken() bool {
	if r.folder == nil {
		return false
	}
	locked, err := r.folder.TryLock()
	if err != nil {
		r.log.Warn("it cannot be told whether another process spends the same quota", "error", err)
		return false
	}
	return !locked
}

// lock waits until no other process has the lock, and reports whether this one got
// it before ctx ended.
func (r *record) lock(ctx context.Context) bool {
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
