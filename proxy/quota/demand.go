package quota

import "time"

// Demand is who waits for one fetch, live: those who join it and leave it change
// its rank for as long as it is not granted. All its methods, and those of its
// seats, are safe for concurrent use.
type Demand struct {
	gate *Gate
	want // guarded by the gate
}

// Waiter is one that waits for a fetch.
type Waiter struct {
	// Client is who pays. If empty, nobody does, as for background work.
	Client string
	// Priority is what the fetch is worth to this waiter.
	Priority Priority
	// Deadline is when its patience ends. If zero, it takes what is there at once;
	// background work, too, should have the few seconds that a report may take.
	// The demand waits for as long as any of its waiters does: one whose patience
	// ends earlier must leave by itself.
	Deadline time.Time
}

// Seat is the place of one waiter in a Demand.
type Seat struct {
	demand *Demand
	waiter Waiter
}

// NewDemand returns a demand that nobody waits for yet.
func (g *Gate) NewDemand() *Demand { return &Demand{gate: g} }

// Join adds a waiter. Whoever joins before the fetch has ended pays for it, even
// if it was granted already.
func (d *Demand) Join(w Waiter) *Seat {
	s := &Seat{demand: d, waiter: w}
	d.gate.change(func(b *broker, now time.Time) { b.join(&d.want, &s.waiter, now) })
	return s
}

// Waiters returns those who wait.
func (d *Demand) Waiters() []Waiter {
	d.gate.mu.Lock()
	defer d.gate.mu.Unlock()
	all := make([]Waiter, 0, len(d.waiters))
	for w := range d.waiters {
		all = append(all, *w)
	}
	return all
}

// Leave takes the waiter away. If it was the last one and nothing is granted yet,
// the demand is dropped. Leaving twice does nothing.
func (s *Seat) Leave() {
	s.demand.gate.change(func(b *broker, now time.Time) { b.leave(&s.demand.want, &s.waiter, now) })
}

// want is a demand as the broker sees it. It is no longer queued once it is
// decided: by a slot, a refusal, or because nobody waits any more.
type want struct {
	waiters  map[*Waiter]struct{}
	kinds    kinds
	priority Priority  // the most urgent of the waiters
	deadline time.Time // the latest of the waiters
	payers   payers

	seq     uint64    // order of arrival in the queue
	asked   time.Time // when it was queued
	queued  bool
	decided chan struct{} // closed by the gate when it is
	slot    *slot
	refusal *RefusedError
}

// join adds a waiter.
func (w *want) join(x *Waiter) {
	if w.waiters == nil {
		w.waiters = map[*Waiter]struct{}{}
		w.priority = Speculative
	}
	w.waiters[x] = struct{}{}
	w.payers.add(x.Client)
	w.kinds[min(x.Priority, Speculative)]++
	w.priority = w.kinds.best()
	if x.Deadline.After(w.deadline) {
		w.deadline = x.Deadline
	}
}

// leave takes a waiter away and reports whether it was there. Once a slot is
// granted it goes on paying, for which see Join.
func (w *want) leave(x *Waiter) bool {
	if _, ok := w.waiters[x]; !ok {
		return false
	}
	delete(w.waiters, x)
	w.kinds[min(x.Priority, Speculative)]--
	if w.slot != nil {
		return true
	}
	w.payers.remove(x.Client)
	w.priority = w.kinds.best()
	if !x.Deadline.Before(w.deadline) { // looking at all is seldom needed
		w.rank()
	}
	return true
}

// reset makes the demand what it was before it was granted: those who have left
// since pay for nothing.
func (w *want) reset() {
	w.slot, w.payers = nil, payers{}
	for x := range w.waiters {
		w.payers.add(x.Client)
	}
	w.rank()
}

// rank finds the priority and the deadline anew.
func (w *want) rank() {
	w.priority, w.deadline = w.kinds.best(), time.Time{}
	for x := range w.waiters {
		if x.Deadline.After(w.deadline) {
			w.deadline = x.Deadline
		}
	}
}

// kinds counts the waiters of each priority.
type kinds [Speculative + 1]int

// best is the most urgent that there is.
func (k *kinds) best() Priority {
	for p, n := range k {
		if n > 0 {
			return Priority(p)
		}
	}
	return Speculative
}
