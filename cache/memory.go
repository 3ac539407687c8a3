package cache

import (
	"cmp"
	"fmt"
	"sync"
	"sync/atomic"
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
// Get never waits for a Put, and allocates nothing. The errors of Put are
// ErrInvalid, ErrTooLarge (the entry costs more than PinnedBytes) and ErrClosed.
// Close is safe at any time, but nothing is cached after it: a program closes the
// cache when all who use it have ended.
type Memory struct {
	ristretto *ristrettoCache
	pinned    *pinned
	maxBytes  int64

	hits, misses atomic.Uint64

	life   sync.RWMutex // held for reading by every call, for writing by Close; guards closed
	closed bool

	write  sync.Mutex // one writer at a time; guards counts, and ristretto but for its get
	counts Stats
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
	}, nil
}

// Get implements Tier.
func (m *Memory) Get(key Key) (*Entry, bool) {
	e, ok := m.find(key)
	if ok {
		m.hits.Add(1)
	} else {
		m.misses.Add(1)
	}
	return e, ok
}

// find asks Ristretto first, which counts how often keys are used. The order makes
// no difference to the result: what Ristretto has of a key is always the latest.
func (m *Memory) find(key Key) (*Entry, bool) {
	m.life.RLock()
	defer m.life.RUnlock()
	if m.closed {
		return nil, false
	}
	if e, ok := m.ristretto.get(key); ok {
		return e, true
	}
	return m.pinned.get(key)
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
// neither has it. It counts an entry as evicted when both have let it go.
func (m *Memory) store(e *Entry, cost int64) error {
	displaced, fits := m.pinned.add(e, cost)
	for _, d := range displaced {
		if !m.ristretto.has(d.Key) {
			m.counts.Evicted++
		}
	}
	became, evicted := m.ristretto.offer(e, cost)
	for _, d := range evicted {
		if _, ok := m.pinned.get(d.Key); !ok {
			m.counts.Evicted++
		}
	}
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
