// Package cluster has the replicas of one Valkey server spend one quota: one of them
// leads, and is the only one that sends upstream requests. The others hand it what
// they miss, and are woken when the page is in the tier that all share.
//
// Who leads holds a lease, with a number that grows with every term. What is spent
// is written to the server before each request, under that number: a replica that
// leads no more cannot write, and so does not send. The next one goes on from what
// was written. While the server cannot be reached nobody leads, and a replica may
// spend a part of the quota if upstream tells what others have spent.
//
// Beneath the Node, which has a clock, a lock and goroutines, everything is a state
// machine that is told what happens and when: election, pending and served. The
// quota.Gate decides about the quota, here as on one machine.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"perigee/cache"
	"perigee/cache/valkey"
	"perigee/proxy/quota"
)

// Options are the settings of a Node.
type Options struct {
	// Client reaches the server. It is started by its owner, after New, and closed
	// after the Node. Required.
	Client *valkey.Client
	// Quota is the same for replicas that upstream counts as one: letters, digits,
	// dots, dashes and underscores. Required.
	Quota string
	// Lease is how long a replica leads that is not heard from. If zero, 5 seconds.
	Lease time.Duration
	// Reports tells that upstream says what is spent of the quota: then a replica
	// that cannot reach the server may spend a part of it. Otherwise it spends nothing.
	Reports bool
	// Unlimited tells that there is no quota: nothing is written, and a replica that
	// cannot reach the server sends its own requests.
	Unlimited bool
	// Spent tells that a ledger from before this process was restored into the gate.
	Spent bool
	// Save keeps what is spent on this machine, too. If nil, nothing does.
	Save func(snapshot []byte)
	// Observer, if not nil, is told of requests that were handed over.
	Observer Observer
	// Logger is told who leads. If nil, nobody is.
	Logger *slog.Logger
}

// Observer is told what happens. Its arguments are of basic types, so that an
// implementation need not know this package.
type Observer interface {
	// FetchDelegated: a request that was handed to the replica that leads came to an
	// end after so long: "fetched", "refused", "failed", or "left" if nobody waited
	// any more or another replica was to be asked.
	FetchDelegated(outcome string, took time.Duration)
}

const defaultLease = 5 * time.Second

// check fills in defaults.
func (o *Options) check() error {
	if o.Lease == 0 {
		o.Lease = defaultLease
	}
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Lease < 100*time.Millisecond {
		return fmt.Errorf("cluster: the lease is %v", o.Lease)
	}
	return nil
}

type nobody struct{}

func (nobody) FetchDelegated(string, time.Duration) {}

// Resource is a page that can be fetched.
type Resource struct {
	Key            string // in the cache
	Target, Accept string // what upstream is asked
}

// Fetched is what a fetch has brought.
type Fetched struct {
	// Entry is the page; nil if it is to be found in the tier that all share.
	Entry *cache.Entry
	// Asked tells that upstream was asked, and Led that it was for this waiter: the
	// others came to wait for the same.
	Asked, Led bool
}

// Fetch fetches a page for one waiter, as for a client of this replica, coalesced
// with whoever wants the same and within the quota. What was not answered after
// newer will not do, unless that is zero. It returns when the page is stored in the
// tier that all share; the errors are a *quota.RefusedError, a *FailedError and that
// of ctx.
type Fetch func(ctx context.Context, r Resource, w quota.Waiter, newer time.Time) (Fetched, error)

// FailedError says that upstream failed.
type FailedError struct {
	Reason string        // a token
	Pause  time.Duration // for which it is not asked again
}

// Error tells both.
func (e *FailedError) Error() string {
	return fmt.Sprintf("cluster: upstream failed (%s), and is asked again in %s", e.Reason, e.Pause)
}

// ErrSends is the error of Delegate when this replica is to send its own requests.
var ErrSends = errors.New("cluster: this replica sends its own requests")

var errFollows = errors.New("another replica leads")

// Status is who leads, as this replica knows it.
type Status struct {
	// Leading tells that this replica does, Alone that it spends its part of the
	// quota without the server. Leader is who leads; "" if nobody does.
	Leading, Alone bool
	Leader         string
	// Since is when that began, as far as this replica knows.
	Since time.Time
	// Replicas is how many were heard from lately, and Missing how many were not and
	// did not leave.
	Replicas, Missing int
	// Terms counts the terms of this replica, and HandedOver those that it gave up
	// when it was closed.
	Terms, HandedOver uint64
	// Pending is how many requests are with the replica that leads now.
	Pending int
}
