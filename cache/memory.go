package cache

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// MemoryOptions sizes a Memory.
type MemoryOptions struct {
	// MaxBytes is what all entries together may cost, see Entry.Cost. If zero,
	// 256 MiB. A megabyte or two for bookkeeping come on top.
	MaxBytes int64
	// PinnedEntries is how many of the latest entries stay cached whatever the
	// admission policy decides. If zero, 64.
	PinnedEntries int
	// PinnedBytes is what those may cost: at least a sixteenth of MaxBytes and
	// at most half of it. An entry that costs more cannot be cached at all. If
	// zero, a quarter of MaxBytes. These bytes are set aside from MaxBytes,
	// whether a pinned entry is also among the others or not.
	PinnedBytes int64
	// Now is the clock by which uses count less as time passes. If nil, time.Now.
	Now func() time.Time

	ristretto ristrettoOptions // for tests
}

const (
	defaultMaxBytes      = 256 << 20
	defaultPinnedEntries = 64
	minMaxBytes          = 16 << 10
)

// withDefaults returns the options with every zero replaced, or says which of
// them makes no sense.
func (o MemoryOptions) withDefaults() (MemoryOptions, error) {
	o.MaxBytes = cmp.Or(o.MaxBytes, defaultMaxBytes)
	o.PinnedEntries = cmp.Or(o.PinnedEntries, defaultPinnedEntries)
	o.PinnedBytes = cmp.Or(o.PinnedBytes, o.MaxBytes/4)
	if o.Now == nil {
		o.Now = time.Now
	}
	switch {
	case o.MaxBytes < minMaxBytes:
		return o, fmt.Errorf("cache: %d bytes cannot hold a page, at least %d are needed", o.MaxBytes, minMaxBytes)
	case o.PinnedEntries < 0:
		return o, fmt.Errorf("cache: cannot pin %d entries", o.PinnedEntries)
	case o.PinnedBytes < o.MaxBytes/16 || o.PinnedBytes > o.MaxBytes/2:
		return o, fmt.Errorf("cache: pinned bytes must be between 1/16 and 1/2 of %d, not %d", o.MaxBytes, o.PinnedBytes)
	}
	return o, nil
}

// Memory is the tier in this process. It is Ristretto, whose admission policy finds
// out which entries are used often enough, and beside it the latest entries, which
// are pinned: Ristretto may reject what is new, and a response that was just paid
// for must not be lost by that.
//
// Nothing that is used goes for what is used less (see Uses): a flood of requests
// that nobody makes twice takes only the space of the pinned ones, and of others
// like them.
//
// Get never waits for a Put, and allocates nothing. The errors of Put are
// ErrInvalid, ErrTooLarge (the entry costs more than PinnedBytes) and ErrClosed.
// Close is safe at any time, but nothing is cached after it: a program closes the
// cache when all who use it have ended.
type Memory struct {
	ristretto *ristrettoCache
	pinned    *pinned
	maxBytes  int64
	now       func() time.Time

	hits, misses atomic.Uint64

	life   sync.RWMutex // held for reading by every call, for writing by Close; guards closed
	closed bool

	write  sync.Mutex // one writer at a time; guards all below, and ristretto but for its get
	counts Stats
	ghosts ghosts
	gone   map[Key]uint32 // uses that TakeUses has not told, of entries that were let go
}

var _ Tier = (*Memory)(nil)

// NewMemory returns an empty Memory. It fails only on options that make no
// sense. The caller closes it; until then two goroutines belong to it.
func NewMemory(o MemoryOptions) (*Memory, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	ristretto, err := newRistretto(o.MaxBytes-o.PinnedBytes, o.ristretto)
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	return &Memory{
		ristretto: ristretto,
		pinned:    newPinned(o.PinnedEntries, o.PinnedBytes),
		maxBytes:  o.MaxBytes,
		now:       o.Now,
		gone:      make(map[Key]uint32),
	}, nil
}

// Get implements Tier.
func (m *Memory) Get(key Key) (*Entry, bool) {
	r := m.find(key)
	if r == nil {
		m.misses.Add(1)
		return nil, false
	}
	m.hits.Add(1)
	r.use()
	return r.entry, true
}

// find asks Ristretto first, which counts how often keys are used. The order makes
// no difference to the result: what Ristretto has of a key is always the latest.
func (m *Memory) find(key Key) *resident {
	m.life.RLock()
	defer m.life.RUnlock()
	if m.closed {
		return nil
	}
	if r, ok := m.ristretto.get(key); ok {
		return r
	}
	r, _ := m.pinned.get(key)
	return r
}

// Put implements Tier.
func (m *Memory) Put(e *Entry) error {
	if e == nil || e.Key == "" {
		return ErrInvalid
	}
	m.life.RLock()
	defer m.life.RUnlock()
	if m.closed {
		return ErrClosed
	}
	m.write.Lock()
	defer m.write.Unlock()
	return m.store(e, e.Cost())
}

// store pins e before it offers it to Ristretto, so that there is no moment at which
// neither has it. What is pinned no longer, and was used, is offered once more.
func (m *Memory) store(e *Entry, cost int64) error {
	now := m.now()
	r := &resident{entry: e, cost: cost}
	m.inherit(r, now)
	displaced, fits := m.pinned.add(r)
	became, gone := m.ristretto.offer(r, now)
	for _, d := range displaced {
		if !m.ristretto.has(d.entry.Key) && d.settle(now) > 0 {
			_, evicted := m.ristretto.offer(d, now)
			gone = append(gone, evicted...)
		}
	}
	m.letGo(append(gone, displaced...), now)
	switch became {
	case dropped:
		m.counts.Dropped++
	case rejected:
		m.counts.Rejected++
	case tooLarge:
		m.counts.TooLarge++
	}
	if !fits {
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, cost)
	}
	return nil
}

// inherit has r go on with the uses of the entry that it replaces, or that was let
// go before.
func (m *Memory) inherit(r *resident, now time.Time) {
	old, ok := m.current(r.entry.Key)
	if !ok {
		hash, _ := m.ristretto.hash(r.entry.Key)
		r.uses = m.ghosts.take(hash, now)
		return
	}
	old.settle(now)
	r.uses, r.untold = old.uses, old.untold
}

// current returns the entry under key. It is no use of it.
func (m *Memory) current(key Key) (*resident, bool) {
	if r, ok := m.ristretto.find(key); ok {
		return r, true
	}
	return m.pinned.get(key)
}

// letGo counts as evicted what neither Ristretto nor the pinned ones have any more,
// and remembers how it was used.
func (m *Memory) letGo(all []*resident, now time.Time) {
	for i, r := range all {
		key := r.entry.Key
		if _, ok := m.current(key); ok || slices.Contains(all[:i], r) {
			continue
		}
		m.counts.Evicted++
		r.settle(now)
		hash, _ := m.ristretto.hash(key)
		m.ghosts.add(hash, r.uses, now)
		if r.untold > 0 && len(m.gone) < maxGone {
			m.gone[key] += r.untold
		}
	}
}

// maxGone bounds of how many entries that were let go the uses are kept for TakeUses.
const maxGone = 4096

// TakeUses yields how often entries were used since the last call, a thousand times
// at most for each. With it a larger tier below learns of the hits that it does not
// see. It delays no Get, and goes on after Close. The loop must not use m.
func (m *Memory) TakeUses(yield func(key Key, uses uint32) bool) {
	m.life.RLock()
	defer m.life.RUnlock()
	m.write.Lock()
	defer m.write.Unlock()
	m.takeUses(yield)
}

// takeUses requires write, or that nobody else has m.
func (m *Memory) takeUses(yield func(key Key, uses uint32) bool) {
	now := m.now()
	for key, uses := range m.gone {
		delete(m.gone, key)
		if !yield(key, uses) {
			return
		}
	}
	told := func(r *resident) bool {
		r.settle(now)
		uses := r.untold
		r.untold = 0
		return uses == 0 || yield(r.entry.Key, uses)
	}
	for _, r := range m.ristretto.residents {
		if !told(r) {
			return
		}
	}
	for _, r := range m.pinned.all() {
		if !told(r) {
			return
		}
	}
}

// Delete implements Tier. Its only error is ErrClosed.
func (m *Memory) Delete(key Key) error {
	m.life.RLock()
	defer m.life.RUnlock()
	if m.closed {
		return ErrClosed
	}
	m.write.Lock()
	defer m.write.Unlock()
	m.pinned.remove(key)
	m.ristretto.remove(key)
	return nil
}

// Close implements Tier. It returns nil.
func (m *Memory) Close() error {
	m.life.Lock()
	defer m.life.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	left := make(map[Key]uint32)
	m.takeUses(func(key Key, uses uint32) bool { left[key] = uses; return true })
	m.gone = left
	m.ristretto.close()
	m.pinned.clear()
	return nil
}

// Stats is the size of a Memory and what has happened in it so far. All numbers
// belong to one moment, except Hits and Misses, which go on while the others are
// read.
type Stats struct {
	// Entries is how many entries can be got, Bytes what they cost together
	// (see Entry.Cost), MaxBytes what they may cost.
	Entries         int
	Bytes, MaxBytes int64
	// PinnedEntries is how many of the entries are pinned since they are the
	// latest, and PinnedBytes what those cost.
	PinnedEntries int
	PinnedBytes   int64

	// Hits and Misses count the calls of Get by their result.
	Hits, Misses uint64
	// Dropped counts the entries for which Ristretto's write buffer was full,
	// Rejected those that its admission policy rejected, TooLarge those that it
	// was not offered since they would push out too many others. All of them
	// stay cached as long as they are pinned.
	Dropped, Rejected, TooLarge uint64
	// Evicted counts the entries that were removed to make room for others.
	// Replaced and deleted entries are not among them.
	Evicted uint64
}

// Stats returns the state of the cache. It waits for a Put under way, but never
// delays a Get. After Close nothing is cached any more and the counts stay.
func (m *Memory) Stats() Stats {
	m.life.RLock()
	defer m.life.RUnlock()
	m.write.Lock()
	defer m.write.Unlock()
	s := m.counts
	s.Hits, s.Misses = m.hits.Load(), m.misses.Load()
	s.MaxBytes = m.maxBytes
	s.Entries, s.Bytes = len(m.ristretto.residents), m.ristretto.bytes
	for _, p := range m.pinned.all() {
		s.PinnedEntries++
		s.PinnedBytes += p.cost
		if !m.ristretto.has(p.entry.Key) {
			s.Entries++
			s.Bytes += p.cost
		}
	}
	return s
}
