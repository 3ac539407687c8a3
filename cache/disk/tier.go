package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	"perigee/cache"
)

// Tier is the tier in a folder.
//
// Put is synchronous: when it returns nil the entry survives a crash of the
// process and of the machine. That takes two syncs of the medium. Get reads the
// file and verifies all of it, every time. What does not pass is set aside and a
// miss, and so is everything when the medium fails: that is logged once in a
// while, counted, and never an outage.
//
// Several processes may have a Tier on one folder. Each sees at once what others
// store and delete, and keeps to its own MaxBytes, the files of others included
// within the hour.
type Tier struct {
	opts   Options
	index  *index
	calls  *calls
	faults *faults

	counts struct{ hits, misses, puts, evicted, damaged atomic.Uint64 }

	// stripes has a lock for each shard, by which the names in it are changed:
	// the file and what the index says of it change together. Held while the
	// medium is used, so only ever within calls; reading needs none.
	stripes [shards]sync.Mutex
	bad     sync.Mutex // while the folder of damaged files is changed

	end context.CancelFunc // of the worker, which is among the calls

	life   sync.RWMutex // held for reading by every call, for writing by Close; guards closed
	closed bool
}

var _ cache.Tier = (*Tier)(nil)

// New returns the tier in a folder, and reads nothing of it: entries can be got
// at once, however many there are, and a goroutine that belongs to the tier
// finds out what they take. Until it has, nothing is evicted.
//
// It fails only on options that make no sense. A folder that cannot be made or
// written to is logged, and may be mended later. The caller closes the tier.
func New(o Options) (*Tier, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	life, end := context.WithCancel(context.Background())
	t := &Tier{
		opts: o, end: end,
		index:  newIndex(),
		calls:  newCalls(o.Timeout),
		faults: &faults{dir: o.Dir, log: o.Logger, now: o.Now},
	}
	err, ok := within(t.calls, func() error { return makeFolder(o.Dir) })
	_ = t.failed(err, ok) // noted there
	t.calls.running.Go(func() { t.work(life) })
	return t, nil
}

// Get implements cache.Tier.
func (t *Tier) Get(key cache.Key) (*cache.Entry, bool) {
	e := t.lookup(nameOf(key), t.use)
	if e == nil {
		t.counts.misses.Add(1)
		return nil, false
	}
	t.counts.hits.Add(1)
	return e, true
}

// lookup returns what read does, or nil.
func (t *Tier) lookup(n name, read func(name) *cache.Entry) *cache.Entry {
	t.life.RLock()
	defer t.life.RUnlock()
	if t.closed || t.index.isBarred(n) {
		return nil
	}
	e, ok := within(t.calls, func() *cache.Entry { return read(n) })
	if !ok {
		t.faults.note(errSlow)
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
	w := &writing{name: nameOf(e.Key)}
	err, ok := within(t.calls, func() error { return t.write(w, e) })
	if !ok {
		t.index.abandon(w)
	}
	if err := t.failed(err, ok); err != nil {
		return fmt.Errorf("disk: put: %w", err)
	}
	t.faults.mended()
	t.counts.puts.Add(1)
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
	w := &writing{name: nameOf(key)}
	err, ok := within(t.calls, func() error { return t.erase(w) })
	if !ok {
		t.index.abandon(w)
	}
	if err := t.failed(err, ok); err != nil {
		return fmt.Errorf("disk: delete: %w", err)
	}
	return nil
}

// failed returns the error of a call into the file system, which is errSlow if
// it did not end, and takes note of it.
func (t *Tier) failed(err error, ended bool) error {
	if !ended {
		err = errSlow
	}
	if err != nil && !errors.Is(err, cache.ErrTooLarge) {
		t.faults.note(err)
	}
	return err
}

// Close implements cache.Tier. It cancels the worker and waits for it, and for
// calls that were left behind. Its only error is that the medium does not let go
// of them within the timeout.
func (t *Tier) Close() error {
	t.life.Lock()
	defer t.life.Unlock()
	if t.closed {
		return nil
	}
	t.closed = true
	t.end()
	if !t.calls.wait() {
		return fmt.Errorf("disk: close: %w", errSlow)
	}
	return nil
}

// isGone reports whether err says that there is no such file.
func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) }
