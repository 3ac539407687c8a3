package cache

import (
	"errors"
	"hash/maphash"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

// LayeredOptions are the parts of a Layered.
type LayeredOptions struct {
	// Upper is the tier that is fast, Lower the one that keeps. They belong to
	// the Layered, which closes them.
	Upper, Lower Tier
	// Rebuild returns the entry with what its owner derived from it, before it
	// goes from Lower to Upper: a tier that writes entries out does not keep
	// Derived. It must not change the entry that it is given. If it returns nil,
	// the entry is of no use any more, and a miss. If Rebuild is nil, entries go
	// up as they are.
	Rebuild func(*Entry) *Entry
	// AbsentFor is how long Get remembers that Lower had nothing under a key. It is
	// for one that is far away, and to which others write: see Expect. If zero,
	// Lower is asked each time.
	AbsentFor time.Duration
	// Now is the clock for that. If nil, time.Now.
	Now func() time.Time
}

// Layered is two tiers that act as one: what either of them holds is held. What
// is found in the lower one alone is brought into the upper one, once for all
// who ask for it at the same time.
//
// The errors of Put are those of both tiers together: it fails only when neither
// holds the entry. That one alone fails is for that tier to report.
type Layered struct {
	upper, lower Tier
	rebuild      func(*Entry) *Entry
	rising       singleflight.Group
	absent       absent
	seed         maphash.Seed
	lanes        [lanes]lane
}

// lanes is how many writers there can be at once, of keys that differ.
const lanes = 64

// lane keeps apart what is done to the keys that share it.
type lane struct {
	// write is held throughout a Put or Delete, slow as the lower tier may be:
	// if two of one key went through the tiers in different order, the tiers
	// would disagree about which of them was the later.
	write sync.Mutex
	// raise is held while the upper tier alone is changed.
	raise sync.Mutex
	// writes counts the changes of the lower tier. It changes under raise.
	writes atomic.Uint64
}

var _ Tier = (*Layered)(nil)

// NewLayered returns the tiers as one.
func NewLayered(o LayeredOptions) (*Layered, error) {
	if o.Upper == nil || o.Lower == nil {
		return nil, errors.New("cache: two tiers are needed to layer")
	}
	if o.Rebuild == nil {
		o.Rebuild = func(e *Entry) *Entry { return e }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Layered{
		upper: o.Upper, lower: o.Lower, rebuild: o.Rebuild, seed: maphash.MakeSeed(),
		absent: absent{lasts: o.AbsentFor, now: o.Now},
	}, nil
}

// Get implements Tier.
func (l *Layered) Get(key Key) (*Entry, bool) {
	from := l.since(key)
	if e, ok := l.upper.Get(key); ok {
		return e, true
	}
	if l.absent.has(key) {
		return nil, false
	}
	e := l.rise(from, key, nil)
	if e == nil {
		l.absent.note(key)
	}
	return e, e != nil
}

// Expect tells that somebody may have stored an entry under key in the lower tier.
func (l *Layered) Expect(key Key) { l.absent.forget(key) }

// Renew returns the newer of what the two tiers hold, by when it was answered. It
// is for a lower tier that others write to as well: Get would find what is in the
// upper one and look no further, or remember that there was nothing.
func (l *Layered) Renew(key Key) (*Entry, bool) {
	from := l.since(key)
	held, _ := l.upper.Get(key)
	e := l.rise(from, key, held)
	if e == nil {
		e = held
	}
	return e, e != nil
}

// state is how many writes a lane had seen at some moment.
type state struct {
	at     *lane
	writes uint64
}

// since is for whoever is about to look for a key: what is stored after it must not
// be replaced by what was found before.
func (l *Layered) since(key Key) state {
	at := l.lane(key)
	return state{at, at.writes.Load()}
}

// rise has what the lower tier holds brought up once for all who want it, and
// returns it. It returns nil if that is not newer than held.
func (l *Layered) rise(from state, key Key, held *Entry) *Entry {
	// Whoever asks after a write must not join those who began before it, nor who
	// holds nothing those who look for something newer.
	flight := strconv.FormatUint(from.writes, 36) + " " + key
	if held != nil {
		flight = "+" + flight
	}
	found, _, _ := l.rising.Do(flight, func() (any, error) {
		return l.bringUp(from, key, held), nil
	})
	e, _ := found.(*Entry)
	return e
}

// bringUp returns the entry that the lower tier has, if it is newer than held,
// and puts it into the upper one. It does not when there was a write since: Put
// could have stored a newer one up there between our reading the old one down
// here and now, and the old one would come back.
func (l *Layered) bringUp(from state, key Key, held *Entry) *Entry {
	e, ok := l.lower.Get(key)
	if !ok || held != nil && !e.Answered.After(held.Answered) {
		return nil
	}
	if e = l.rebuild(e); e == nil {
		return nil
	}
	from.at.raise.Lock()
	defer from.at.raise.Unlock()
	if from.at.writes.Load() == from.writes {
		_ = l.upper.Put(e) // it has been found, whether there is room for it or not
	}
	return e
}

// Put implements Tier. It stores in the lower tier first: when it returns, the
// entry is as safe as the lower tier makes it.
func (l *Layered) Put(e *Entry) error {
	if e == nil || e.Key == "" {
		return ErrInvalid
	}
	lower, upper := l.change(e.Key, func(t Tier) error { return t.Put(e) })
	if lower == nil || upper == nil {
		return nil
	}
	return errors.Join(lower, upper)
}

// Delete implements Tier. Both must forget: the error is that of any of them.
func (l *Layered) Delete(key Key) error {
	return errors.Join(l.change(key, func(t Tier) error { return t.Delete(key) }))
}

// change does the same to the lower and then to the upper tier.
func (l *Layered) change(key Key, do func(Tier) error) (lower, upper error) {
	at := l.lane(key)
	at.write.Lock()
	defer at.write.Unlock()
	lower = do(l.lower)
	at.raise.Lock()
	defer at.raise.Unlock()
	at.writes.Add(1)
	l.absent.forget(key)
	upper = do(l.upper)
	return lower, upper
}

// Close implements Tier. It closes the upper tier, then the lower one.
func (l *Layered) Close() error {
	return errors.Join(l.upper.Close(), l.lower.Close())
}

func (l *Layered) lane(key Key) *lane {
	return &l.lanes[maphash.String(l.seed, key)%lanes]
}
