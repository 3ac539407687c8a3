package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"perigee/cache"
	"perigee/proxy/ll2"
	"perigee/proxy/quota"
)

// maxFetches bounds the fetches of different resources that are under way at
// once, and with them the memory that bodies may take before they are stored.
const maxFetches = 32

// decisionTime is what the gate is given to decide before a waiter leaves alone.
const decisionTime = 100 * time.Millisecond

var errClosed = errors.New("the proxy is shutting down")

// filler fetches what is not held. However many want one resource at the same
// time, it is asked for once, and no client's departure ends the fetch for the
// others: a flight lives on the filler's own context.
type filler struct {
	upstream Upstream
	store    cache.Tier
	peers    Peers // nil: there are none
	gate     *quota.Gate
	build    assembler
	timeout  time.Duration
	stored   func(res *ll2.Resource, e, old *cache.Entry) // is told of each, and what it took the place of
	observer Observer
	log      *slog.Logger

	life   context.Context // of every flight; ends with close
	end    context.CancelFunc
	slots  chan struct{}
	pauses pauses
	group  singleflight.Group

	mu      sync.Mutex // guards flying and closed, and keeps them in step with group
	flying  map[string]*flight
	closed  bool
	flights sync.WaitGroup
}

// flight is a fetch under way, as those see it who wait for it.
type flight struct {
	request *quota.FetchRequest
	left    chan struct{} // closed when it has its slot of the quota: waiting is by now worth it
	leave   sync.Once     // closes left

	mu     sync.Mutex // guards follow
	follow Follow     // the flight of a peer that it waits for; nil: it is none
}

// depart lets those wait on who lose patience for want of a slot.
func (fl *flight) depart() { fl.leave.Do(func() { close(fl.left) }) }

// followed notes which flight of a peer is waited for.
func (fl *flight) followed(follow Follow) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	fl.follow = follow
}

// tell tells the peer that is followed, if any, of one who boarded here.
func (fl *flight) tell(w quota.Waiter) {
	fl.mu.Lock()
	follow := fl.follow
	fl.mu.Unlock()
	if follow != nil {
		follow.Join(w)
	}
}

// want is what one who boards a flight wants.
type want struct {
	waiter quota.Waiter
	newer  time.Time // what was fetched after it will do
}

// landing is what a flight brought. All who waited share it.
type landing struct {
	entry  *cache.Entry
	stored bool
	asked  bool   // upstream was asked; otherwise the entry was found inside the flight
	peer   bool   // by a peer
	fault  string // why the answer must not take a good one's place; empty: it may
}

func newFiller(o Options, stored func(res *ll2.Resource, e, old *cache.Entry)) *filler {
	life, end := context.WithCancel(context.Background())
	return &filler{
		upstream: o.Upstream, store: o.Store, peers: o.Peers, gate: o.Gate, timeout: o.FetchTimeout,
		build:    newAssembler(o),
		stored:   stored,
		observer: o.Observer, log: o.Logger,
		life: life, end: end,
		slots:  make(chan struct{}, maxFetches),
		flying: make(map[string]*flight),
	}
}

// fetch returns what upstream answers now to res. led tells that this call caused
// the fetch, and did not join another's. When ctx ends, or the waiter's patience
// before there is a slot of the quota, only this caller's wait does.
func (f *filler) fetch(ctx context.Context, res *ll2.Resource, w want) (land *landing, led bool, err error) {
	if p := f.pauses.check(res.Key, time.Now()); p != nil {
		return nil, false, p
	}
	b, err := f.join(res, w)
	if err != nil {
		return nil, false, err
	}
	defer b.leave()
	if !b.led {
		f.observer.WaiterJoined()
		b.flight.tell(w.waiter)
	}
	// The gate refuses a flight when the last of those aboard loses patience. This
	// is for one who has less than the others.
	patience := time.NewTimer(time.Until(w.waiter.Deadline) + decisionTime)
	defer patience.Stop()
	left := b.flight.left
	for {
		select {
		case r := <-b.landed:
			land, _ = r.Val.(*landing)
			return land, b.led, r.Err
		case <-left:
			left = nil
			patience.Stop()
		case <-patience.C:
			return nil, b.led, &quota.RefusedError{Reason: quota.Spent}
		case <-ctx.Done():
			return nil, b.led, ctx.Err()
		}
	}
}

// refresh has a stale resource fetched with nobody waiting, if the quota has a
// slot to spare. It returns the detail for the stale answer: whether it is being
// refreshed.
func (f *filler) refresh(res *ll2.Resource) string {
	now := time.Now()
	if p := f.pauses.check(res.Key, now); p != nil {
		return "stale-" + p.Reason
	}
	w := want{waiter: quota.Waiter{Priority: quota.Refresh, Deadline: now.Add(refreshPatience)}}
	if _, err := f.join(res, w); err != nil {
		return "stale-shutdown"
	}
	return "stale-while-revalidate"
}

// boarding is one caller's place in a flight.
type boarding struct {
	flight *flight
	leave  func()
	landed <-chan singleflight.Result
	led    bool // the flight is this caller's
}

// join boards the flight for res, or starts one. Both happen under the lock, and
// a flight that lands leaves the map and the group under it too, so that whoever
// is not aboard starts a new flight and never waits for one that has landed.
func (f *filler) join(res *ll2.Resource, w want) (boarding, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return boarding{}, errClosed
	}
	b := boarding{flight: f.flying[res.Key]}
	if b.flight == nil {
		b.led = true
		b.flight = &flight{request: f.gate.NewFetchRequest(), left: make(chan struct{})}
		f.flying[res.Key] = b.flight
		f.flights.Add(1)
		f.observer.FetchStarted()
	}
	b.leave = b.flight.request.Join(w.waiter)
	b.landed = f.group.DoChan(res.Key, func() (any, error) {
		defer f.land(res.Key)
		return f.fly(res, b.flight, w.newer)
	})
	return b, nil
}

func (f *filler) land(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.flying, key)
	f.group.Forget(key)
	f.observer.FetchEnded()
	f.flights.Done()
}

// fly is one flight. A panic inside it becomes an error: singleflight would
// raise it again on a goroutine of its own, where it ends the process.
func (f *filler) fly(res *ll2.Resource, fl *flight, newer time.Time) (land *landing, err error) {
	defer func() {
		if p := recover(); p != nil {
			f.observer.PanicRecovered()
			f.log.Error("panic in a fetch", "key", res.Key, "panic", p, "stack", string(debug.Stack()))
			land, err = nil, fmt.Errorf("fetch %s: panic: %v", res.Key, p)
		}
	}()
	// Look again. A client may look up (1) before another's flight stores (2) and
	// join (3) after that flight has landed: without this look it would pay again.
	held := f.newest(res.Key)
	if suits(held, newer) {
		return &landing{entry: held}, nil
	}
	lease, land, err := f.board(res, fl, newer)
	if lease == nil {
		return land, err
	}
	defer lease.Close()
	grant, err := f.gate.Acquire(f.life, fl.request)
	if err != nil {
		return nil, err
	}
	defer grant.Close()
	fl.depart()
	lease.Left()
	ctx, cancel := context.WithTimeout(f.life, f.timeout)
	defer cancel()
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		grant.Unused()
		return nil, ctx.Err()
	}
	return f.ask(ctx, res, grant, lease, held)
}

// close ends the flights and waits for them.
func (f *filler) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.end()
	f.flights.Wait()
}
