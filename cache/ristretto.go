package cache

import (
	"cmp"
	"fmt"

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
	cache *ristretto.Cache[Key, *Entry]
	hash  func(Key) (hash, conflict uint64)
	// set is cache.Set; tests replace it by one that fails.
	set func(Key, *Entry, int64) bool
	// largest is the cost up to which an entry is offered. A larger one would
	// push out many others, and then perhaps be rejected nevertheless.
	largest int64

	// The rest belongs to the writer, and while the writer waits for the queue
	// to the goroutine that applies it: that one calls onEvict.
	residents map[uint64]sizedEntry // by hash, as Ristretto has them
	bytes     int64
	evicted   []*Entry // by the write under way
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
	c := &ristrettoCache{hash: o.keyToHash, largest: maxCost / largestShare, residents: make(map[uint64]sizedEntry)}
	cache, err := ristretto.NewCache(&ristretto.Config[Key, *Entry]{
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
func (c *ristrettoCache) get(key Key) (*Entry, bool) {
	e, ok := c.cache.Get(key)
	if !ok || e == nil || e.Key != key {
		return nil, false
	}
	return e, true
}

// admission is what became of an entry that was offered to Ristretto.
type admission uint8

const (
	admitted admission = iota
	dropped
	rejected
	tooLarge
)

// offer tries to make e resident in place of the entry with the same key. It
// returns what became of e, and the entries that were evicted for it. Whatever
// became of e, the entry with the same key is gone. Only one goroutine may be in
// offer, remove, has and close at a time.
func (c *ristrettoCache) offer(e *Entry, cost int64) (admission, []*Entry) {
	hash, _ := c.hash(e.Key)
	old, update := c.residents[hash]
	if cost > c.largest {
		c.remove(e.Key)
		return tooLarge, nil
	}
	if update && old.entry.Key != e.Key {
		// Ristretto has one slot for both. To give it to e would charge e's
		// cost to the entry that stays, or return e's body for another key.
		return rejected, nil
	}
	if update && cost-old.cost > c.cache.RemainingCost() {
		// Ristretto would exceed its limit by the difference until the next new
		// entry comes. As a new entry, e makes room for itself.
		c.remove(e.Key)
	}
	if !c.set(e.Key, e, cost) {
		c.remove(e.Key)
		return dropped, nil
	}
	c.cache.Wait()
	if got, ok := c.cache.Get(e.Key); !ok || got != e {
		c.remove(e.Key)
		return rejected, c.takeEvicted()
	}
	c.bytes += cost - c.residents[hash].cost
	c.residents[hash] = sizedEntry{e, cost}
	return admitted, c.takeEvicted()
}

// takeEvicted keeps no reference to the entries, so that they can be freed.
func (c *ristrettoCache) takeEvicted() []*Entry {
	evicted := c.evicted
	c.evicted = nil
	return evicted
}

// onEvict is called by Ristretto for each entry that it lets go.
func (c *ristrettoCache) onEvict(i *ristretto.Item[*Entry]) {
	if p, ok := c.residents[i.Key]; ok {
		c.forget(i.Key)
		c.evicted = append(c.evicted, p.entry)
	}
}

// has reports whether the entry under key is resident.
func (c *ristrettoCache) has(key Key) bool {
	hash, _ := c.hash(key)
	p, ok := c.residents[hash]
	return ok && p.entry.Key == key
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
	c.bytes -= c.residents[hash].cost
	delete(c.residents, hash)
}

// close must not run beside any other method: Ristretto would panic or hang. It
// reports everything that was resident to evict.
func (c *ristrettoCache) close() {
	c.cache.Close()
	c.takeEvicted()
}
