package valkey

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"

	"perigee/cache"
	"perigee/cache/record"
)

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
	client  *Client
	bars    bars
	largest atomic.Int64 // record that was seen

	life   sync.RWMutex // held for reading by every call, for writing by Close; guards closed
	closed bool
}

var _ cache.Tier = (*Tier)(nil)

// Tier returns a tier on the server. Closing it does not close the client.
func (c *Client) Tier() *Tier { return &Tier{client: c} }

// hookTier has the owner told of what other replicas do.
func (c *Client) hookTier() {
	c.onNews(kindPurged, c.hearPurge)
}

// Get implements cache.Tier. It takes no longer than the timeout, and the time
// on top of it that the largest entry so far takes to be sent.
func (t *Tier) Get(key cache.Key) (*cache.Entry, bool) {
	t.life.RLock()
	defer t.life.RUnlock()
	if t.closed || len(key) > maxKey {
		return nil, false
	}
	e := t.lookup(key)
	if e == nil {
		t.client.counts.misses.Add(1)
		return nil, false
	}
	t.client.counts.hits.Add(1)
	return e, true
}

// lookup returns nil for a miss, whatever the reason.
func (t *Tier) lookup(key cache.Key) *cache.Entry {
	c := t.client
	page := c.names.page(key)
	reply, err := c.command(context.Background(), int(t.largest.Load()), 1, "hmget", page, "v1", "fence")
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
	if t.bars.stop(key, fence) {
		return nil
	}
	t.note(len(raw))
	return e
}

// forget deletes what is damaged.
func (t *Tier) forget(page, fence string) {
	t.client.counts.damaged.Add(1)
	_, _ = t.client.run(context.Background(), forgetScript, []string{page}, fence) // it is a miss in any case
}

var forgetScript = script("forget")

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
// an error this replica does not get what was held before either, but others
// may: they have not seen e.
//
// What a lease has landed is not sent again. An entry whose last moment has
// passed displaces what is older, and is forgotten at once.
func (t *Tier) Put(e *cache.Entry) error {
	if e == nil || e.Key == "" {
		return cache.ErrInvalid
	}
	t.life.RLock()
	defer t.life.RUnlock()
	if t.closed {
		return cache.ErrClosed
	}
	if t.client.lately.take(e) {
		t.bars.lift(e.Key)
		return nil
	}
	err := t.client.store(e, flight{})
	if err != nil && !errors.Is(err, ErrFenced) {
		t.bars.raise(e.Key, fenceOf(e))
		return fmt.Errorf("valkey: put: %w", err)
	}
	t.bars.lift(e.Key)
	t.note(len(e.Body))
	return nil
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
		return nil // nobody holds it
	}
	t.client.lately.forget(key)
	if err := t.client.purge(key); err != nil {
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
