package disk

import (
	"cmp"
	"os"
	"slices"
	"time"

	"perigee/cache"
)

const (
	// To find the least valuable files, all are looked at. So that this is rare,
	// a little more goes than must: this part of the limit.
	slackShare = 64
	// maxPasses bounds how often another look is taken because files turned out
	// to be worth more than was known of them.
	maxPasses = 3
)

// victim is a file that is to go.
type victim struct {
	name  name
	worth worth
}

// takeExcess strikes the least valuable files from the index, if more is known
// and reserved than the limit. It returns none before a walk has ended: what is
// least valuable is not known until then.
func (x *index) takeExcess(limit int64, now time.Time) []victim {
	x.mu.Lock()
	defer x.mu.Unlock()
	excess := x.bytes + x.reserved - limit
	if !x.complete || excess <= 0 {
		return nil
	}
	return x.take(excess+limit/slackShare, cache.Fresh, now)
}

// takeStale strikes the least valuable files from the index until they come to
// that many bytes, but none that is fresh.
func (x *index) takeStale(bytes int64, now time.Time) []victim {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.take(bytes, cache.Revalidate, now)
}

// take is for those who hold mu. What is in a worse state goes first, what is in
// the same state by its last use. Nothing better than best goes.
func (x *index) take(bytes int64, best cache.State, now time.Time) []victim {
	type candidate struct {
		victim
		state cache.State
	}
	var all []candidate
	for n, w := range x.known {
		if s := w.state(now); s <= best {
			all = append(all, candidate{victim{n, w}, s})
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.state, b.state), cmp.Compare(a.worth.used, b.worth.used))
	})
	var taken []victim
	for _, c := range all {
		if bytes <= 0 {
			break
		}
		bytes -= c.worth.bytes
		x.bytes -= c.worth.bytes
		delete(x.known, c.name)
		taken = append(taken, c.victim)
	}
	return taken
}

// makeRoom evicts until what is held and what is being written fits. The caller
// holds no stripe.
func (t *Tier) makeRoom() {
	for range maxPasses {
		victims := t.index.takeExcess(t.opts.MaxBytes, t.opts.Now())
		if len(victims) == 0 {
			return
		}
		for _, v := range victims {
			t.evict(v)
		}
	}
}

// evictStale makes room on a medium that is full: a page that was just paid for
// is worth more than one that is stale. It reports whether there is more room.
func (t *Tier) evictStale(bytes int64) (freed bool) {
	for _, v := range t.index.takeStale(bytes, t.opts.Now()) {
		freed = t.evict(v) || freed
	}
	return freed
}

// evict removes the file of a victim, unless it is another by now: put there by
// a call of this process, which the index tells, or by another process.
func (t *Tier) evict(v victim) bool {
	stripe := &t.stripes[v.name.shard()]
	stripe.Lock()
	defer stripe.Unlock()
	if t.index.knows(v.name) {
		return false
	}
	w, _, err := t.peek(v.name)
	if err == nil && !w.same(v.worth) {
		t.index.learn(v.name, w)
		return false
	}
	if err := os.Remove(t.path(v.name)); err != nil {
		if !isGone(err) {
			t.index.learn(v.name, v.worth)
			t.faults.note(err)
		}
		return false
	}
	t.index.forget(v.name)
	t.counts.evicted.Add(1)
	return true
}
