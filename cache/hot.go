package cache

import (
	"fmt"

	"github.com/dgraph-io/ristretto/v2"
	"github.com/dgraph-io/ristretto/v2/z"
)

// hot is Ristretto, used in the one way in which it can be relied on.
//
// Ristretto queues writes and says yes before it has decided. It drops what the
// queue has no room for, turns away most of what is new when it is full, lets an
// earlier of two queued writes win, and notices neither an update that no longer
// fits nor two keys with one hash. So there is one writer at a time, who waits
// for the queue and then looks whether the entry is there; and a record of what
// is resident is kept beside it, to count entries and bytes by.
//
// Entries get no time to live from Ristretto: it forgets what has expired, while
// a stale entry is still good to have, and it can delete an entry that was
// renewed at that very moment.
type hot struct {
	cache *ristretto.Cache[Key, *Entry]
	hash  func(Key) (hash, conflict uint64)
	// set is cache.Set; tests put failures in its place.
	set func(Key, *Entry, int64) bool
	// largest is the cost up to which an entry is offered. A larger one would
	// push out many others, and then perhaps be rejected nevertheless.
	largest int64

	// The rest belongs to the writer, and while the writer waits for the queue
	// to the goroutine that applies it: that one calls evict.
	residents map[uint64]pin // by hash, as Ristretto has them
	bytes     int64
	evicted   []*Entry // by the write under way
}

const (
	// largestShare is the part of the hot cache that one entry may take.
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

// hotOptions are what only tests have reason to change.
type hotOptions struct {
	// keyToHash returns what Ristretto knows a key by. If nil, its own.
	keyToHash func(Key) (hash, conflict uint64)
	// bufferItems is how many reads are collected before the admission policy
	// learns of them. If zero, 64.
	bufferItems int64
}

func newHot(maxCost int64, o hotOptions) (*hot, error) {
	if o.keyToHash == nil {
		o.keyToHash = z.KeyToHash[Key]
	}
	if o.bufferItems == 0 {
		o.bufferItems = defaultBufferItems
	}
	h := &hot{hash: o.keyToHash, largest: maxCost / largestShare, residents: make(map[uint64]pin)}
	cache, err := ristretto.NewCache(&ristretto.Config[Key, *Entry]{
		NumCounters:        min(max(maxCost/smallEntry*countersPerEntry, minCounters), maxCounters),
		MaxCost:            maxCost,
		BufferItems:        o.bufferItems,
		IgnoreInternalCost: true, // Entry.Cost has it all
		KeyToHash:          o.keyToHash,
		OnEvict:            h.evict,
	})
	if err != nil {
		return nil, fmt.Errorf("ristretto: %w", err)
	}
	h.cache, h.set = cache, cache.Set
	return h, nil
}

// get may be called at any time before close, by anyone. Ristretto compares
// hashes, and where those agree it returns the entry of another key: we look.
func (h *hot) get(key Key) (*Entry, bool) {
	e, ok := h.cache.Get(key)
	if !ok || e == nil || e.Key != key {
		return nil, false
	}
	return e, true
}

// outcome is what became of an offered entry.
type outcome uint8

const (
	kept outcome = iota
	dropped
	rejected
	tooLarge
)

// offer tries to make e resident in place of the entry with the same key. It
// returns what became of e, and the entries that were evicted for it. Whatever
// became of e, the entry with the same key is gone. Only one goroutine may be in
// offer, remove, holds and close at a time.
func (h *hot) offer(e *Entry, cost int64) (outcome, []*Entry) {
	hash, _ := h.hash(e.Key)
	old, update := h.residents[hash]
	if cost > h.largest {
		h.remove(e.Key)
		return tooLarge, nil
	}
	if update && old.entry.Key != e.Key {
		// Ristretto has one place for both. To give it to e would charge e's
		// cost to the entry that stays, or show e's body under another key.
		return rejected, nil
	}
	if update && cost-old.cost > h.cache.RemainingCost() {
		// Ristretto would exceed its limit by the difference until the next new
		// entry comes. As a new entry, e makes room for itself.
		h.remove(e.Key)
	}
	if !h.set(e.Key, e, cost) {
		h.remove(e.Key)
		return dropped, nil
	}
	h.cache.Wait()
	if got, ok := h.cache.Get(e.Key); !ok || got != e {
		h.remove(e.Key)
		return rejected, h.takeEvicted()
	}
	h.bytes += cost - h.residents[hash].cost
	h.residents[hash] = pin{e, cost}
	return kept, h.takeEvicted()
}

// takeEvicted keeps no reference to the entries: they are to be freed.
func (h *hot) takeEvicted() []*Entry {
	evicted := h.evicted
	h.evicted = nil
	return evicted
}

// evict is called by Ristretto for each entry that it lets go.
func (h *hot) evict(i *ristretto.Item[*Entry]) {
	if p, ok := h.residents[i.Key]; ok {
		h.forget(i.Key)
		h.evicted = append(h.evicted, p.entry)
	}
}

// holds reports whether the entry under key is resident.
func (h *hot) holds(key Key) bool {
	hash, _ := h.hash(key)
	p, ok := h.residents[hash]
	return ok && p.entry.Key == key
}

// remove takes out the entry under key. It leaves one of another key with the
// same hash alone: Ristretto's own Del would only strike it from the accounts,
// and never evict it again.
func (h *hot) remove(key Key) {
	if !h.holds(key) {
		return
	}
	hash, _ := h.hash(key)
	h.cache.Del(key)
	h.cache.Wait() // until it is off the accounts, by which offer goes
	h.forget(hash)
}

func (h *hot) forget(hash uint64) {
	h.bytes -= h.residents[hash].cost
	delete(h.residents, hash)
}

// close must not run beside any other method: Ristretto would panic or hang. It
// reports everything that was resident to evict.
func (h *hot) close() {
	h.cache.Close()
	h.takeEvicted()
}
