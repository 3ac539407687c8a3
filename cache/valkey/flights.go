package valkey

import (
	"slices"
	"sync"
	"time"

	"perigee/cache"
)

// flights are those that this replica leads or follows, or is about to.
type flights struct {
	mu      sync.Mutex // guards all below; never held while the server is asked
	leases  map[cache.Key][]*Lease
	follows map[cache.Key][]*Follow
}

// hookFlights has messages reach whom they are about.
func (c *Client) hookFlights() {
	c.flights.leases = make(map[cache.Key][]*Lease)
	c.flights.follows = make(map[cache.Key][]*Follow)
	for _, kind := range []string{kindLeft, kindLanded, kindFailed, kindOver} {
		c.onNews(kind, c.hearFlight)
	}
	c.onNews(kindJoin, c.hearJoin)
	c.onLost(c.flights.endFollows)
}

// hearFlight tells followers, who may be here and their leader too. The tier
// learns of what others have stored, whoever follows.
func (c *Client) hearFlight(payload []byte) {
	m, ok := parseMessage(payload)
	if !ok {
		return
	}
	for _, f := range c.flights.followsOf(string(m.Key)) {
		f.hear(m)
	}
	if m.Kind == kindLanded && m.From != c.opts.Replica {
		c.lately.forget(string(m.Key))
		c.notices.addLanded(string(m.Key))
	}
}

// hearJoin tells the leader who waits elsewhere.
func (c *Client) hearJoin(payload []byte) {
	m, ok := parseMessage(payload)
	if !ok || m.From == c.opts.Replica {
		return
	}
	who := unpack(m.Waiters, time.Now())
	for _, l := range c.flights.leasesOf(string(m.Key)) {
		l.join(who)
	}
}

func (f *flights) add(l *Lease, w *Follow) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.leases[l.key] = append(f.leases[l.key], l)
	f.follows[w.key] = append(f.follows[w.key], w)
}

func (f *flights) dropLease(l *Lease) {
	f.mu.Lock()
	defer f.mu.Unlock()
	without(f.leases, l.key, l)
}

func (f *flights) dropFollow(w *Follow) {
	f.mu.Lock()
	defer f.mu.Unlock()
	without(f.follows, w.key, w)
}

// without takes one out of those under a key.
func without[T comparable](all map[cache.Key][]T, key cache.Key, one T) {
	rest := slices.DeleteFunc(slices.Clone(all[key]), func(other T) bool { return other == one })
	if len(rest) == 0 {
		delete(all, key)
		return
	}
	all[key] = rest
}

// followsOf and leasesOf return slices that nobody changes.
func (f *flights) followsOf(key cache.Key) []*Follow {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.follows[key][:len(f.follows[key]):len(f.follows[key])]
}

func (f *flights) leasesOf(key cache.Key) []*Lease {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.leases[key][:len(f.leases[key]):len(f.leases[key])]
}

func (f *flights) allLeases() []*Lease {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []*Lease
	for _, some := range f.leases {
		all = append(all, some...)
	}
	return all
}

func (f *flights) allFollows() []*Follow {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []*Follow
	for _, some := range f.follows {
		all = append(all, some...)
	}
	return all
}

// lookAll has everybody who follows look for once: messages may have been
// missed.
func (f *flights) lookAll() {
	for _, w := range f.allFollows() {
		w.lookSoon()
	}
}

// endFollows tells everybody who follows to go on alone.
func (f *flights) endFollows() {
	for _, w := range f.allFollows() {
		w.finish(Event{Kind: Over})
	}
}

func (f *flights) endLeases() {
	for _, l := range f.allLeases() {
		l.Close()
	}
}
