package valkey

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"perigee/cache"
	"perigee/proxy/quota"
)

// fenceAge is how long the last fence of a page is remembered without a flight.
// Fences are times, so that it matters only if the clock is set back.
const fenceAge = 24 * time.Hour

var boardScript = script("board")

// Board takes the flight for key, or follows the replica that has it, which is
// told who waits. If the error is nil, exactly one of lease and follow is not,
// and must be closed. Otherwise it is ErrLost, perhaps with the reason: the
// caller goes on alone; or that of ctx.
//
// Of callers of one replica, too, only one gets the lease.
func (c *Client) Board(ctx context.Context, key cache.Key, who []quota.Waiter) (*Lease, *Follow, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if len(key) > maxKey {
		return nil, nil, fmt.Errorf("%w for keys of more than %d bytes", ErrLost, maxKey)
	}
	l := &Lease{client: c, key: key, token: rand.Text()}
	f := newFollow(c, key)
	// Before the server is asked: what others tell from then on must not be
	// missed, whichever of the two it will be.
	c.flights.add(l, f)
	asked := time.Now()
	// Whether the caller still waits is of no matter to the server: a lease that
	// nobody knows of would hold everybody up.
	reply, err := c.run(context.WithoutCancel(ctx), boardScript,
		[]string{c.names.lease(key), c.names.fence(key), c.names.page(key)},
		l.token, c.opts.Lease.Milliseconds(), fenceAge.Milliseconds(), c.names.news(), c.joinMessage(key, who))
	b, ok := parseBoarding(reply)
	if err == nil && !ok {
		err = errors.New("valkey: a reply that makes no sense")
	}
	switch {
	case err != nil:
		c.flights.dropLease(l)
		c.flights.dropFollow(f)
		if !errors.Is(err, ErrLost) {
			err = fmt.Errorf("%w: %w", ErrLost, err)
		}
		return nil, nil, err
	case b.mine:
		c.flights.dropFollow(f)
		c.counts.led.Add(1)
		l.take(b.fence, asked.Add(c.opts.Lease))
		return l, nil, nil
	}
	c.flights.dropLease(l)
	c.counts.followed.Add(1)
	f.begin(b)
	return nil, f, nil
}

// joinMessage returns "" if nobody waits.
func (c *Client) joinMessage(key cache.Key, who []quota.Waiter) []byte {
	if len(who) == 0 {
		return []byte{}
	}
	return c.message(message{Kind: kindJoin, Waiters: pack(who, time.Now())}, key)
}

// boarding is what the server says of a flight.
type boarding struct {
	mine  bool
	fence string
	token string
	left  bool          // the request has left
	lives time.Duration // how long the lease has still, unless it is renewed
}

func parseBoarding(reply any) (boarding, bool) {
	list, _ := reply.([]any)
	if len(list) < 2 {
		return boarding{}, false
	}
	b := boarding{mine: list[0] == int64(1)}
	b.fence, _ = list[1].(string)
	if b.mine || len(list) < 5 {
		return b, b.mine && b.fence != ""
	}
	b.token, _ = list[2].(string)
	b.left = list[3] == stateLeft
	b.lives = ms(list[4])
	return b, b.token != ""
}

// ms returns a number of the server's as a duration.
func ms(n any) time.Duration {
	v, _ := n.(int64)
	return time.Duration(max(v, 0)) * time.Millisecond
}
