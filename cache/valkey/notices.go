package valkey

import (
	"context"
	"sync"
	"time"

	"perigee/cache"
)

// notices are what the owner of the client is told of other replicas' doings, in
// a goroutine of its own: the owner may take its time, reading from the server
// may not.
type notices struct {
	onPurge  func(cache.Key, time.Time)
	onLanded func(cache.Key)
	wake     chan struct{}

	mu     sync.Mutex // guards all below
	purged map[cache.Key]time.Time
	landed map[cache.Key]struct{}
}

// maxLanded bounds what nobody has been told yet. That an entry has landed is
// worth knowing, no more: it is found when it is asked for. Purges have no bound
// but that of the set that they are kept in.
const maxLanded = 10_000

func newNotices(o Options) *notices {
	return &notices{
		onPurge: o.OnPurge, onLanded: o.OnLanded, wake: make(chan struct{}, 1),
		purged: make(map[cache.Key]time.Time), landed: make(map[cache.Key]struct{}),
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

func (n *notices) addLanded(key cache.Key) {
	if n.onLanded == nil {
		return
	}
	n.mu.Lock()
	if len(n.landed) < maxLanded {
		n.landed[key] = struct{}{}
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
		purged, landed := n.take()
		// What was purged and stored again must be forgotten first.
		for key, at := range purged {
			n.onPurge(key, at)
		}
		for key := range landed {
			if life.Err() == nil {
				n.onLanded(key)
			}
		}
	}
}

func (n *notices) take() (map[cache.Key]time.Time, map[cache.Key]struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	purged, landed := n.purged, n.landed
	n.purged, n.landed = make(map[cache.Key]time.Time), make(map[cache.Key]struct{})
	return purged, landed
}
