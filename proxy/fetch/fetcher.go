// Package fetch brings what is not cached. However many want one resource at the
// same time, upstream is asked once, within the quota, and what it answers is
// inspected and stored before anyone sees it.
//
// A fetch belongs to no client: none ends it for the others by leaving. Where
// replicas share a cache, one of them fetches for all.
package fetch

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/cluster"
	"perigee/proxy/coalesce"
	"perigee/proxy/ll2"
	"perigee/proxy/quota"
	"perigee/proxy/upstream"
)

const (
	// maxConcurrent bounds the upstream requests under way at once, and with them
	// the memory that bodies take before they are stored.
	maxConcurrent = 32
	// decisionTime is what the quota is given to decide before a waiter leaves by
	// itself.
	decisionTime = 100 * time.Millisecond
	// refreshPatience is how long a refresh waits for a slot of the quota. It is
	// enough for the report of what others spent, which is asked for after a quiet
	// time.
	refreshPatience = 5 * time.Second
	// defaultTimeout is that of Options.
	defaultTimeout = 30 * time.Second
)

// Upstream is the one who dials. It is an interface so that tests can answer
// without sockets, inside a simulated clock.
type Upstream interface {
	// Get fetches one resource whole. It sends at most one request.
	Get(ctx context.Context, request upstream.Request) (*upstream.Answer, error)
	// Throttle asks for the report of what is spent, which is free of charge, and
	// returns it unread.
	Throttle(ctx context.Context) (report []byte, err error)
}

// Observer is told what happens. Its methods are called on the path of requests:
// they must be quick and safe for concurrent use.
type Observer interface {
	WaiterJoined()
	FetchStarted()
	FetchEnded()
	DowngradeRejected(reason string)
	DirectiveOverridden(directive string)
	PanicRecovered()
	ThrottleReportFailed()
}

// Options configure a Fetcher. All but Peers, Stored, Timeout and Observer are required.
type Options struct {
	Upstream Upstream
	// UpstreamURL is upstream's base as it stands in the links of its bodies.
	UpstreamURL *url.URL
	// Store gets what is fetched.
	Store cache.Tier
	// Policy decides how long answers are fresh.
	Policy *rfc9111.Policy
	// Gate lets upstream requests through, within the quota and in fair turns.
	Gate *quota.Gate
	// Peers are the replicas of which one fetches for all. If nil, there are none.
	Peers Peers
	// Stored is called with each entry that was stored, here or by a peer, and with
	// the one that it took the place of, which may be nil. If nil, nobody is told.
	Stored func(res *ll2.Resource, stored, previous *cache.Entry)
	// Timeout bounds one fetch for all who wait for it. If zero, 30 s.
	Timeout time.Duration
	// Observer is told what happens.
	Observer Observer
	// Logger gets what an operator should know.
	Logger *slog.Logger
}

// Request says how one caller wants a resource.
type Request struct {
	// Waiter is who waits, how urgently and for how long.
	Waiter quota.Waiter
	// NewerThan is what a cached answer must have been fetched after to be given
	// instead. If zero, any that is fresh is.
	NewerThan time.Time
}

// Origin tells where a Result is from.
type Origin uint8

// The origins.
const (
	FromCache    Origin = iota // it was cached by the time that the fetch began
	FromUpstream               // upstream was asked
	FromPeer                   // another replica asked upstream
)

// Result is what a fetch brought. All who waited for it share it.
type Result struct {
	Entry  *cache.Entry
	Origin Origin
	Stored bool
	// Fault says why the answer must not take the place of a good one, as one of
	// the Fault constants. If empty, it may.
	Fault string
}

// Fetcher fetches. It is safe for concurrent use.
type Fetcher struct {
	upstream Upstream
	store    cache.Tier
	peers    Peers // nil: there are none
	gate     *quota.Gate
	inspect  inspector
	rebuild  func(*cache.Entry) *cache.Entry
	stored   func(res *ll2.Resource, stored, previous *cache.Entry)
	timeout  time.Duration
	observer Observer
	log      *slog.Logger

	calls   *coalesce.Group[call, *Result]
	slots   chan struct{} // of upstream requests under way
	breaker breaker
}

// New returns a Fetcher.
func New(o Options) *Fetcher {
	if o.Stored == nil {
		o.Stored = func(_ *ll2.Resource, _, _ *cache.Entry) {}
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	f := &Fetcher{
		upstream: o.Upstream, store: o.Store, peers: o.Peers, gate: o.Gate, stored: o.Stored,
		inspect: newInspector(o), rebuild: Rebuilder(o.UpstreamURL), timeout: o.Timeout, observer: o.Observer, log: o.Logger,
		slots: make(chan struct{}, maxConcurrent),
	}
	f.calls = coalesce.NewGroup[call, *Result](coalesce.Options{
		Started: o.Observer.FetchStarted, Ended: o.Observer.FetchEnded,
		Panicked: func(key string, value any, stack []byte) {
			o.Observer.PanicRecovered()
			o.Logger.Error("panic in a fetch", "key", key, "panic", value, "stack", string(stack))
		},
	})
	return f
}

// Fetch returns what upstream answers to res now. started tells that this call
// caused the fetch, and did not join another's. When ctx ends, or the waiter's
// patience before the fetch has a slot of the quota, only this caller's wait ends.
//
// Errors are *UnavailableError, *quota.RefusedError, *upstream.Error,
// coalesce.ErrClosed, and that of ctx.
func (f *Fetcher) Fetch(ctx context.Context, res *ll2.Resource, req Request) (result *Result, started bool, err error) {
	if err := f.breaker.check(res.Key, time.Now()); err != nil {
		return nil, false, err
	}
	for {
		if f.sends() {
			result, started, err = f.fetchHere(ctx, res, req)
		} else {
			result, started, err = f.delegate(ctx, res, req)
		}
		changed := errors.Is(err, errFollows) || errors.Is(err, cluster.ErrSends)
		if !changed || ctx.Err() != nil {
			return result, started, err
		}
	}
}

// fetchHere fetches as long as this replica sends upstream requests. The error is
// errFollows if it does no more.
func (f *Fetcher) fetchHere(ctx context.Context, res *ll2.Resource, req Request) (result *Result, started bool, err error) {
	for {
		result, started, err = f.join(ctx, res, req)
		again := errors.Is(err, errFollows) && f.sends() && time.Now().Before(req.Waiter.Deadline)
		// All who waited before may have left in the moment that this one joined.
		if !again && !errors.Is(err, quota.ErrNobodyWaits) || ctx.Err() != nil {
			break
		}
	}
	if errors.Is(err, errFollows) && f.sends() { // what is spent cannot be written down
		err = &quota.RefusedError{Reason: quota.Learning, RetryAfter: time.Second}
	}
	return result, started, err
}

// join waits for the call that fetches res, which it starts if there is none.
func (f *Fetcher) join(ctx context.Context, res *ll2.Resource, req Request) (*Result, bool, error) {
	waiting, started, err := f.start(res, req)
	if err != nil {
		return nil, false, err
	}
	defer waiting.leave()
	if !started {
		f.observer.WaiterJoined()
	}
	result, err := waiting.wait(ctx, req.Waiter.Deadline)
	return result, started, err
}

// Refresh has a stale resource fetched with nobody waiting, if the quota has a
// slot to spare. It returns the detail that Cache-Status has for the stale answer:
// whether it is being refreshed.
func (f *Fetcher) Refresh(res *ll2.Resource) (detail string) {
	now := time.Now()
	if err := f.breaker.check(res.Key, now); err != nil {
		return "stale-upstream-" + err.Reason
	}
	req := Request{Waiter: quota.Waiter{Priority: quota.Refresh, Deadline: now.Add(refreshPatience)}}
	var err error
	if f.sends() {
		_, _, err = f.start(res, req)
	} else {
		_, _, err = f.calls.Join("refresh "+res.Key, nil, func(ctx context.Context, _ *call) (*Result, error) {
			result, _, err := f.delegate(ctx, res, req)
			return result, err
		})
	}
	if err != nil {
		return "stale-shutdown"
	}
	return "stale-while-revalidate"
}

// waiting is one caller's part in a call.
type waiting struct {
	*coalesce.Call[call, *Result]
	leave func()
}

// start joins the call for res, or starts it.
func (f *Fetcher) start(res *ll2.Resource, req Request) (w waiting, started bool, err error) {
	w.Call, started, err = f.calls.Join(res.Key,
		func(c *call) { w.leave = c.enter(f.gate, req.Waiter) },
		func(ctx context.Context, c *call) (*Result, error) { return f.run(ctx, res, c, req.NewerThan) },
	)
	return w, started, err
}

// wait returns the result of the call. The quota refuses a call when the last of
// its waiters loses patience; the deadline is for one who has less than the others.
func (w waiting) wait(ctx context.Context, deadline time.Time) (*Result, error) {
	patience := time.NewTimer(time.Until(deadline) + decisionTime)
	defer patience.Stop()
	granted := w.State().granted
	for {
		select {
		case <-w.Done():
			return w.Result()
		case <-granted:
			granted = nil
			patience.Stop()
		case <-patience.C:
			return nil, &quota.RefusedError{Reason: quota.Spent}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// run is one fetch. Every step can end it.
func (f *Fetcher) run(ctx context.Context, res *ll2.Resource, c *call, newerThan time.Time) (*Result, error) {
	// Look again. A client may look (1) before another's fetch stores (2), and join
	// (3) after that fetch has ended: without this look it would pay again.
	cached := f.newest(res.Key)
	if suits(cached, newerThan) {
		return &Result{Entry: cached}, nil
	}
	grant, err := f.acquire(ctx, c)
	if err != nil {
		return nil, err
	}
	defer grant.Close()
	c.grant()
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		grant.Unused()
		return nil, ctx.Err()
	}
	if !f.sends() {
		grant.Unused()
		return nil, errFollows
	}
	return f.ask(ctx, res, grant, cached)
}

// suits reports whether a cached entry answers a fetch that wants something newer
// than a moment.
func suits(cached *cache.Entry, newerThan time.Time) bool {
	return cached != nil && cached.State(time.Now()) == cache.Fresh && cached.Answered.After(newerThan)
}

// Close ends the fetches under way and waits for them.
func (f *Fetcher) Close() { f.calls.Close() }
