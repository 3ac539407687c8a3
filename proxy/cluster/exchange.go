package cluster

import (
	"context"
	"errors"
	"sync"
	"time"

	"perigee/cache/record"
	"perigee/proxy/quota"
)

// situation is what there is to do with a request now.
type situation struct {
	role      role
	sends     bool // this replica sends upstream requests
	hasLeader bool // somebody does, as far as is known
}

// exchange is what replicas ask of each other: a follower hands requests to the
// replica that leads, and that one answers. All methods may be called from many
// goroutines.
type exchange struct {
	self     string
	store    store
	observer Observer
	now      func() situation
	retry    time.Duration // when to come back if nobody leads
	fetch    Fetch         // for others
	life     context.Context
	running  sync.WaitGroup // of what is fetched for others
	send     chan struct{}  // holds a token when there is something to send

	mu      sync.Mutex // guards all below
	pending pending
	served  served
	outbox  outbox
	closed  bool // nothing is fetched for others any more
}

func newExchange(o Options, s store, self string, life context.Context, now func() situation) *exchange {
	return &exchange{
		self: self, store: s, observer: o.Observer, now: now, retry: max(o.Lease, time.Second), life: life,
		send: make(chan struct{}, 1), pending: newPending(), served: served{all: make(map[origin]*serving)},
	}
}

// turn has everything asked again, of whoever leads now, and forgets what was asked
// of this replica.
func (x *exchange) turn() {
	x.mu.Lock()
	x.served.clear()
	x.pending.again()
	x.mu.Unlock()
	signal(x.send)
}

// again has everything asked again.
func (x *exchange) again() {
	x.mu.Lock()
	x.pending.again()
	x.mu.Unlock()
	signal(x.send)
}

// close ends what is fetched for others, and waits for it.
func (x *exchange) close() {
	x.mu.Lock()
	x.closed = true
	x.served.clear()
	x.mu.Unlock()
	x.running.Wait()
}

// sweep forgets what nobody asks for any more.
func (x *exchange) sweep(now time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.served.sweep(now)
}

// waiting is how many requests are with the replica that leads.
func (x *exchange) waiting() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.pending.all)
}

// delegate has the replica that leads fetch a page: see Node.Delegate.
func (x *exchange) delegate(ctx context.Context, page Resource, w quota.Waiter, newer time.Time, whole bool) (f Fetched, err error) {
	begun := time.Now()
	x.mu.Lock()
	r := x.pending.add(page, w, newer, whole)
	x.mu.Unlock()
	signal(x.send)
	defer func() {
		x.mu.Lock()
		x.pending.remove(r)
		x.mu.Unlock()
		signal(x.send)
		x.observer.FetchDelegated(outcomeOf(err), time.Since(begun))
	}()
	// Whoever leads heeds the patience of the waiter. Here it counts only if nobody does.
	patience := time.NewTimer(time.Until(w.Deadline))
	defer patience.Stop()
	for {
		is := x.now()
		if is.sends {
			return Fetched{}, ErrSends
		}
		select {
		case a := <-r.answered:
			return a.result()
		case <-ctx.Done():
			return Fetched{}, ctx.Err()
		case <-x.life.Done():
			return Fetched{}, context.Canceled
		case <-is.role.over:
		case <-patience.C:
			if !x.now().hasLeader {
				return Fetched{}, &quota.RefusedError{Reason: quota.Learning, RetryAfter: x.retry}
			}
			patience.Reset(resendAfter)
		}
	}
}

func outcomeOf(err error) string {
	var refused *quota.RefusedError
	var failed *FailedError
	switch {
	case err == nil:
		return "fetched"
	case errors.As(err, &refused):
		return "refused"
	case errors.As(err, &failed):
		return "failed"
	}
	return "left"
}

// hearRequests takes up what another replica asks for. It is called by the
// goroutine that reads from the server.
func (x *exchange) hearRequests(from string, body []byte) {
	var m requests
	if !parse(body, &m) {
		return
	}
	now, is := time.Now(), x.now()
	if is.role.kind != leading || !is.sends {
		return // who leads next is asked again
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return
	}
	for _, r := range m.Fetch {
		o := origin{from, r.ID}
		ctx, cancel := context.WithCancel(is.role.ctx)
		again, fresh := x.served.begin(o, cancel, now)
		switch {
		case fresh:
			x.running.Go(func() { x.serve(ctx, o, r, now) })
			continue
		case again != nil:
			x.outbox.add(from, *again)
			signal(x.send)
		}
		cancel()
	}
	for _, id := range m.Left {
		x.served.leave(origin{from, id})
	}
}

func (x *exchange) forget(o origin) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.served.leave(o)
}

// serve fetches for a waiter of another replica as for one of this.
func (x *exchange) serve(ctx context.Context, o origin, r request, asked time.Time) {
	w := quota.Waiter{
		Client: r.Client, Priority: min(r.Priority, quota.Speculative),
		Deadline: asked.Add(time.Duration(min(max(r.Wait, 0), longestPause.Milliseconds())) * time.Millisecond),
	}
	var newer time.Time
	if r.Age != nil {
		newer = asked.Add(-time.Duration(max(*r.Age, 0)) * time.Millisecond)
	}
	f, err := x.fetch(ctx, Resource{string(r.Key), string(r.Target), string(r.Accept)}, w, newer)
	a := answer{ID: o.id, Fetched: err == nil, Asked: f.Asked, Led: f.Led}
	var refused *quota.RefusedError
	var failed *FailedError
	switch {
	case err == nil:
		if r.Whole && f.Entry != nil {
			a.Page = record.Encode(f.Entry)
		}
	case errors.As(err, &refused):
		a.Refused, a.After = refused.Reason, refused.RetryAfter.Milliseconds()
	case errors.As(err, &failed):
		a.Failed, a.After = failed.Reason, failed.Pause.Milliseconds()
	default:
		if ctx.Err() != nil || !x.now().sends {
			x.forget(o) // nobody waits, or who leads next is asked again
			return
		}
		a.Failed = "internal"
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.served.end(o, a, time.Now())
	x.outbox.add(o.replica, a)
	signal(x.send)
}

// hearAnswers wakes those who wait. It is called by the goroutine that reads from
// the server.
func (x *exchange) hearAnswers(_ string, body []byte) {
	var m answers
	if !parse(body, &m) || m.To != x.self {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, a := range m.Answers {
		x.pending.answer(a)
	}
}

// outbox is what is to be told to other replicas.
type outbox struct{ answers map[string][]answer }

func (o *outbox) add(to string, a answer) {
	if o.answers == nil {
		o.answers = make(map[string][]answer)
	}
	o.answers[to] = append(o.answers[to], a)
}

// take returns one message, if there is any.
func (o *outbox) take() (answers, bool) {
	for to, all := range o.answers {
		n := min(len(all), batch)
		if len(all) == n {
			delete(o.answers, to)
		} else {
			o.answers[to] = all[n:]
		}
		return answers{To: to, Answers: all[:n]}, true
	}
	return answers{}, false
}

// deliver sends requests and answers: while one message is on its way the next
// gathers. What does not arrive is sent again, since it is asked for again.
func (x *exchange) deliver() {
	ticker := time.NewTicker(resendAfter)
	defer ticker.Stop()
	for {
		select {
		case <-x.life.Done():
			return
		case <-x.send:
		case <-ticker.C:
		}
		for x.deliverOne() {
		}
	}
}

// deliverOne sends one message of each kind, and reports whether there was any.
func (x *exchange) deliverOne() bool {
	follows := x.now().role.kind == following
	x.mu.Lock()
	out, some := x.outbox.take()
	var in requests
	if follows {
		in = x.pending.take(time.Now())
	}
	x.mu.Unlock()
	if some {
		_ = x.store.publish(x.life, kindAnswers, out)
	}
	if len(in.Fetch)+len(in.Left) > 0 {
		_ = x.store.publish(x.life, kindRequests, in)
		some = true
	}
	return some
}
