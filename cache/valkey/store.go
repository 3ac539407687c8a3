package valkey

import (
	"context"
	"fmt"
	"sync"
	"time"

	"perigee/cache"
	"perigee/cache/record"
)

// maxValue is the largest record that is shared. Servers take twice that.
const maxValue = 256 << 20

var storeScript = script("store")

// noTimes is how long an entry is kept that does not say how long it is of use.
const noTimes = time.Minute

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
		return noTimes
	}
	left := last.Sub(now)
	if left > 0 {
		return max(left, time.Millisecond)
	}
	return left
}

// fenceOf is the fence of an entry that no lease was taken for: when it was
// asked for. Fences of leases are times in µs too, see scripts/board.lua.
func fenceOf(e *cache.Entry) int64 { return max(e.Asked.UnixMicro(), 0) }

// flight says on whose behalf an entry is stored. The zero flight is nobody's.
type flight struct {
	token string
	fence int64
}

// store stores an entry for all replicas, unless one with a higher fence is
// there, for which the error is ErrFenced.
func (c *Client) store(e *cache.Entry, by flight) error {
	if len(e.Key) > maxKey || len(e.Body) > maxValue {
		return cache.ErrTooLarge
	}
	if by.token == "" {
		by.fence = fenceOf(e)
	}
	raw := record.Encode(e)
	reply, err := c.runSized(context.Background(), len(raw), storeScript,
		[]string{c.names.page(e.Key), c.names.lease(e.Key)},
		by.fence, by.token, timeToLive(e, c.opts.Now()).Milliseconds(), raw, c.names.news(),
		c.message(message{Kind: kindLanded, Flight: by.token}, e.Key),
		c.message(message{Kind: kindOver, Flight: by.token}, e.Key))
	switch {
	case err != nil:
		return fmt.Errorf("store: %w", err)
	case reply == "fenced":
		c.counts.fenced.Add(1)
		return ErrFenced
	case reply == "past":
		c.counts.past.Add(1)
		return nil
	}
	c.counts.puts.Add(1)
	return nil
}

// lately is what flights of this replica have landed. Their owner puts it into
// the tier as well, which would send it all again.
type lately struct {
	mu      sync.Mutex
	entries map[cache.Key]*cache.Entry
}

// maxLately bounds it, for a moment each: what is put is put at once.
const maxLately = 64

func (l *lately) note(e *cache.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.entries == nil || len(l.entries) >= maxLately {
		l.entries = make(map[cache.Key]*cache.Entry)
	}
	l.entries[e.Key] = e
}

// take reports whether e was noted, and forgets it.
func (l *lately) take(e *cache.Entry) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	noted := l.entries[e.Key]
	delete(l.entries, e.Key)
	return noted == e
}

func (l *lately) forget(key cache.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.entries, key)
}
