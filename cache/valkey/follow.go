package valkey

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"perigee/cache"
	"perigee/proxy/quota"
)

// ErrEnded is returned by Next after the last event.
var ErrEnded = errors.New("valkey: the flight has ended")

// Follow is the place of one who waits for the flight of another. Messages bring
// the events; the server is asked only when the lease should have run out, or
// messages may have been missed. All methods may be called from many goroutines.
type Follow struct {
	client *Client
	key    cache.Key
	events chan Event    // has room for all that there can be
	again  chan struct{} // messages may have been missed
	closed chan struct{}

	mu      sync.Mutex // guards all below
	flight  boarding   // whose token is empty until it is known
	early   []message  // what came before
	expires time.Time
	left    bool // it has been told
	ended   bool // the last event has been told
	taken   bool // and was taken
	gone    bool // closed
}

func newFollow(c *Client, key cache.Key) *Follow {
	return &Follow{
		client: c, key: key,
		events: make(chan Event, 2), again: make(chan struct{}, 1), closed: make(chan struct{}),
	}
}

// begin notes what is followed.
func (f *Follow) begin(b boarding) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.flight, f.expires = b, time.Now().Add(b.lives)
	if b.left {
		f.tell(Event{Kind: Left})
	}
	for _, m := range f.early {
		f.apply(m)
	}
	f.early = nil
}

// maxEarly bounds what comes within one call to the server.
const maxEarly = 64

// hear takes a message about the key.
func (f *Follow) hear(m message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.flight.token == "" {
		if len(f.early) < maxEarly {
			f.early = append(f.early, m)
		}
		return
	}
	f.apply(m)
}

// apply takes a message, which may be about another flight.
func (f *Follow) apply(m message) {
	if m.Flight != f.flight.token {
		return
	}
	switch m.Kind {
	case kindLeft:
		f.tell(Event{Kind: Left})
	case kindLanded:
		f.tell(Event{Kind: Landed})
	case kindFailed:
		f.tell(Event{Kind: Failed, Reason: m.Reason, Pause: time.Duration(m.Pause) * time.Millisecond})
	case kindOver:
		f.tell(Event{Kind: Over})
	}
}

// tell hands out an event, unless it was told or comes after the last.
func (f *Follow) tell(e Event) {
	if f.ended || e.Kind == Left && f.left {
		return
	}
	f.left = true
	f.ended = e.Kind != Left
	f.events <- e
}

// finish hands out the last event, unless it was.
func (f *Follow) finish(e Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tell(e)
}

// lookSoon has Next look.
func (f *Follow) lookSoon() {
	select {
	case f.again <- struct{}{}:
	default:
	}
}

// Next returns the next event, for which it waits. The error is that of ctx, or
// ErrEnded after the last event and after Close.
func (f *Follow) Next(ctx context.Context) (Event, error) {
	for {
		if e, ok, err := f.ready(); ok || err != nil {
			return e, err
		}
		f.mu.Lock()
		timer := time.NewTimer(time.Until(f.expires))
		f.mu.Unlock()
		select {
		case e := <-f.events:
			timer.Stop()
			return f.took(e), nil
		case <-ctx.Done():
			timer.Stop()
			return Event{}, ctx.Err()
		case <-f.closed:
			timer.Stop()
			return Event{}, ErrEnded
		case <-f.again:
		case <-timer.C:
		}
		timer.Stop()
		f.look()
	}
}

// ready returns the event that is there.
func (f *Follow) ready() (e Event, ok bool, err error) {
	select {
	case e := <-f.events:
		return f.took(e), true, nil
	default:
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.taken || f.gone {
		return Event{}, false, ErrEnded
	}
	return Event{}, false, nil
}

func (f *Follow) took(e Event) Event {
	if e.Kind != Left {
		f.mu.Lock()
		f.taken = true
		f.mu.Unlock()
	}
	return e
}

// shortest is how long one waits at least before looking again, when the lease
// has less left than a timer can tell.
const shortest = 10 * time.Millisecond

var lookScript = script("look")

// look asks the server what has become of the flight.
func (f *Follow) look() {
	c := f.client
	f.mu.Lock()
	flight := f.flight
	f.mu.Unlock()
	reply, err := c.run(context.Background(), lookScript,
		[]string{c.names.lease(f.key), c.names.page(f.key)}, flight.token, flight.fence)
	list, _ := reply.([]any)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err != nil || len(list) < 2 || list[0] == "over":
		f.tell(Event{Kind: Over})
	case list[0] == "landed":
		f.tell(Event{Kind: Landed})
	default:
		f.expires = time.Now().Add(max(ms(list[1]), shortest))
		if list[0] == stateLeft {
			f.tell(Event{Kind: Left})
		}
	}
}

// Join tells the leader of one more who waits.
func (f *Follow) Join(w quota.Waiter) {
	c := f.client
	m := c.joinMessage(f.key, []quota.Waiter{w})
	_, _ = c.command(context.Background(), 0, 0, "publish", c.names.news(), m) // the leader may do without
}

// Close ends the following. Closing again does nothing.
func (f *Follow) Close() {
	f.client.flights.dropFollow(f)
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.gone {
		f.gone = true
		close(f.closed)
	}
}

// number returns a fence as a number.
func number(fence string) int64 {
	n, _ := strconv.ParseInt(fence, 10, 64) // fences come from our own scripts
	return n
}
