package valkey

import (
	"strconv"
	"sync"

	"perigee/cache"
)

// tombstones hide from this replica what is older than an entry that it could not
// store: an answer does not come back after a newer one was seen.
type tombstones struct {
	mu     sync.Mutex
	fences map[cache.Key]int64
}

// maxTombstones bounds them. There are as many as an outage has fetches.
const maxTombstones = 10_000

// add hides what is under key with a lower fence.
func (b *tombstones) add(key cache.Key, fence int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fences == nil {
		b.fences = make(map[cache.Key]int64)
	}
	if _, there := b.fences[key]; there || len(b.fences) < maxTombstones {
		b.fences[key] = max(b.fences[key], fence)
	}
}

func (b *tombstones) remove(key cache.Key) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.fences, key)
}

// hides reports whether what was found under key is hidden. What is newer removes
// the tombstone.
func (b *tombstones) hides(key cache.Key, fence string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	lowest, there := b.fences[key]
	if !there {
		return false
	}
	if found, err := strconv.ParseInt(fence, 10, 64); err != nil || found < lowest {
		return true
	}
	delete(b.fences, key)
	return false
}
