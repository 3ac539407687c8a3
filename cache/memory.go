package cache

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// MemoryOptions sizes a Memory.
type MemoryOptions struct {
	// MaxBytes is what all entries together may cost, see Entry.Cost. If zero,
	// 256 MiB. A megabyte or two for bookkeeping come on top.
	MaxBytes int64
	// PinnedEntries is how many of the latest entries are held whatever else
	// happens. If zero, 64.
	PinnedEntries int
	// PinnedBytes is what those may cost: at least a sixteenth of MaxBytes and
	// at most half of it. An entry that costs more cannot be held at all. If
	// zero, a quarter of MaxBytes. They are part of MaxBytes and not of the room
	// for the others, whether the same entry is in both or not.
	PinnedBytes int64

	hot hotOptions // for tests
}

const (
	defaultMaxBytes      = 256 << 20
	defaultPinnedEntries = 64
	minMaxBytes          = 16 << 10
)

// withDefaults returns the options with every zero replaced, or says which of
// them makes no sense.
func (o MemoryOptions) withDefaults() (MemoryOptions, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.PinnedEntries == 0 {
		o.PinnedEntries = defaultPinnedEntries
	}
	if o.PinnedBytes == 0 {
		o.PinnedBytes = o.MaxBytes / 4
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

// Memory is the tier in this process. It is Ristretto, which finds out which
// entries are worth their room, and beside it a ring of the latest ones:
// Ristretto may turn away what is new, and the answer that was just paid for
// must not be lost by that.
//
// Get never waits for a Put, and allocates nothing. The errors of Put are
// ErrInvalid, ErrTooLarge (the entry costs more than PinnedBytes) and ErrClosed.
// Close is safe at any time, but nothing is held after it: a program closes the
// cache when all who use it have ended.
type Memory struct {
	hot      *hot
	ring     *ring
	maxBytes int64

	hits, misses atomic.Uint64

	life   sync.RWMutex // held for reading by every call, for writing by Close; guards closed
	closed bool

	write  sync.Mutex // one writer at a time; guards counts, and hot but for hot.get
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
	hot, err := newHot(o.MaxBytes-o.PinnedBytes, o.hot)
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	return &Memory{
		hot:      hot,
		ring:     newRing(o.PinnedEntries, o.PinnedBytes),
		maxBytes: o.MaxBytes,
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

// find asks Ristretto first, so that it learns what is wanted. The order makes
// no difference to the result: offer sees to it that what Ristretto has of a key
// is the latest.
func (m *Memory) find(key Key) (*Entry, bool) {
	m.life.RLock()
	defer m.life.RUnlock()
	if m.closed {
		return nil, false
	}
	if e, ok := m.hot.get(key); ok {
		return e, true
	}
	return m.ring.get(key)
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

// store pins e before it offers it, so that at no moment in between neither has
// it, and counts what was lost to make room: what only one of the two lets go is
// still held by the other.
func (m *Memory) store(e *Entry, cost int64) error {
	displaced, pinned := m.ring.add(e, cost)
	for _, d := range displaced {
		if !m.hot.holds(d.Key) {
			m.counts.Evicted++
		}
	}
	became, evicted := m.hot.offer(e, cost)
	for _, d := range evicted {
		if _, ok := m.ring.get(d.Key); !ok {
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
	if !pinned {
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
	m.ring.remove(key)
	m.hot.remove(key)
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
	m.hot.close()
	m.ring.clear()
	return nil
}
