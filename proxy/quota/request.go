package quota

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Priority is what a fetch is worth: the lower the value, the sooner it is sent.
type Priority uint8

// The priorities, most urgent first.
const (
	// Waiting is a client that waits for a page of which nothing is cached. Only it
	// may use the reserve.
	Waiting Priority = iota
	// Stale is a client that has, or can be served, a stale page.
	Stale
	// Refresh is background work for a page that is asked for.
	Refresh
	// Speculative is all other background work.
	Speculative
)

var priorityNames = [...]string{"waiting", "stale", "refresh", "speculative"}

// String returns the name that an Observer is told.
func (p Priority) String() string { return priorityNames[min(p, Speculative)] }

// background reports whether no client waits for the fetch.
func (p Priority) background() bool { return p >= Refresh }

// Reason is why no slot was granted, one of a closed set.
type Reason string

// The reasons.
const (
	Spent     Reason = "spent"      // no slot returns in time
	Share     Reason = "share"      // the client has used its fair share, and others want theirs
	Closed    Reason = "closed"     // upstream answered 429, and the time it asked for is not over
	Learning  Reason = "learning"   // what is spent is not known yet
	Busy      Reason = "busy"       // as many fetches are under way for the client as may be
	QueueFull Reason = "queue-full" // the requests that wait come first
)

var (
	// ErrNotSaved is wrapped by the error of Acquire if the snapshot with the slot was
	// not saved. Nothing was spent.
	ErrNotSaved = errors.New("quota: what is spent could not be saved")
	errStandby  = errors.New("on standby")
)

// ErrNobodyWaits is the error of a fetch request whose last waiter left before it
// had a slot. Nothing was spent.
var ErrNobodyWaits = errors.New("quota: nobody waits")

// RefusedError says that no slot will come in time.
type RefusedError struct {
	// RetryAfter is how long until a slot that can really be expected, at least one
	// second. It is that of the waiter who would be served first; for one client
	// ask Gate.View.
	RetryAfter time.Duration
	Reason     Reason
}

// Error tells both.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("quota: refused (%s), retry after %s", e.Reason, e.RetryAfter)
}

// Waiter describes one that waits for a fetch.
type Waiter struct {
	// Client is who is charged. If empty, nobody is, as for background work.
	Client string
	// Priority is what the fetch is worth to this waiter.
	Priority Priority
	// Deadline is when its patience ends. If zero, it takes a slot that is free at
	// once, or none; background work, too, should have the few seconds that a report
	// may take. A fetch request waits for as long as any of its waiters does: one
	// whose patience ends earlier must leave by itself.
	Deadline time.Time
}

// fetchRequest is one fetch that somebody wants, and all who wait for it.
type fetchRequest struct {
	waiters    map[*Waiter]struct{}
	priorities [Speculative + 1]int // how many waiters have each
	priority   Priority             // the most urgent of the waiters
	deadline   time.Time            // the latest of the waiters
	clients    clientSet

	seq    uint64    // order of arrival in the queue; zero: it has not been there
	asked  time.Time // when it was queued first
	queued bool      // it waits in the queue

	// How it was decided: by a slot, by a refusal, or, with neither, because nobody
	// waits any more.
	slot    *slot
	refusal *RefusedError
	decided chan struct{} // closed by the Gate when it is
}

// join adds a waiter.
func (r *fetchRequest) join(w *Waiter) {
	if r.waiters == nil {
		r.waiters = map[*Waiter]struct{}{}
	}
	r.waiters[w] = struct{}{}
	r.clients.add(w.Client)
	r.priorities[min(w.Priority, Speculative)]++
	r.priority = r.mostUrgent()
	if w.Deadline.After(r.deadline) {
		r.deadline = w.Deadline
	}
}

// leave removes a waiter and reports whether it was there. Once a slot is granted
// its client is charged nevertheless: the request was sent for it, too.
func (r *fetchRequest) leave(w *Waiter) bool {
	if _, ok := r.waiters[w]; !ok {
		return false
	}
	delete(r.waiters, w)
	r.priorities[min(w.Priority, Speculative)]--
	if r.slot != nil {
		return true
	}
	r.clients.remove(w.Client)
	r.priority = r.mostUrgent()
	if !w.Deadline.Before(r.deadline) { // so that a crowd that leaves costs no loop each
		r.deadline = r.latestDeadline()
	}
	return true
}

// withdraw makes the request what it was before it had a slot: clients that have
// left since are not charged.
func (r *fetchRequest) withdraw() {
	r.slot, r.clients = nil, clientSet{}
	for w := range r.waiters {
		r.clients.add(w.Client)
	}
	r.priority, r.deadline = r.mostUrgent(), r.latestDeadline()
}

func (r *fetchRequest) mostUrgent() Priority {
	for p, n := range r.priorities {
		if n > 0 {
			return Priority(p)
		}
	}
	return Speculative
}

func (r *fetchRequest) latestDeadline() (latest time.Time) {
	for w := range r.waiters {
		if w.Deadline.After(latest) {
			latest = w.Deadline
		}
	}
	return latest
}

// candidates are the clients of which one must be allowed a slot: the others come
// along. Background work, and a fetch that charges nobody, is asked for by "".
func (r *fetchRequest) candidates() []string {
	if charged := r.clients.charged(); len(charged) > 0 && !r.priority.background() {
		return charged
	}
	return []string{""}
}

const (
	// wholeRequest is one request in micro-requests, in which clients are charged so
	// that equal parts are whole numbers.
	wholeRequest = 1_000_000
	// maxCharged is how many clients are charged for one request at most, and decide
	// how it is ranked. Where more wait, each owes so little that the rest is
	// forgiven.
	maxCharged = 64
)

// charge is the part of a request that one client is charged.
type charge struct {
	client string
	micro  int64 // micro-requests
}

// clientSet is the clients that wait for one fetch, each once however many of its
// requests wait, in the order in which they came.
type clientSet struct {
	names []string
	count map[string]int
}

func (s *clientSet) add(client string) {
	if client == "" {
		return
	}
	if s.count == nil {
		s.count = map[string]int{}
	}
	if s.count[client]++; s.count[client] == 1 {
		s.names = append(s.names, client)
	}
}

func (s *clientSet) remove(client string) {
	if client == "" {
		return
	}
	if s.count[client]--; s.count[client] > 0 {
		return
	}
	delete(s.count, client)
	if i := slices.Index(s.names, client); i >= 0 {
		s.names = slices.Delete(s.names, i, i+1)
	}
}

// charged are those that pay, and whose spending decides how the request is ranked.
func (s *clientSet) charged() []string { return s.names[:min(len(s.names), maxCharged)] }

// split charges all clients equal parts of one request, as far as they are charged.
func (s *clientSet) split() []charge {
	var charges []charge
	for _, client := range s.charged() {
		charges = append(charges, charge{client: client, micro: max(wholeRequest/int64(len(s.names)), 1)})
	}
	return charges
}
