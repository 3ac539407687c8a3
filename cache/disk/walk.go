package disk

import (
	"context"
	"time"
)

// walkEvery is how often the folder is compared with the index: others may write
// there, and clean up.
const (
	walkEvery = time.Hour
	// saveEvery is how much of the uses a crash can lose.
	saveEvery = time.Minute
)

// keepInStep walks the folder at once and every hour, and evicts what is too much,
// until ctx ends. It saves the uses every minute, and at the end.
func keepInStep(ctx context.Context, s *entries) {
	walks, saves := time.NewTicker(walkEvery), time.NewTicker(saveEvery)
	defer walks.Stop()
	defer saves.Stop()
	s.loadUses()
	walk(ctx, s)
	for ctx.Err() == nil {
		select {
		case <-walks.C:
			walk(ctx, s)
		case <-saves.C:
			s.probe()
			s.saveUses()
		case <-ctx.Done():
		}
	}
	s.saveUses()
}

// walk inspects every file, and evicts what is too much.
func walk(ctx context.Context, s *entries) {
	s.removeMarked()
	s.index.beginWalk()
	var unread [shards]bool
	for shard := range shards {
		unread[shard] = !walkShard(ctx, s, byte(shard))
		if ctx.Err() != nil {
			return
		}
	}
	s.index.endWalk(unread)
	s.makeRoom()
}

// walkShard inspects the files in a shard, and removes what killed writers left
// there. It reports false if it could not inspect all of them.
func walkShard(ctx context.Context, s *entries, shard byte) bool {
	names, strangers, err := s.files.list(shard)
	if err != nil {
		s.health.note(err)
		return false
	}
	for _, path := range strangers {
		removeIfAbandoned(path, s.now())
	}
	whole := true
	for _, n := range names {
		if ctx.Err() != nil {
			return false
		}
		whole = s.inspect(n) && whole
	}
	return whole
}
