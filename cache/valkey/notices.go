package valkey

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"perigee/cache"
)

// notices are what the owner of the client is told of other replicas' doings, in
// a goroutine of its own: the owner may take its time, reading from the server
// may not.
type notices struct {
	onPurge  func(cache.Key, time.Time)
	onStored func(cache.Key)
	wake     chan struct{}

	mu     sync.Mutex // guards all below
	purged map[cache.Key]time.Time
	stored map[cache.Key]struct{}
}

// maxStored bounds what nobody has been told yet. That an entry has stored is
// worth knowing, no more: it is found when it is asked for. Purges have no bound
// but that of the set that they are kept in.
const maxStored = 10_000

func newNotices(o TierOptions) *notices {
	return &notices{
		onPurge: o.OnPurge, onStored: o.OnStored, wake: make(chan struct{}, 1),
		purged: make(map[cache.Key]time.Time), stored: make(map[cache.Key]struct{}),
	}
}

func (n *notices) addPurged(key cache.Key, at time.Time) {
	if n.onPurge == nil {
		return
	}
	n.mu.Lock()
	if at.After(n.purged[key]) {
		n.purged[key] = at
	}
	n.mu.Unlock()
	n.signal()
}

func (n *notices) addStored(key cache.Key) {
	if n.onStored == nil {
		return
	}
	n.mu.Lock()
	if len(n.stored) < maxStored {
		n.stored[key] = struct{}{}
	}
	n.mu.Unlock()
	n.signal()
}

func (n *notices) signal() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// work tells the owner for as long as the client lives.
func (n *notices) work(life context.Context) {
	for {
		select {
		case <-life.Done():
			return
		case <-n.wake:
		}
		purged, stored := n.take()
		// What was purged and stored again must be forgotten first.
		for key, at := range purged {
			n.onPurge(key, at)
		}
		for key := range stored {
			if life.Err() == nil {
				n.onStored(key)
			}
		}
	}
}

func (n *notices) take() (map[cache.Key]time.Time, map[cache.Key]struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	purged, stored := n.purged, n.stored
	n.purged, n.stored = make(map[cache.Key]time.Time), make(map[cache.Key]struct{})
	return purged, stored
}

// parseNotice reads the body of a message about an entry.
func parseNotice(body []byte) (notice, bool) {
	var n notice
	if err := json.Unmarshal(body, &n); err != nil || len(n.Key) == 0 || len(n.Key) > maxKey {
		return notice{}, false
	}
	return n, true
}
