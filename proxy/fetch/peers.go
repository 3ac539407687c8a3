package fetch

import (
	"context"
	"errors"
	"net/http"
	"time"

	"perigee/cache"
	"perigee/proxy/cluster"
	"perigee/proxy/ll2"
	"perigee/proxy/quota"
	"perigee/proxy/upstream"
)

// Peers are the replicas that share a cache and a quota: one of them sends upstream
// requests for all. All methods may be called from many goroutines.
type Peers interface {
	// Sends reports whether this replica is the one. The context ends with that.
	Sends() (ctx context.Context, sends bool)
	// Delegate has the one that is fetch a resource for a waiter here, and waits for
	// it. If whole, the page comes with the answer, since it is not where Newest looks.
	// The errors are a *quota.RefusedError, a *cluster.FailedError, cluster.ErrSends
	// if this replica is the one by now, and that of ctx.
	Delegate(ctx context.Context, res cluster.Resource, w quota.Waiter, newerThan time.Time, whole bool) (cluster.Fetched, error)
	// Newest returns the newest of what is cached under a key, here and by peers.
	// What they have is cached here afterwards, too.
	Newest(key string) (*cache.Entry, bool)
}

// errFollows is why a call ends without a result when another replica is to send, or
// what is spent could not be written down: whoever waits asks again.
var errFollows = errors.New("fetch: another replica sends")

const (
	// retrySave is how long after a failure it is tried again to write down what is
	// spent.
	retrySave = 50 * time.Millisecond
	// clockSkew is how far the clocks of replicas may be apart.
	clockSkew = time.Second
)

// sends reports whether this replica sends upstream requests.
func (f *Fetcher) sends() bool {
	if f.peers == nil {
		return true
	}
	_, sends := f.peers.Sends()
	return sends
}

// newest returns the newest of what is cached, by peers too: it is looked for
// before a request is spent.
func (f *Fetcher) newest(key string) *cache.Entry {
	get := f.store.Get
	if f.peers != nil {
		get = f.peers.Newest
	}
	cached, _ := get(key)
	return cached
}

// acquire waits for the quota, for as long as this replica sends.
func (f *Fetcher) acquire(ctx context.Context, c *call) (*quota.Grant, error) {
	if f.peers == nil {
		return f.gate.Acquire(ctx, c.request)
	}
	leads, sends := f.peers.Sends()
	if !sends {
		return nil, errFollows
	}
	waits, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(leads, cancel)()
	grant, err := f.gate.Acquire(waits, c.request)
	switch {
	case err == nil || ctx.Err() != nil:
		return grant, err
	case errors.Is(err, quota.ErrNotSaved):
		select { // the server may be back in a moment
		case <-time.After(retrySave):
		case <-waits.Done():
		}
		return nil, errFollows
	case leads.Err() != nil:
		return nil, errFollows
	}
	return nil, err
}

// delegate has another replica fetch. started tells that upstream was asked for this
// very waiter.
func (f *Fetcher) delegate(ctx context.Context, res *ll2.Resource, req Request) (result *Result, started bool, err error) {
	page := cluster.Resource{Key: res.Key, Target: res.Path + "?" + res.Query, Accept: res.Accept}
	previous, _ := f.store.Get(res.Key)
	for _, whole := range []bool{false, true} {
		got, err := f.peers.Delegate(ctx, page, req.Waiter, req.NewerThan, whole)
		if failed, ok := errors.AsType[*cluster.FailedError](err); ok {
			f.breaker.fail(res.Key, time.Now(), failed.Pause, failed.Reason)
			return nil, false, &UnavailableError{failed.Reason, failed.Pause}
		}
		if err != nil {
			return nil, false, err
		}
		e := f.received(res.Key, got.Entry, req.NewerThan)
		if e == nil {
			continue
		}
		f.stored(res, e, previous)
		result := &Result{Entry: e, Stored: true, Origin: FromPeer}
		if !got.Asked {
			result.Origin = FromCache
		}
		return result, got.Led, nil
	}
	return nil, false, &UnavailableError{"not-shared", time.Second}
}

// received returns what another replica has fetched: the page that it sent, or else
// what is in the tier that all share, nil if that is not what was asked for.
func (f *Fetcher) received(key string, sent *cache.Entry, newerThan time.Time) *cache.Entry {
	if sent == nil {
		e := f.newest(key)
		if e == nil || e.State(time.Now()) == cache.Dead || !newerThan.IsZero() && !e.Answered.After(newerThan.Add(-clockSkew)) {
			return nil
		}
		return e
	}
	e := f.rebuild(sent)
	if e == nil || e.Key != key {
		return nil
	}
	_ = f.store.Put(e) // at least here; a tier that fails tells that by itself
	return e
}

// ForPeer fetches for a waiter of another replica, as Fetch does for one of this. It
// is a cluster.Fetch.
func (f *Fetcher) ForPeer(ctx context.Context, page cluster.Resource, w quota.Waiter, newerThan time.Time) (cluster.Fetched, error) {
	res, ok := ResourceOf(&cache.Entry{Key: page.Key, Target: page.Target, Accept: page.Accept})
	if !ok {
		return cluster.Fetched{}, &cluster.FailedError{Reason: "version", Pause: pauseAfterAnswer}
	}
	if err := f.breaker.check(res.Key, time.Now()); err != nil {
		return cluster.Fetched{}, &cluster.FailedError{Reason: err.Reason, Pause: err.RetryAfter}
	}
	result, started, err := f.fetchHere(ctx, &res, Request{Waiter: w, NewerThan: newerThan})
	switch {
	case err == nil && result.Fault == "":
		return cluster.Fetched{Entry: result.Entry, Asked: result.Origin == FromUpstream, Led: started}, nil
	case err == nil && result.Entry.Status == http.StatusTooManyRequests:
		return cluster.Fetched{}, &quota.RefusedError{Reason: quota.Closed, RetryAfter: f.gate.View(w.Client, time.Now()).Next}
	case err == nil:
		return cluster.Fetched{}, &cluster.FailedError{Reason: result.Fault, Pause: pauseAfterAnswer}
	}
	if unavailable, ok := errors.AsType[*UnavailableError](err); ok {
		return cluster.Fetched{}, &cluster.FailedError{Reason: unavailable.Reason, Pause: unavailable.RetryAfter}
	}
	if failure, ok := errors.AsType[*upstream.Error](err); ok {
		pause := pauseAfterUnsent
		if failure.Sent {
			pause = pauseAfterAnswer
		}
		return cluster.Fetched{}, &cluster.FailedError{Reason: FailureReason(err), Pause: pause}
	}
	return cluster.Fetched{}, err
}
