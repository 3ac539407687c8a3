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
	// Upper is the fast tier, Lower the one that is larger or more durable. They
	// belong to the Layered, which closes them.
	Upper, Lower Tier
	// Rebuild returns the entry with what its owner derives from it, before the
	// entry is promoted from Lower to Upper: a tier that writes entries out does
	// not keep Derived. It must not change the entry that it is given. If it
	// returns nil, the entry is useless, and the look-up a miss. If Rebuild is
	// nil, entries are promoted as they are.
	Rebuild func(*Entry) *Entry
	// NegativeTTL is how long Get remembers that Lower had nothing under a key.
	// It is for a remote Lower that others write to as well, see ForgetMiss. If
	// zero, Lower is asked each time.
	NegativeTTL time.Duration
	// Now is the clock for NegativeTTL. If nil, time.Now.
	Now func() time.Time
}

// Layered is two tiers that act as one: what either of them has is cached. An entry
// that is found in the lower one alone is promoted to the upper one, once for all
// look-ups that run at the same time.
//
// The errors of Put are those of both tiers together: it fails only when neither
// has the entry. That one alone fails is for that tier to report.
type Layered struct {
	upper, lower Tier
	rebuild      func(*Entry) *Entry
	promotions   singleflight.Group
	negative     negativeCache
	seed         maphash.Seed
	stripes      [lockStripes]lockStripe
}

// lockStripes is how many writes there can be at once, of different keys.
const lockStripes = 64

// lockStripe serialises the changes of the keys that share it.
type lockStripe struct {
	// write is held throughout a Put or Delete, slow as the lower tier may be:
	// if two of one key went through the tiers in different order, the tiers
	// would disagree about which of them was the later.
	write sync.Mutex
	// promote is held while the upper tier alone is changed.
	promote sync.Mutex
	// writes counts the changes of the lower tier. It changes under promote.
	writes atomic.Uint64
}

var _ Tier = (*Layered)(nil)

// NewLayered returns the tiers as one. It fails only if one of them is missing.
func NewLayered(o LayeredOptions) (*Layered, error) {
	if o.Upper == nil || o.Lower == nil {
		return nil, errors.New("cache: a layered cache needs two tiers")
	}
	if o.Rebuild == nil {
		o.Rebuild = func(e *Entry) *Entry { return e }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Layered{
		upper: o.Upper, lower: o.Lower, rebuild: o.Rebuild, seed: maphash.MakeSeed(),
		negative: negativeCache{ttl: o.NegativeTTL, now: o.Now},
	}, nil
}

// Get implements Tier.
func (l *Layered) Get(key Key) (*Entry, bool) {
	seen := l.version(key)
	if e, ok := l.upper.Get(key); ok {
		return e, true
	}
	if l.negative.has(key) {
		return nil, false
	}
	e := l.promote(seen, key, nil)
	if e == nil {
		l.negative.add(key)
	}
	return e, e != nil
}

// ForgetMiss makes the next Get of key ask the lower tier, where somebody else may
// have stored an entry since the last miss.
func (l *Layered) ForgetMiss(key Key) { l.negative.remove(key) }

// Newest returns the newer of the entries that the two tiers have, by when they
// were answered. It is for a lower tier that others write to as well: Get would
// return what is in the upper one, or remember that there was nothing.
func (l *Layered) Newest(key Key) (*Entry, bool) {
	seen := l.version(key)
	e, _ := l.upper.Get(key)
	if newer := l.promote(seen, key, e); newer != nil {
		e = newer
	}
	return e, e != nil
}

// version is how many writes a lock stripe had seen at some moment.
type version struct {
	stripe *lockStripe
	writes uint64
}

// version is called before a look-up: what is stored after it must not be replaced
// by what the look-up finds.
func (l *Layered) version(key Key) version {
	s := l.stripe(key)
	return version{s, s.writes.Load()}
}

func (l *Layered) stripe(key Key) *lockStripe {
	return &l.stripes[maphash.String(l.seed, key)%lockStripes]
}

// promote copies the entry of the lower tier to the upper one, once for all callers
// that want the same, and returns it. It returns nil if the entry is not newer than
// cached, which the upper tier has.
func (l *Layered) promote(seen version, key Key, cached *Entry) *Entry {
	// A caller that began after a write must not share the result of one that
	// began before it, nor a caller that has nothing that of one which looks for
	// something newer than it has.
	call := strconv.FormatUint(seen.writes, 36) + " " + key
	if cached != nil {
		call = "+" + call
	}
	found, _, _ := l.promotions.Do(call, func() (any, error) {
		return l.promoteOnce(seen, key, cached), nil
	})
	e, _ := found.(*Entry)
	return e
}

// promoteOnce does not change the upper tier when there was a write since version:
// Put could have stored a newer entry there between the read of the old one from
// the lower tier and now, and the old one would come back.
func (l *Layered) promoteOnce(seen version, key Key, cached *Entry) *Entry {
	e, ok := l.lower.Get(key)
	if !ok || cached != nil && !e.Answered.After(cached.Answered) {
		return nil
	}
	if e = l.rebuild(e); e == nil {
		return nil
	}
	seen.stripe.promote.Lock()
	defer seen.stripe.promote.Unlock()
	if seen.stripe.writes.Load() == seen.writes {
		_ = l.upper.Put(e) // it was found, whether the upper tier takes it or not
	}
	return e
}

// Put implements Tier. It stores in the lower tier first: when it returns, the
// entry is as durable as the lower tier makes it.
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

// Delete implements Tier. Both tiers must forget the entry: it fails if one of them
// does.
func (l *Layered) Delete(key Key) error {
	return errors.Join(l.change(key, func(t Tier) error { return t.Delete(key) }))
}

// change does the same to the lower and then to the upper tier.
func (l *Layered) change(key Key, do func(Tier) error) (lower, upper error) {
	s := l.stripe(key)
	s.write.Lock()
	defer s.write.Unlock()
	lower = do(l.lower)
	s.promote.Lock()
	defer s.promote.Unlock()
	s.writes.Add(1)
	l.negative.remove(key)
	upper = do(l.upper)
	return lower, upper
}

// Close implements Tier. It closes the upper tier, then the lower one.
func (l *Layered) Close() error {
	return errors.Join(l.upper.Close(), l.lower.Close())
}

// negativeCache remembers for a while which keys a tier had nothing under, so that
// it is not asked over and over. The zero value remembers nothing.
type negativeCache struct {
	ttl time.Duration // if zero, nothing is remembered
	now func() time.Time

	mu    sync.RWMutex // guards until
	until map[Key]time.Time
}

// maxNegative bounds how many keys are remembered. Beyond it all are forgotten,
// which costs no more than asking again.
const maxNegative = 4096

// has reports whether there was nothing under key a moment ago.
func (c *negativeCache) has(key Key) bool {
	if c.ttl == 0 {
		return false
	}
	c.mu.RLock()
	until, ok := c.until[key]
	c.mu.RUnlock()
	return ok && c.now().Before(until)
}

func (c *negativeCache) add(key Key) {
	if c.ttl == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.until == nil || len(c.until) >= maxNegative {
		c.until = make(map[Key]time.Time)
	}
	c.until[key] = c.now().Add(c.ttl)
}

func (c *negativeCache) remove(key Key) {
	if c.ttl == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.until, key)
}
