package disk

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"

	"perigee/cache"
)

// Tier is the tier in a folder.
//
// Put is synchronous: when it returns nil the entry survives a crash of the
// process and of the machine. That takes two syncs of the medium. Get reads the
// file and verifies all of it, every time. A file that fails verification is set
// aside and a miss, and everything is a miss when the medium fails: that is logged
// once in a while, counted, and never an outage.
//
// Several processes may have a Tier on one folder. Each sees at once what others
// store and delete, and keeps to its own MaxBytes, which the files of others count
// towards within the hour.
type Tier struct {
	entries            *entries
	calls              *calls
	hits, misses, puts atomic.Uint64

	stop context.CancelFunc // ends the walks, which are among the calls

	life   sync.RWMutex // held for reading by every call, for writing by Close; guards closed
	closed bool
}

var _ cache.Tier = (*Tier)(nil)

// New returns the tier in a folder, and reads nothing of it: entries can be got
// at once, however many there are, while a goroutine that belongs to the tier
// looks at all files. Until it has, nothing is evicted.
//
// It fails only on options that make no sense. A folder that cannot be made or
// written to is logged, and may be repaired later. The caller closes the tier.
func New(o Options) (*Tier, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	life, stop := context.WithCancel(context.Background())
	t := &Tier{entries: newEntries(o), calls: newCalls(o.Timeout, o.Calls), stop: stop}
	_ = t.within(func() error { return makeFolder(o.Dir) }) // was noted
	t.calls.running.Go(func() { keepInStep(life, t.entries) })
	return t, nil
}

// Get implements cache.Tier.
func (t *Tier) Get(key cache.Key) (*cache.Entry, bool) {
	e := t.lookup(nameOf(key), t.entries.get)
	if e == nil {
		t.misses.Add(1)
		return nil, false
	}
	t.hits.Add(1)
	return e, true
}

// lookup returns what read does, or nil.
func (t *Tier) lookup(n name, read func(name) *cache.Entry) *cache.Entry {
	t.life.RLock()
	defer t.life.RUnlock()
	if t.closed || t.entries.tombstones.has(n) {
		return nil
	}
	e, ok := within(t.calls, func() *cache.Entry { return read(n) })
	if !ok {
		t.entries.health.note(errSlow)
	}
	return e
}

// Put implements cache.Tier. Its errors are cache.ErrInvalid, cache.ErrClosed,
// cache.ErrTooLarge (for a file of more than MaxBytes), and faults of the
// medium, one of which is that it does not answer in time.
func (t *Tier) Put(e *cache.Entry) error {
	if e == nil || e.Key == "" {
		return cache.ErrInvalid
	}
	t.life.RLock()
	defer t.life.RUnlock()
	if t.closed {
		return cache.ErrClosed
	}
	w := &write{name: nameOf(e.Key)}
	if err := t.change(w, func() error { return t.entries.put(w, e) }); err != nil {
		return fmt.Errorf("disk: put: %w", err)
	}
	t.entries.health.recovered()
	t.puts.Add(1)
	return nil
}

// Delete implements cache.Tier. It is durable when it returns. After an error
// the entry is not served by this process any more, but may come back with the
// next.
func (t *Tier) Delete(key cache.Key) error {
	t.life.RLock()
	defer t.life.RUnlock()
	if t.closed {
		return cache.ErrClosed
	}
	w := &write{name: nameOf(key)}
	if err := t.change(w, func() error { return t.entries.delete(w) }); err != nil {
		return fmt.Errorf("disk: delete: %w", err)
	}
	return nil
}

// change does w, and abandons it when that takes too long.
func (t *Tier) change(w *write, do func() error) error {
	err := t.within(do)
	if errors.Is(err, errSlow) {
		t.entries.tombstones.abandon(w)
	}
	return err
}

// within returns the error of a call into the file system, which is errSlow if it
// takes too long, and notes what is wrong with the medium.
func (t *Tier) within(do func() error) error {
	err, ok := within(t.calls, do)
	if !ok {
		err = errSlow
	}
	if err != nil && !errors.Is(err, cache.ErrTooLarge) {
		t.entries.health.note(err)
	}
	return err
}

// All returns the cached entries, in no order, each read and verified when it comes
// up. This is no use of them: it does not save them from eviction. It ends early
// when the tier is closed.
func (t *Tier) All() iter.Seq[*cache.Entry] {
	view := func(n name) *cache.Entry {
		e, _ := t.entries.read(n)
		return e
	}
	return func(yield func(*cache.Entry) bool) {
		for shard := range shards {
			for _, n := range t.list(byte(shard)) {
				if e := t.lookup(n, view); e != nil && !yield(e) {
					return
				}
			}
		}
	}
}

// list returns the names in a shard.
func (t *Tier) list(shard byte) []name {
	names, _ := within(t.calls, func() []name {
		names, _, err := t.entries.files.list(shard)
		if err != nil {
			t.entries.health.note(err)
		}
		return names
	})
	return names
}

// Close implements cache.Tier. It ends the walks and waits for them, and for calls
// that were left behind. Its only error is that the medium does not let go of them
// within the timeout.
func (t *Tier) Close() error {
	t.life.Lock()
	defer t.life.Unlock()
	if t.closed {
		return nil
	}
	t.closed = true
	t.stop()
	if !t.calls.wait() {
		return fmt.Errorf("disk: close: %w", errSlow)
	}
	return nil
}

// Stats is the size of a Tier and what has happened in it so far.
type Stats struct {
	// Entries is how many files there are, as far as is known, Bytes what they
	// take, in whole blocks, MaxBytes what they may take. What other processes
	// do in the folder is known within the hour.
	Entries         int
	Bytes, MaxBytes int64
	// Complete is false after a start, until all files have been looked at.
	// Entries and Bytes still grow then, and nothing is evicted.
	Complete bool

	// Hits and Misses count the calls of Get by their result, Puts those of Put
	// that returned nil.
	Hits, Misses, Puts uint64
	// Evicted counts the entries that were removed to make room for others,
	// Damaged the files that were set aside.
	Evicted, Damaged uint64

	// The faults of the medium, in calls: no space, no permission to write, the
	// folder gone, no answer in time, and everything else.
	Full, ReadOnly, Vanished, Slow, OtherFaults uint64
	// Unhealthy says what was wrong last. If empty, nothing was, or a Put has
	// succeeded since.
	Unhealthy string
}

// Stats returns the state of the tier. It does not wait for the medium.
func (t *Tier) Stats() Stats {
	counts, unhealthy := t.entries.health.state()
	s := Stats{
		MaxBytes: t.entries.maxBytes, Complete: t.entries.index.complete(),
		Hits: t.hits.Load(), Misses: t.misses.Load(), Puts: t.puts.Load(),
		Evicted: t.entries.evicted.Load(), Damaged: t.entries.damaged.Load(),
		Full: counts[full], ReadOnly: counts[readOnly], Vanished: counts[vanished],
		Slow: counts[slow], OtherFaults: counts[starved] + counts[other],
		Unhealthy: unhealthy,
	}
	s.Entries, s.Bytes = t.entries.index.totals()
	return s
}
