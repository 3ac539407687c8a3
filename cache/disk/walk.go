package disk

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"time"

	"perigee/cache"
	"perigee/cache/record"
)

// work keeps the index in step with the folder until ctx ends.
func (t *Tier) work(ctx context.Context) {
	ticker := time.NewTicker(t.opts.rewalk)
	defer ticker.Stop()
	for {
		t.walk(ctx)
		t.makeRoom()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// walk looks at every file, briefly.
func (t *Tier) walk(ctx context.Context) {
	t.removeBarred()
	t.index.beginWalk()
	var unread [shards]bool
	for shard := range shards {
		unread[shard] = !t.walkShard(ctx, byte(shard))
		if ctx.Err() != nil {
			return
		}
	}
	t.index.endWalk(unread)
}

// removeBarred tries again to remove what could not be removed before, so that
// it does not come back after a restart.
func (t *Tier) removeBarred() {
	for _, n := range t.index.allBarred() {
		stripe := &t.stripes[n.shard()]
		stripe.Lock()
		if t.index.isBarred(n) {
			_ = t.remove(n) // was noted the first time
		}
		stripe.Unlock()
	}
}

// walkShard tells the index of the files in a shard, and cleans up there. It
// reports false if it could not look at all of them.
func (t *Tier) walkShard(ctx context.Context, shard byte) bool {
	folder := t.folder(shard)
	listed, err := os.ReadDir(folder)
	if isGone(err) {
		return true
	}
	if err != nil {
		t.faults.note(err)
		return false
	}
	whole := true
	for _, entry := range listed {
		if ctx.Err() != nil {
			return false
		}
		n, ok := parseName(entry.Name())
		if !ok || n.shard() != shard {
			removeIfAbandoned(filepath.Join(folder, entry.Name()), t.opts.Now())
			continue
		}
		whole = t.look(n) && whole
	}
	return whole
}

// look tells the index of a file. It reports false if it could not look.
func (t *Tier) look(n name) bool {
	w, info, err := t.peek(n)
	switch why := record.Damage(""); {
	case errors.As(err, &why):
		t.setAside(n, info, why)
	case isGone(err):
	case err != nil:
		t.faults.note(err)
		return false
	default:
		t.index.learn(n, w)
	}
	return true
}

// All returns the entries that are held, in no order, each read and verified
// when it comes up. Looking at them is no use of them: it does not save them
// from eviction. It ends early when the tier is closed.
func (t *Tier) All() iter.Seq[*cache.Entry] {
	return func(yield func(*cache.Entry) bool) {
		for shard := range shards {
			for _, n := range t.list(byte(shard)) {
				if e := t.lookup(n, t.peruse); e != nil && !yield(e) {
					return
				}
			}
		}
	}
}

// peruse reads an entry without using it.
func (t *Tier) peruse(n name) *cache.Entry {
	e, _ := t.read(n)
	return e
}

// list returns the names in a shard.
func (t *Tier) list(shard byte) []name {
	listed, _ := within(t.calls, func() []os.DirEntry {
		listed, err := os.ReadDir(t.folder(shard))
		if err != nil && !isGone(err) {
			t.faults.note(err)
		}
		return listed
	})
	var names []name
	for _, entry := range listed {
		if n, ok := parseName(entry.Name()); ok && n.shard() == shard {
			names = append(names, n)
		}
	}
	return names
}
