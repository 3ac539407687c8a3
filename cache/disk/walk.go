package disk

import (
	"context"
	"time"
)

// walkEvery is how often the folder is compared with the index: others may write
// there, and clean up.
const walkEvery = time.Hour

// keepInStep walks the folder at once and every hour, and evicts what is too much,
// until ctx ends.
func keepInStep(ctx context.Context, s *entries) {
	ticker := time.NewTicker(walkEvery)
	defer ticker.Stop()
	for {
		walk(ctx, s)
		s.makeRoom()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// walk inspects every file.
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
