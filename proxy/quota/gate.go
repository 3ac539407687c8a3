package quota

import (
	"context"
	"crypto/rand"
	"sync"
	"time"
)

// Gate lets requests through to upstream: never more than upstream grants, and in
// fair turns. It is the broker with a lock, a clock and a timer; all its methods
// are safe for concurrent use. Nobody but its callers runs any goroutine, and
// there is nothing to close.
//
// With a Pool, upstream's quota is shared with other replicas. Somebody must run
// Share then.
type Gate struct {
	observer Observer
	saver    saver
	mail     mail

	mu     sync.Mutex // guards all below; never held while calling out
	broker *broker
	wake   *time.Timer   // runs while demands wait
	poke   chan struct{} // holds a token when the next report may be due sooner
	moves  uint64        // changes so far, of which the saver keeps the latest
}

// New returns a gate through which nothing has gone yet.
func New(o Options) (*Gate, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	l := newLedger(o.Limit, o.Period, time.Now())
	l.idle = o.Idle
	if o.Pool != nil {
		l.pool = newPooled(o.Replica, rand.Text(), o.Hold, time.Now())
	}
	g := &Gate{
		observer: o.Observer,
		saver:    saver{save: o.Save},
		mail:     newMail(o.Pool),
		broker:   newBroker(l, limits{reserve: o.Reserve, queue: o.Queue, fanout: o.Fanout}),
		poke:     make(chan struct{}, 1),
	}
	g.wake = time.AfterFunc(maxPeriod, g.tick)
	g.wake.Stop()
	return g, nil
}

// Acquire waits for a slot on behalf of all who wait for d, and returns it. It
// returns at once
//   - a *RefusedError if no slot will come before the last of them loses patience;
//   - ErrNobodyWaits when the last of them has left.
//
// If ctx ends first the error is its, and nothing is spent. A demand that has had
// its Grant must not be used again, unless that was returned unused.
func (g *Gate) Acquire(ctx context.Context, d *Demand) (*Grant, error) {
	for {
		slot, err := g.allotted(ctx, d)
		if err != nil {
			return nil, err
		}
		if g.take(slot) {
			g.keep()
			return &Grant{gate: g, demand: d, slot: slot}, nil
		}
		g.change(func(b *broker, now time.Time) { b.unused(&d.want, slot, now) })
	}
}

// allotted waits until the broker has decided.
func (g *Gate) allotted(ctx context.Context, d *Demand) (*slot, error) {
	decided := make(chan struct{})
	g.change(func(b *broker, now time.Time) {
		d.slot, d.refusal, d.decided = nil, nil, decided
		b.ask(&d.want, now)
	})
	select {
	case <-decided:
	case <-ctx.Done():
		g.change(func(b *broker, _ time.Time) { b.abandon(&d.want) })
		<-decided // it may have been granted in between
	}
	slot := d.slot
	switch {
	case slot != nil && ctx.Err() != nil:
		g.change(func(b *broker, now time.Time) { b.unused(&d.want, slot, now) })
		return nil, ctx.Err()
	case slot != nil:
		return slot, nil
	case d.refusal != nil:
		return nil, d.refusal
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, ErrNobodyWaits
}

// change lets something happen, and tells those whom it decides about.
func (g *Gate) change(event func(b *broker, now time.Time)) {
	g.mu.Lock()
	now := time.Now()
	event(g.broker, now)
	notes := g.collect(now)
	g.moves++
	g.arm(now)
	g.nudge()
	g.mu.Unlock()
	for _, n := range notes {
		n.tell(g.observer)
	}
}

// arm sets the timer for what happens by time alone, and wakes who waits for the
// next report to be due.
func (g *Gate) arm(now time.Time) {
	if next := g.broker.next(now); next.IsZero() {
		g.wake.Stop()
	} else {
		g.wake.Reset(next.Sub(now))
	}
	select {
	case g.poke <- struct{}{}:
	default:
	}
}

func (g *Gate) tick() {
	g.change(func(b *broker, now time.Time) { b.pump(now) })
}

// collect releases the flights that are decided. What was decided is written
// before the channel is closed, and read by them only after.
func (g *Gate) collect(now time.Time) []note {
	decided := g.broker.decided
	g.broker.decided = nil
	notes := make([]note, 0, len(decided))
	for _, w := range decided {
		n := note{priority: w.priority, granted: w.slot != nil, refusal: w.refusal}
		if !w.asked.IsZero() {
			n.waited = max(now.Sub(w.asked), 0)
		}
		notes = append(notes, n)
		close(w.decided)
	}
	return notes
}

// note is one decision, to be told when the lock is released.
type note struct {
	priority Priority
	granted  bool
	refusal  *RefusedError
	waited   time.Duration
}

func (n note) tell(o Observer) {
	switch {
	case n.granted:
		o.QuotaGranted(n.priority.String(), n.waited)
	case n.refusal != nil:
		o.QuotaRefused(n.priority.String(), string(n.refusal.Reason), n.waited)
	default:
		o.QuotaDropped(n.priority.String())
	}
}

// View tells how the quota looks to a client at this moment. It counts as no
// demand of the client's.
func (g *Gate) View(client string, now time.Time) View {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.broker.view(client, now)
}

// Stats tells the state of the whole.
func (g *Gate) Stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.broker.stats(time.Now())
}

// TopClients returns the n clients that have spent most in the window, at most,
// the first first.
func (g *Gate) TopClients(n int) []ClientUse {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.broker.top(n, time.Now())
}
