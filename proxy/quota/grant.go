package quota

import "time"

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

// Waiters returns those who wait.
func (r *FetchRequest) Waiters() []Waiter {
	r.gate.mu.Lock()
	defer r.gate.mu.Unlock()
	all := make([]Waiter, 0, len(r.request.waiters))
	for w := range r.request.waiters {
		all = append(all, *w)
	}
	return all
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
	g.gate.change(func(b *broker, now time.Time) { b.sent(g.slot, now) })
}

// Done tells that the response head arrived at that time, whatever its status.
// All who waited, up to now, are charged equal parts. The slot returns one period
// and a margin after at.
func (g *Grant) Done(at time.Time) {
	g.end(func(b *broker, now time.Time) { b.done(g.request, g.slot, at, now) })
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
	g.end(func(b *broker, now time.Time) { b.lose(g.request, g.slot, now) })
}

func (g *Grant) end(event func(b *broker, now time.Time)) {
	g.gate.change(event)
	g.gate.persist()
}
