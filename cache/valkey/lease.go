package valkey

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"perigee/cache"
	"perigee/proxy/quota"
)

// The states of a flight, as the server has them.
const (
	stateWaiting = "waiting" // for its slot of the quota
	stateLeft    = "left"
)

// Lease is the right to fetch a page for all replicas. On the server it is a
// hash with a token, a fence and a state, which runs out unless it is renewed;
// the client does that for as long as the lease is open.
//
// A lease that ran out all the same, because this replica or the network stood
// still, does not stop the flight, whose request may have left. What it lands
// then displaces nothing that a later flight has landed. All methods may be
// called from many goroutines; those that use the server take no longer than the
// client's timeout.
type Lease struct {
	client *Client
	key    cache.Key
	token  string

	mu      sync.Mutex // guards all below
	fence   int64
	expires time.Time // when the server forgets it if it is not renewed
	state   string    // empty until it is held
	ended   bool
	lost    bool
	tell    func(quota.Waiter)
	unheard []quota.Waiter // who joined before anybody wanted to know
}

var (
	leftScript  = script("left")
	endScript   = script("end")
	renewScript = script("renew")
)

// take notes that the lease is held.
func (l *Lease) take(fence string, expires time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fence, l.expires, l.state = number(fence), expires, stateWaiting
}

// OnJoin has f called for each waiter of another replica that follows, also for
// those who came before. f is called by the goroutine that reads from the
// server, and must not wait for anything. It is called once.
func (l *Lease) OnJoin(f func(quota.Waiter)) {
	l.mu.Lock()
	l.tell = f
	unheard := l.unheard
	l.unheard = nil
	l.mu.Unlock()
	for _, w := range unheard {
		f(w)
	}
}

// maxUnheard bounds who joins before anybody wants to know.
const maxUnheard = 1024

func (l *Lease) join(who []quota.Waiter) {
	l.mu.Lock()
	f := l.tell
	if f == nil {
		l.unheard = append(l.unheard, who[:min(len(who), maxUnheard-len(l.unheard))]...)
	}
	l.mu.Unlock()
	if f == nil {
		return
	}
	for _, w := range who {
		f(w)
	}
}

// Left tells the followers that the request has its slot of the quota and is
// about to leave.
func (l *Lease) Left() {
	l.mu.Lock()
	l.state = stateLeft
	ended := l.ended
	l.mu.Unlock()
	if !ended {
		l.publish(leftScript, message{Kind: kindLeft})
	}
}

// Land stores e, which has the key of the lease, for all replicas, tells the
// followers, and ends the lease. The error is ErrFenced if a later flight has
// landed, or as of the tier's Put; e is good in any case.
func (l *Lease) Land(e *cache.Entry) error {
	if e == nil || e.Key != l.key {
		return cache.ErrInvalid
	}
	if !l.end() {
		return nil
	}
	if err := l.client.store(e, flight{l.token, l.fence}); err != nil {
		return err
	}
	l.client.lately.note(e)
	return nil
}

// Fail tells the followers that upstream has failed, and why, and that it must
// not be asked for so long, an hour at most. It ends the lease.
func (l *Lease) Fail(reason string, pause time.Duration) {
	if l.end() {
		l.publish(endScript, message{Kind: kindFailed, Reason: reason, Pause: pause.Milliseconds()})
	}
}

// Close gives the flight up, and tells the followers. It does nothing after Land
// or Fail, or when called again.
func (l *Lease) Close() {
	if l.end() {
		l.publish(endScript, message{Kind: kindOver})
	}
}

// end reports whether the lease was open.
func (l *Lease) end() bool {
	l.client.flights.dropLease(l)
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.ended
	l.ended = true
	return !was
}

// publish tells all replicas, by a script that changes the lease. If it fails,
// they find out when the lease runs out.
func (l *Lease) publish(script *redis.Script, m message) {
	m.Flight = l.token
	c := l.client
	_, _ = c.run(context.Background(), script, []string{c.names.lease(l.key)}, l.token, c.names.news(), c.message(m, l.key))
}

// renewLeases renews those that are open for as long as the client lives.
func (c *Client) renewLeases() {
	ticker := time.NewTicker(c.opts.Lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-c.life.Done():
			return
		case <-ticker.C:
		}
		for _, l := range c.flights.allLeases() {
			l.renew()
		}
	}
}

// renew renews the lease. One that cannot be renewed, as the server is lost, is
// tried again: perhaps nobody has taken the flight meanwhile.
func (l *Lease) renew() {
	l.mu.Lock()
	state, fence, lost := l.state, l.fence, l.lost
	l.mu.Unlock()
	if state == "" || lost {
		return
	}
	c, asked := l.client, time.Now()
	reply, err := c.run(c.life, renewScript, []string{c.names.lease(l.key), c.names.fence(l.key)},
		l.token, fence, state, c.opts.Lease.Milliseconds(), fenceAge.Milliseconds())
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil && reply == int64(1):
		l.expires = asked.Add(c.opts.Lease)
	case err == nil:
		l.lost = true // another replica has the flight
		c.counts.leasesLost.Add(1)
	}
}
