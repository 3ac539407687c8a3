package quota

import (
	"sync"
	"time"
)

// saver keeps snapshots, one at a time. Whoever waits for one in the making is
// spared its own if the next holds its change, too.
type saver struct {
	save func([]byte)

	mu    sync.Mutex // guards saved, and is held while saving
	saved uint64     // the change up to which all is kept
}

// keep returns when every change so far is kept.
func (g *Gate) keep() {
	if g.saver.save == nil {
		return
	}
	g.mu.Lock()
	mine, idle := g.moves, g.broker.ledger.idle
	g.mu.Unlock()
	if idle { // another process keeps the record
		return
	}
	g.saver.mu.Lock()
	defer g.saver.mu.Unlock()
	if g.saver.saved >= mine {
		return
	}
	if data, upTo := g.snapshot(); data != nil {
		g.saver.save(data)
		g.saver.saved = upTo
	}
}

func (g *Gate) snapshot() ([]byte, uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	return g.broker.snapshot(now, now), g.moves
}

// Snapshot is the state as Restore takes it. It names clients.
func (g *Gate) Snapshot() []byte {
	data, _ := g.snapshot()
	return data
}

// Restore goes on from a snapshot, which another process may have made. It must
// come before the first demand, or while the gate is idle. A request that was under way counts as spent. If
// the snapshot is damaged the error says so, and everything counts as spent until
// a report says otherwise, or a period has passed: for a missing one do not call
// this.
func (g *Gate) Restore(data []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	return g.broker.restore(data, now, now)
}
