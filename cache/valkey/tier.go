package valkey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"perigee/cache"
	"perigee/cache/record"
)

// TierOptions are the options of a Tier.
type TierOptions struct {
	// Now is the clock by which it is decided how long an entry is kept. If nil,
	// time.Now.
	Now func() time.Time
	// OnPurge is called when another replica has deleted the entry under a key,
	// at that time by the server's clock: what was answered before must be
	// forgotten. It is told late if the server could not be reached, and may be
	// told again. If nil, nobody is.
	OnPurge func(key cache.Key, at time.Time)
	// OnStored is called when another replica has stored an entry under a key
	// that may be newer. Of many calls for a key some may be left out, but not
	// the last. If nil, nobody is.
	//
	// Both are called one after the other from one goroutine, and never hold up
	// anything else. Close of the Client waits for the one that runs.
	OnStored func(key cache.Key)
	// OnRemembered is called whenever the server is reached, with what Remember was
	// called with, the latest last. It must not wait for long. If nil, nobody is.
	OnRemembered func(keys []cache.Key)
}

// Tier holds the entries of all replicas with the same namespace.
//
// An entry is a hash on the server: "v1" is its record, "fence" says since when
// it was asked for. A later version of the format is a field of another name,
// which this one does not see. The server forgets it at the last moment when it
// may be served.
//
// Of two entries under a key the one that was asked for later stays, whoever is
// the last to store: a replica that was cut off may come with an old one. Put
// returns nil for it, because something newer was stored.
type Tier struct {
	client     *Client
	now        func() time.Time
	tombstones tombstones
	notices    *notices
	counts     tierCounts
	largest    atomic.Int64 // record that was seen
	heard      int64        // server time in ms up to which purges are known; the client's worker's

	life   sync.RWMutex // held for reading by every call, for writing by Close; guards closed
	closed bool
}

var _ cache.Tier = (*Tier)(nil)

// NewTier returns a tier on the server of a client, which is not started yet.
// Closing it does not close the client.
func NewTier(c *Client, o TierOptions) *Tier {
	t := &Tier{client: c, now: o.Now, notices: newNotices(o)}
	if t.now == nil {
		t.now = time.Now
	}
	c.OnMessage(kindPurged, t.hearPurged)
	c.OnMessage(kindStored, t.hearStored)
	c.greet = append(c.greet, t.catchUp)
	c.workers = append(c.workers, t.notices.work)
	if o.OnRemembered != nil {
		c.OnReached(func() { t.recall(o.OnRemembered) })
	}
	return t
}

// The kinds of messages.
const (
	kindStored = "stored" // an entry was stored
	kindPurged = "purged" // an entry was deleted
)

// notice is a message about an entry. A key is bytes, and so in base64: it need
// not be UTF-8.
type notice struct {
	Key []byte `json:"key"`
	At  int64  `json:"at,omitempty"` // when it was purged, in ms by the server's clock
}

const (
	// maxKey is how long a key may be that is shared.
	maxKey = 16 << 10
	// maxValue is the largest record that is shared. Servers take twice that.
	maxValue = 256 << 20
)

var (
	storeScript  = script("store")
	forgetScript = script("forget")
)

// page is the name of the hash of an entry.
func (t *Tier) page(key cache.Key) string {
	sum := sha256.Sum256([]byte(key))
	return "perigee:{" + t.client.opts.Namespace + ":" + hex.EncodeToString(sum[:]) + "}:page"
}

// common is the name of what is not of one page.
func (t *Tier) common(what string) string {
	return "perigee:{" + t.client.opts.Namespace + "}:" + what
}

// Get implements cache.Tier. It takes no longer than the timeout, and the time
// on top of it that the largest entry so far takes to be sent.
func (t *Tier) Get(key cache.Key) (*cache.Entry, bool) {
	t.life.RLock()
	defer t.life.RUnlock()
	if t.closed || len(key) > maxKey {
		return nil, false
	}
	e := t.lookUp(key)
	if e == nil {
		t.counts.misses.Add(1)
		return nil, false
	}
	t.counts.hits.Add(1)
	return e, true
}

// lookUp returns nil for a miss, whatever the reason.
func (t *Tier) lookUp(key cache.Key) *cache.Entry {
	page := t.page(key)
	reply, err := t.client.command(context.Background(), int(t.largest.Load()), 1, "hmget", page, "v1", "fence")
	if redis.HasErrorPrefix(err, "WRONGTYPE") {
		t.forget(page, "")
	}
	fields, _ := reply.([]any)
	if err != nil || len(fields) != 2 || fields[0] == nil {
		return nil
	}
	raw, _ := fields[0].(string)
	fence, _ := fields[1].(string)
	e, err := record.Decode([]byte(raw))
	if err != nil || e.Key != key {
		t.forget(page, fence)
		return nil
	}
	if t.tombstones.hides(key, fence) {
		return nil
	}
	t.note(len(raw))
	return e
}

// forget deletes what is damaged.
func (t *Tier) forget(page, fence string) {
	t.counts.damaged.Add(1)
	_, _ = t.client.Run(context.Background(), forgetScript, 0, []string{page}, fence) // it is a miss in any case
}

// note remembers the size of the largest record.
func (t *Tier) note(size int) {
	for {
		was := t.largest.Load()
		if int64(size) <= was || t.largest.CompareAndSwap(was, int64(size)) {
			return
		}
	}
}

// Put implements cache.Tier. Its errors are cache.ErrInvalid, cache.ErrClosed,
// cache.ErrTooLarge, ErrLost, ErrFull, and other replies of the server. After
// an error this replica does not get what was there before either, but others
// may: they have not seen e.
//
// An entry whose last moment has passed displaces what is older, and is forgotten
// at once.
func (t *Tier) Put(e *cache.Entry) error {
	if e == nil || e.Key == "" {
		return cache.ErrInvalid
	}
	t.life.RLock()
	defer t.life.RUnlock()
	if t.closed {
		return cache.ErrClosed
	}
	if err := t.store(e); err != nil {
		t.tombstones.add(e.Key, fenceOf(e))
		return fmt.Errorf("valkey: put: %w", err)
	}
	t.tombstones.remove(e.Key)
	t.note(len(e.Body))
	return nil
}

func (t *Tier) store(e *cache.Entry) error {
	if len(e.Key) > maxKey || len(e.Body) > maxValue {
		return cache.ErrTooLarge
	}
	m, err := t.client.Message(kindStored, notice{Key: []byte(e.Key)})
	if err != nil {
		return err
	}
	raw := record.Encode(e)
	reply, err := t.client.Run(context.Background(), storeScript, len(raw), []string{t.page(e.Key)},
		fenceOf(e), timeToLive(e, t.now()).Milliseconds(), raw, t.client.Channel(), m)
	switch {
	case err != nil:
		return fmt.Errorf("store: %w", err)
	case reply == "fenced":
		t.counts.fenced.Add(1)
	case reply == "past":
		t.counts.past.Add(1)
	default:
		t.counts.puts.Add(1)
	}
	return nil
}

// unboundedLife is how long an entry is kept that does not say how long it is of
// use.
const unboundedLife = time.Minute

// timeToLive returns how long an entry is kept: until the last moment at which
// it may be served. It is not positive when that has passed.
func timeToLive(e *cache.Entry, now time.Time) time.Duration {
	last := e.StaleIfErrorUntil
	for _, t := range []time.Time{e.StaleWhileRevalidateUntil, e.FreshUntil} {
		if t.After(last) {
			last = t
		}
	}
	if last.IsZero() {
		return unboundedLife
	}
	left := last.Sub(now)
	if left > 0 {
		return max(left, time.Millisecond)
	}
	return left
}

// fenceOf orders the entries under a key: by when they were asked for, in µs.
func fenceOf(e *cache.Entry) int64 { return max(e.Asked.UnixMicro(), 0) }

// hearStored tells the owner of what others have stored.
func (t *Tier) hearStored(_ string, body []byte) {
	if n, ok := parseNotice(body); ok {
		t.notices.addStored(string(n.Key))
	}
}

// Delete implements cache.Tier. All replicas forget the entry, those that are
// cut off when they are back. After an error it may come back.
func (t *Tier) Delete(key cache.Key) error {
	t.life.RLock()
	defer t.life.RUnlock()
	if t.closed {
		return cache.ErrClosed
	}
	if len(key) > maxKey {
		return nil // it was never stored
	}
	if err := t.purge(key); err != nil {
		return fmt.Errorf("valkey: delete: %w", err)
	}
	return nil
}

// Close implements cache.Tier. The client goes on.
func (t *Tier) Close() error {
	t.life.Lock()
	defer t.life.Unlock()
	t.closed = true
	return nil
}

// tierCounts are what has happened so far.
type tierCounts struct {
	hits, misses, puts, past, fenced, damaged atomic.Uint64
	purges, purgesHeard                       atomic.Uint64
}

// TierStats is what has happened so far.
type TierStats struct {
	// Hits and Misses count the calls of Get by their result, Puts the entries that
	// were stored, Past those that were not since their last moment had passed,
	// Fenced those that were not since a newer one was there, Damaged those that
	// were found damaged.
	Hits, Misses, Puts, Past, Fenced, Damaged uint64
	// Purges counts the entries deleted by this replica, PurgesHeard those that
	// others have deleted, some of them perhaps twice.
	Purges, PurgesHeard uint64
}

// Stats returns what has happened so far.
func (t *Tier) Stats() TierStats {
	n := &t.counts
	return TierStats{
		Hits: n.hits.Load(), Misses: n.misses.Load(), Puts: n.puts.Load(), Past: n.past.Load(),
		Fenced: n.fenced.Load(), Damaged: n.damaged.Load(),
		Purges: n.purges.Load(), PurgesHeard: n.purgesHeard.Load(),
	}
}
