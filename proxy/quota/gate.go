// Package quota knows what upstream allows and what of it is spent, and decides
// who may spend the next request. Whoever fetches asks a Gate for a Grant, on
// behalf of all who wait, and sends nothing without one.
//
// The package asks nobody itself and knows nothing of HTTP. Beneath the Gate,
// which has a clock, a lock and a timer, everything is a state machine that is
// told what happens and when: the ledger counts what is spent, the budget adds
// what else keeps requests back, the usage is who spent how much, the queue who
// waits; the broker joins them.
package quota

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Gate grants requests to upstream: never more than upstream allows, and in fair
// shares. It is the broker with a lock, a clock and a timer; all its methods are
// safe for concurrent use. Nobody but its callers runs any goroutine, and there is
// nothing to close.
//
// Of processes that share a quota one is active, and the others stand by: see
// Standby, Follow and Activate.
type Gate struct {
	observer Observer
	save     func(snapshot []byte) error // nil: nothing is saved

	mu      sync.Mutex // guards all below; never held while calling out
	broker  *broker
	wake    *time.Timer   // runs while fetch requests wait
	changed chan struct{} // holds a token when the next report may be due sooner
	changes uint64        // so far

	saving chan struct{} // holds a token while something is saved, which guards saved
	saved  uint64        // the change up to which all is saved
}

// New returns a gate of which nothing is spent yet.
func New(o Options) (*Gate, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	b := newBudget(o.Limit, o.Period, time.Now())
	b.standby, b.hold = o.Standby, o.Hold
	g := &Gate{
		observer: o.Observer,
		save:     o.Save,
		broker:   newBroker(b, limits{reserve: o.Reserve, queue: o.Queue, fanout: o.Fanout}),
		changed:  make(chan struct{}, 1),
		saving:   make(chan struct{}, 1),
	}
	g.wake = time.AfterFunc(maxPeriod, g.tick)
	g.wake.Stop()
	return g, nil
}

// FetchRequest is one fetch that wants a slot, and those who wait for it, live:
// whoever joins and leaves changes how it is ranked for as long as it has none. All
// its methods are safe for concurrent use.
type FetchRequest struct {
	gate    *Gate
	request fetchRequest // guarded by the gate
}

// NewFetchRequest returns a request that nobody waits for yet. Acquire queues it.
func (g *Gate) NewFetchRequest() *FetchRequest { return &FetchRequest{gate: g} }

// Join adds a waiter, and returns what takes it away. Whoever joins before the
// fetch has ended is charged for it, even if it was granted already. If the last
// waiter leaves and nothing is granted yet, the request is dropped. To leave twice
// does nothing.
func (r *FetchRequest) Join(w Waiter) (leave func()) {
	r.gate.change(func(b *broker, now time.Time) { b.join(&r.request, &w, now) })
	return func() {
		r.gate.change(func(b *broker, now time.Time) { b.leave(&r.request, &w, now) })
	}
}

// Acquire waits for a slot on behalf of all who wait for r, and returns it. It
// returns at once
//   - a *RefusedError if no slot will come before the last of them loses patience;
//   - ErrNobodyWaits when the last of them has left;
//   - an error with ErrNotSaved if what is spent could not be saved.
//
// If ctx ends first the error is its, and nothing is spent. A request that has had
// its Grant must not be used again, unless that was returned unused.
func (g *Gate) Acquire(ctx context.Context, r *FetchRequest) (*Grant, error) {
	slot, err := g.decision(ctx, &r.request)
	if err != nil {
		return nil, err
	}
	if err := g.persist(); err != nil {
		g.change(func(b *broker, now time.Time) { b.unused(&r.request, slot, now) })
		return nil, fmt.Errorf("%w: %w", ErrNotSaved, err)
	}
	return &Grant{gate: g, request: &r.request, slot: slot}, nil
}

// decision waits until the broker has decided.
func (g *Gate) decision(ctx context.Context, r *fetchRequest) (*slot, error) {
	decided := make(chan struct{})
	g.change(func(b *broker, now time.Time) {
		r.slot, r.refusal, r.decided = nil, nil, decided
		b.ask(r, now)
	})
	select {
	case <-decided:
	case <-ctx.Done():
		g.change(func(b *broker, _ time.Time) {
			if r.queued {
				b.decide(r)
			}
		})
		<-decided // it may have been granted in between
	}
	slot := r.slot
	switch {
	case slot != nil && ctx.Err() != nil:
		g.change(func(b *broker, now time.Time) { b.unused(r, slot, now) })
		return nil, ctx.Err()
	case slot != nil:
		return slot, nil
	case r.refusal != nil:
		return nil, r.refusal
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
	g.changes++
	g.arm(now)
	g.mu.Unlock()
	for _, n := range notes {
		n.tell(g.observer)
	}
}

// arm sets the timer for what happens by time alone, and wakes AwaitReport.
func (g *Gate) arm(now time.Time) {
	if next := g.broker.next(now); next.IsZero() {
		g.wake.Stop()
	} else {
		g.wake.Reset(next.Sub(now))
	}
	select {
	case g.changed <- struct{}{}:
	default:
	}
}

func (g *Gate) tick() {
	g.change(func(b *broker, now time.Time) { b.pump(now) })
}

// collect wakes the fetches that are decided. How they were is written before the
// channel is closed, and read by them only after.
func (g *Gate) collect(now time.Time) []note {
	decided := g.broker.decided
	g.broker.decided = nil
	notes := make([]note, 0, len(decided))
	for _, r := range decided {
		n := note{priority: r.priority, granted: r.slot != nil, refusal: r.refusal}
		if !r.asked.IsZero() {
			n.waited = max(now.Sub(r.asked), 0)
		}
		notes = append(notes, n)
		close(r.decided)
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

// Grant is the right to send one request. It must be ended by Done, Throttled,
// Unused or Close; the first of them counts, and the others then do nothing. So
// that none is forgotten, whatever happens: defer Close.
type Grant struct {
	gate    *Gate
	request *fetchRequest
	slot    *slot
}

// Sent tells that the first byte of the request left. From then on it cannot be
// given back. Where that is known only afterwards, Done and Close do without it.
func (g *Grant) Sent() {
	g.gate.change(func(b *broker, now time.Time) { b.budget.dispatch(g.slot, b.advance(now)) })
}

// Done tells that the response head arrived at that time, whatever its status.
// All who waited, up to now, are charged equal parts. The slot returns one period
// and a margin after at.
func (g *Grant) Done(at time.Time) {
	g.end(func(b *broker, now time.Time) { b.done(g.request, g.slot, at, false, now) })
}

// Uncertain tells that a response head arrived at that time for which upstream may not
// have counted the request, as for a path that it does not know: Django REST Framework
// counts in views, and there was none. The slot counts as spent until a report says
// what upstream has counted.
func (g *Grant) Uncertain(at time.Time) {
	g.end(func(b *broker, now time.Time) { b.done(g.request, g.slot, at, true, now) })
}

// Throttled tells that upstream answered 429 at that time, to retry after so long
// (zero: it did not say). Nothing is sent until then, but for no longer than a
// period; a report that is asked for later ends that (see AwaitReport). Nobody is
// charged.
func (g *Grant) Throttled(at time.Time, after time.Duration) {
	g.end(func(b *broker, now time.Time) { b.throttled(g.slot, at, after, now) })
}

// Unused gives the slot back: no byte left, and none will. After Sent it is Close.
func (g *Grant) Unused() {
	g.end(func(b *broker, now time.Time) { b.unused(g.request, g.slot, now) })
}

// Close tells that no response head will come any more (a timeout, a broken
// connection): the request counts as spent now. After one of the other ends it
// does nothing.
func (g *Grant) Close() {
	g.end(func(b *broker, now time.Time) { b.done(g.request, g.slot, b.advance(now), true, now) })
}

func (g *Grant) end(event func(b *broker, now time.Time)) {
	g.gate.change(event)
	_ = g.gate.persist() // a snapshot that still has the slot under way errs on the safe side
}

// View is how the quota looks to a client at this moment. It does not count as a
// request of the client's.
func (g *Gate) View(client string, now time.Time) View {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.broker.forecast(now)
	return f.view(client, len(g.broker.queue))
}

// Stats is the state of the whole.
func (g *Gate) Stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.broker.forecast(time.Now())
	return f.stats(len(g.broker.queue))
}

// TopClients returns the clients that have spent most in the period, n at most, the
// first first.
func (g *Gate) TopClients(n int) []ClientUse {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.broker.forecast(time.Now())
	return f.top(n)
}

// Learn takes a report that was asked for and answered at these times. It reports
// whether the report was of use. With a fixed limit, a report with the same period
// tells what others spend and can lower the limit; any other is ignored. Whoever
// learns one report must go on as AwaitReport asks: the gate counts on it.
func (g *Gate) Learn(r Report, asked, answered time.Time) bool {
	var used bool
	g.change(func(b *broker, now time.Time) { used = b.learn(r, asked, answered, now) })
	_ = g.persist() // no grant waits for it
	return used
}

// ReportFailed tells that a report was asked for and none came. Nobody waits for
// it then.
func (g *Gate) ReportFailed() {
	g.change(func(b *broker, now time.Time) { b.learn(Report{}, now, now, now) })
}

// AwaitReport returns when a report should be asked for: at the start, every
// minute while requests are spent, before the first after a pause, and after a
// 429; never more often than every ten seconds. Answer it with Learn or
// ReportFailed. Only one goroutine may wait. The error is that of ctx.
func (g *Gate) AwaitReport(ctx context.Context) error {
	for ctx.Err() == nil {
		timer, due := g.untilReport()
		if due {
			return nil
		}
		select {
		case <-timer:
		case <-g.changed:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// untilReport reports whether a report is due, or returns what to wait for: nil if
// none is in sight.
func (g *Gate) untilReport() (<-chan time.Time, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.broker.advance(time.Now())
	due := g.broker.budget.reportDue(now, len(g.broker.queue) > 0)
	switch {
	case due.IsZero():
		return nil, false
	case due.After(now):
		return time.After(due.Sub(now)), false
	}
	g.broker.budget.reports.tried(now)
	return nil, true
}

// Restore goes on from a snapshot, which another process may have saved. It must
// come before the first fetch request, or while the gate is on standby. A request
// that was under way counts as spent. If the snapshot is damaged the error says so,
// and everything counts as spent until a report says otherwise, or a period has
// passed: for a missing one do not call this.
func (g *Gate) Restore(snapshot []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	return g.broker.restore(snapshot, now, now)
}

// AwaitFirstReport has the first grant wait a moment for a report: what was spent
// before is not known here. If none comes, nothing was.
func (g *Gate) AwaitFirstReport() {
	g.change(func(b *broker, now time.Time) { b.budget.reports.awaited = now.Add(firstReport) })
}

// Standby has nothing granted, asked for or saved from now on: another process has
// the quota. Whoever waits for a slot goes on waiting.
func (g *Gate) Standby() { g.turn(func(b *broker, _ time.Time) { b.budget.stand() }) }

// Follow takes over a snapshot of the process that has the quota, which was saved so
// long ago or longer, so that no two clocks need agree. The gate stands by. What was
// under way then may be sent for Options.Hold from now on. The error is that of a
// snapshot that cannot be read, which changes nothing.
func (g *Gate) Follow(snapshot []byte, age time.Duration) (err error) {
	g.turn(func(b *broker, now time.Time) { err = b.follow(snapshot, now, age) })
	return err
}

// AssumeExhausted has everything that is left count as spent by others until a
// report says otherwise, or a period has passed: what they have spent is not known.
func (g *Gate) AssumeExhausted() {
	g.turn(func(b *broker, now time.Time) { b.budget.assumeExhausted(b.advance(now)) })
}

// Activate ends a standby. Restore or Follow, if there is something to go on from,
// comes before it.
func (g *Gate) Activate() {
	g.turn(func(b *broker, now time.Time) {
		b.budget.activate(b.advance(now))
		b.pump(now)
	})
	_ = g.persist() // the next grant is not handed out without it
}

// turn is change for what must not come between a snapshot and its being saved.
func (g *Gate) turn(event func(b *broker, now time.Time)) {
	g.saving <- struct{}{}
	defer func() { <-g.saving }()
	g.change(event)
}

// SetCaution has the gate keep to c from now on.
func (g *Gate) SetCaution(c Caution) {
	g.change(func(b *broker, now time.Time) {
		b.budget.caution.Caution = c
		b.pump(now)
	})
}

// Persist saves the state once more, though nothing may have changed.
func (g *Gate) Persist() error {
	g.change(func(*broker, time.Time) {})
	return g.persist()
}

// persist returns when every change so far is saved. Snapshots are saved one at a
// time: whoever waits for another's is spared its own if the next holds its change,
// too. On standby another process keeps the record, and nothing may be granted.
func (g *Gate) persist() error {
	g.mu.Lock()
	mine, standby := g.changes, g.broker.budget.standby
	g.mu.Unlock()
	if standby {
		return errStandby
	}
	if g.save == nil {
		return nil
	}
	g.saving <- struct{}{}
	defer func() { <-g.saving }()
	if g.saved >= mine {
		return nil
	}
	data, upTo := g.snapshot()
	if data == nil {
		return nil
	}
	if err := g.save(data); err != nil {
		return err
	}
	g.saved = upTo
	return nil
}

// snapshot is the state as Restore takes it, and the last change in it.
func (g *Gate) snapshot() (data []byte, upTo uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	return g.broker.save(now, now), g.changes
}
