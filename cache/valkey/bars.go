package valkey

import (
	"strconv"
	"sync"

	"perigee/cache"
)

// bars keep from this replica what is older than what it could not store: an
// answer does not come back after a newer one was seen.
type bars struct {
	mu     sync.Mutex
	fences map[cache.Key]int64
}

// maxBars bounds them. There are as many as an outage has fetches.
const maxBars = 10_000

// raise keeps away what is under key with a fence that is lower.
func (b *bars) raise(key cache.Key, fence int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fences == nil {
		b.fences = make(map[cache.Key]int64)
	}
	if _, there := b.fences[key]; there || len(b.fences) < maxBars {
		b.fences[key] = max(b.fences[key], fence)
	}
}

func (b *bars) lift(key cache.Key) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.fences, key)
}

// stop reports whether what was found under key is kept away. What is newer
// lifts the bar.
func (b *bars) stop(key cache.Key, fence string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	bar, there := b.fences[key]
	if !there {
		return false
	}
	if found, err := strconv.ParseInt(fence, 10, 64); err != nil || found < bar {
		return true
	}
	delete(b.fences, key)
	return false
}
