package app

import (
	"context"
	"log/slog"
	"time"
)

// ownEvery is how often it is looked whether another process has ended: no file
// tells when its lock is let go.
const ownEvery = 200 * time.Millisecond

// isElsewhere reports whether another process has the record of what was spent, as
// during a rolling restart. Both may answer from what is cached; if both spent, they
// would spend twice.
func (s *store) isElsewhere(log *slog.Logger) bool {
	if s.spent == nil {
		return false
	}
	owned, err := s.spent.TryLock()
	if err != nil {
		log.Warn("it cannot be told whether another process spends the same quota", "error", err)
		return false
	}
	if owned {
		return false
	}
	s.elsewhere.Store(true)
	log.Warn("another process has the data folder: until it ends, this one answers from what is held and fetches nothing")
	return true
}

// awaitOwn waits until the other process has ended, and reports whether it has
// before ctx did.
func (s *store) awaitOwn(ctx context.Context) bool {
	ticker := time.NewTicker(ownEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-ticker.C:
		}
		if owned, err := s.spent.TryLock(); err == nil && owned {
			return true
		}
	}
}
