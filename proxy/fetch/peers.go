package fetch

import (
	"context"
	"time"

	"perigee/cache"
	"perigee/proxy/ll2"
	"perigee/proxy/quota"
)

// Peers are other replicas, with which flights are shared. All methods may be
// called from many goroutines.
type Peers interface {
	// Board takes the flight for a key, or follows the replica that has it, which
	// is told who waits. Exactly one of the two is not nil, if the error is. Any
	// error means that each replica is on its own.
	Board(ctx context.Context, key string, who []quota.Waiter) (Lease, Follow, error)
	// Renew returns the newest of what is held under a key, here and by peers.
	// What they have is held here afterwards, too.
	Renew(key string) (*cache.Entry, bool)
	// Remember has those told who come later that the list under a key holds objects.
	Remember(key string)
}

// Lease is the right to fetch on behalf of all replicas. It ends with Land, Fail
// or Close, whichever is first.
type Lease interface {
	// Left tells that the request has its slot of the quota.
	Left()
	// Land hands out what was fetched. An error means that peers cannot have it.
	Land(*cache.Entry) error
	// Fail tells why upstream failed, and for how long it must not be asked.
	Fail(reason string, pause time.Duration)
	// Close gives the lease up without a result.
	Close()
	// OnJoin has f called for everyone who waits at a peer.
	OnJoin(f func(quota.Waiter))
}

// Follow is the place of a replica that waits for the flight of another.
type Follow interface {
	// Next waits for what happens. After anything but PeerLeft there is no more.
	Next(ctx context.Context) (PeerEvent, error)
	// Join tells of one more who waits here.
	Join(quota.Waiter)
	Close()
}

// PeerEvent is what happened to the flight of a peer.
type PeerEvent struct {
	Kind   PeerEventKind
	Reason string        // of PeerFailed: why, a token
	Pause  time.Duration // of PeerFailed: for how long upstream must not be asked
}

// PeerEventKind is a kind of PeerEvent.
type PeerEventKind uint8

// The kinds.
const (
	PeerLeft   PeerEventKind = iota // its request has its slot of the quota
	PeerLanded                      // the page is there
	PeerFailed                      // upstream failed
	PeerOver                        // there is no result, or nobody can tell
)

// alone is the lease of a replica that is on its own.
type alone struct{}

func (alone) Left()                       {}
func (alone) Land(*cache.Entry) error     { return nil }
func (alone) Fail(string, time.Duration)  {}
func (alone) Close()                      {}
func (alone) OnJoin(func(w quota.Waiter)) {}

// newest returns the newest of what is cached, by peers too: it is looked for
// before a request is spent.
func (f *Fetcher) newest(key string) *cache.Entry {
	get := f.store.Get
	if f.peers != nil {
		get = f.peers.Renew
	}
	cached, _ := get(key)
	return cached
}

// lease returns the right to fetch, or what the fetch of a peer has brought.
func (f *Fetcher) lease(ctx context.Context, res *ll2.Resource, c *call, newerThan time.Time) (Lease, *Result, error) {
	if f.peers == nil {
		return alone{}, nil, nil
	}
	for {
		lease, follow, err := f.peers.Board(ctx, res.Key, c.request.Waiters())
		switch {
		case ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case err != nil:
			return alone{}, nil, nil
		case lease != nil:
			return f.lead(res, c, lease, newerThan)
		}
		if result, err := f.follow(ctx, res, c, follow, newerThan); result != nil || err != nil {
			return nil, result, err
		}
	}
}

// lead looks once more: a peer may have stored after the last look, and before the
// lease was to be had.
func (f *Fetcher) lead(res *ll2.Resource, c *call, lease Lease, newerThan time.Time) (Lease, *Result, error) {
	if cached := f.newest(res.Key); suits(cached, newerThan) {
		lease.Close()
		return nil, &Result{Entry: cached}, nil
	}
	lease.OnJoin(func(w quota.Waiter) { c.request.Join(w) })
	return lease, nil, nil
}

// follow waits for the fetch of a peer. It returns neither a result nor an error if
// that brought nothing.
func (f *Fetcher) follow(ctx context.Context, res *ll2.Resource, c *call, follow Follow, newerThan time.Time) (*Result, error) {
	defer follow.Close()
	c.followed(follow)
	defer c.followed(nil)
	for {
		event, err := follow.Next(ctx)
		if err != nil {
			return nil, err
		}
		switch event.Kind {
		case PeerLeft:
			c.grant()
		case PeerLanded:
			previous, _ := f.store.Get(res.Key)
			cached := f.newest(res.Key)
			if !suits(cached, newerThan) {
				return nil, nil
			}
			f.stored(res, cached, previous)
			return &Result{Entry: cached, Stored: true, Origin: FromPeer}, nil
		case PeerFailed:
			f.breaker.fail(res.Key, time.Now(), event.Pause, event.Reason)
			return nil, &UnavailableError{event.Reason, event.Pause}
		default:
			return nil, nil
		}
	}
}
