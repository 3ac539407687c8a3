package cache

import (
	"cmp"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/ristretto/v2"
	"github.com/dgraph-io/ristretto/v2/z"
)

// ristrettoCache is Ristretto, used in the one way in which it can be relied on.
//
// Ristretto queues writes and says yes before it has decided. It drops what the
// queue has no space for, rejects most of what is new when it is full, lets an
// earlier of two queued writes win, and notices neither an update that no longer
// fits nor two keys with one hash. So there is one writer at a time, who waits
// for the queue and then looks whether the entry is there; and a record of what
// is resident is kept beside it, to count entries and bytes by.
//
// Entries get no time to live from Ristretto: it forgets what has expired, while
// a stale entry is still useful, and it can delete an entry that was renewed at
// that very moment.
type ristrettoCache struct {
	cache *ristretto.Cache[Key, *resident]
	hash  func(Key) (hash, conflict uint64)
	// set is cache.Set; tests replace it by one that fails.
	set func(Key, *resident, int64) bool
	// largest is the cost up to which an entry is offered. A larger one would
	// push out many others, and then perhaps be rejected nevertheless.
	largest int64

	// The rest belongs to the writer, and while the writer waits for the queue
	// to the goroutine that applies it: that one calls onEvict.
	residents map[uint64]*resident // by hash, as Ristretto has them
	bytes     int64
	evicted   []*resident // by the write under way
}

// resident is a cached entry, what it cost when it was stored, and how often it was
// used.
type resident struct {
	entry *Entry
	cost  int64
	hits  atomic.Uint32 // since settle

	// The writer's.
	uses   Uses   // up to settle
	untold uint32 // of them, see Memory.TakeUses
}

// use counts a hit.
func (r *resident) use() { r.hits.Add(1) }

// settle brings the uses up to now, and returns their rank.
func (r *resident) settle(now time.Time) int {
	hits := r.hits.Swap(0)
	r.uses.Add(hits, now)
	r.untold = min(r.untold+min(hits, maxUses), maxUses)
	return r.uses.Rank(now)
}

const (
	// largestShare says which part of Ristretto's bytes one entry may take.
	largestShare = 16
	// Ristretto wants ten counters for each entry that it may hold. Pages have
	// some 22 KB; half of that on average leaves a margin.
	countersPerEntry = 10
	smallEntry       = 11 << 10
	minCounters      = 10_000
	maxCounters      = 10_000_000 // 48 MiB
	// defaultBufferItems is what Ristretto's documentation recommends.
	defaultBufferItems = 64
)

// ristrettoOptions are what only tests have reason to change.
type ristrettoOptions struct {
	// keyToHash returns what Ristretto knows a key by. If nil, its own.
	keyToHash func(Key) (hash, conflict uint64)
	// bufferItems is how many reads are collected before the admission policy
	// learns of them. If zero, 64.
	bufferItems int64
}

func newRistretto(maxCost int64, o ristrettoOptions) (*ristrettoCache, error) {
	if o.keyToHash == nil {
		o.keyToHash = z.KeyToHash[Key]
	}
	o.bufferItems = cmp.Or(o.bufferItems, defaultBufferItems)
	c := &ristrettoCache{hash: o.keyToHash, largest: maxCost / largestShare, residents: make(map[uint64]*resident)}
	cache, err := ristretto.NewCache(&ristretto.Config[Key, *resident]{
		NumCounters:        min(max(maxCost/smallEntry*countersPerEntry, minCounters), maxCounters),
		MaxCost:            maxCost,
		BufferItems:        o.bufferItems,
		IgnoreInternalCost: true, // Entry.Cost has it all
		KeyToHash:          o.keyToHash,
		OnEvict:            c.onEvict,
	})
	if err != nil {
		return nil, fmt.Errorf("ristretto: %w", err)
	}
	c.cache, c.set = cache, cache.Set
	return c, nil
}

// get may be called at any time before close, by any goroutine. Ristretto compares
// hashes, and where those agree it returns the entry of another key.
func (c *ristrettoCache) get(key Key) (*resident, bool) {
	r, ok := c.cache.Get(key)
	if !ok || r == nil || r.entry.Key != key {
		return nil, false
	}
	return r, true
}

// admission is what became of an entry that was offered to Ristretto.
type admission uint8

const (
	admitted admission = iota
	dropped
	rejected
	tooLarge
)

// offer tries to make r resident in place of the entry with the same key. It
// returns what became of r, and the entries that were evicted for it: none that is
// used more. Whatever became of r, the entry with the same key is gone. Only one
// goroutine may be in offer, remove, find and close at a time.
//
// Ristretto's policy forgets: what comes in great numbers, be it used once each, ages
// what was used before. So where it would let an entry go for one that is used less,
// that is undone.
func (c *ristrettoCache) offer(r *resident, now time.Time) (admission, []*resident) {
	became := c.admit(r)
	evicted := c.takeEvicted()
	if became != admitted {
		return became, evicted
	}
	rank := r.settle(now)
	if !slices.ContainsFunc(evicted, func(v *resident) bool { return v.settle(now) > rank }) {
		return admitted, evicted
	}
	c.remove(r.entry.Key)
	evicted = slices.DeleteFunc(evicted, func(v *resident) bool { return c.admit(v) == admitted })
	return rejected, append(evicted, c.takeEvicted()...)
}

// admit is offer as Ristretto decides it. What is evicted is left for takeEvicted.
func (c *ristrettoCache) admit(r *resident) admission {
	key, cost := r.entry.Key, r.cost
	hash, _ := c.hash(key)
	old := c.residents[hash]
	if cost > c.largest {
		c.remove(key)
		return tooLarge
	}
	if old != nil && old.entry.Key != key {
		// Ristretto has one slot for both. To give it to r would charge r's
		// cost to the entry that stays, or return r's body for another key.
		return rejected
	}
	if old != nil && cost-old.cost > c.cache.RemainingCost() {
		// Ristretto would exceed its limit by the difference until the next new
		// entry comes. As a new entry, r makes room for itself.
		c.remove(key)
		old = nil
	}
	if !c.set(key, r, cost) {
		c.remove(key)
		return dropped
	}
	c.cache.Wait()
	if got, ok := c.cache.Get(key); !ok || got != r {
		c.remove(key)
		return rejected
	}
	if old != nil {
		c.bytes -= old.cost
	}
	c.bytes += cost
	c.residents[hash] = r
	return admitted
}

// takeEvicted keeps no reference to the entries, so that they can be freed.
func (c *ristrettoCache) takeEvicted() []*resident {
	evicted := c.evicted
	c.evicted = nil
	return evicted
}

// onEvict is called by Ristretto for each entry that it lets go.
func (c *ristrettoCache) onEvict(i *ristretto.Item[*resident]) {
	if r, ok := c.residents[i.Key]; ok {
		c.forget(i.Key)
		c.evicted = append(c.evicted, r)
	}
}

// find is get for the writer. It is no use of the entry.
func (c *ristrettoCache) find(key Key) (*resident, bool) {
	hash, _ := c.hash(key)
	r, ok := c.residents[hash]
	if !ok || r.entry.Key != key {
		return nil, false
	}
	return r, true
}

func (c *ristrettoCache) has(key Key) bool {
	_, ok := c.find(key)
	return ok
}

// remove removes the entry under key. It leaves one of another key with the same
// hash alone: Ristretto's own Del would only remove it from the accounts, and never
// evict it again.
func (c *ristrettoCache) remove(key Key) {
	if !c.has(key) {
		return
	}
	hash, _ := c.hash(key)
	c.cache.Del(key)
	c.cache.Wait() // until the accounts, which offer relies on, are right
	c.forget(hash)
}

func (c *ristrettoCache) forget(hash uint64) {
	if r, ok := c.residents[hash]; ok {
		c.bytes -= r.cost
		delete(c.residents, hash)
	}
}

// close must not run beside any other method: Ristretto would panic or hang. It
// reports everything that was resident to evict.
func (c *ristrettoCache) close() {
	c.cache.Close()
	c.takeEvicted()
}
