package quota

import "time"

// Grant is the right to send one request. It must be ended by Done, Throttled,
// Unused or Close; the first of them counts, and the others then do nothing. So
// that none is forgotten, whatever happens: defer Close.
type Grant struct {
	gate   *Gate
	demand *Demand
	slot   *slot
}

// Sent tells that the first byte of the request left. From then on it cannot be
// given back. Where that is known only afterwards, Done and Close do without it.
func (g *Grant) Sent() {
	g.gate.change(func(b *broker, now time.Time) { b.sent(g.slot, now) })
}

// Done tells that the response head arrived at that time, whatever its status.
// All who waited, up to now, pay for it in equal parts. The slot returns one
// period and a margin after at.
func (g *Grant) Done(at time.Time) {
	g.gate.change(func(b *broker, now time.Time) { b.done(&g.demand.want, g.slot, at, now) })
	g.gate.keep()
}

// Throttled tells that upstream answered 429 at that time, to come back after so
// long (zero: it did not say). It closes the gate until then, but for no longer
// than a period; a report that is asked for later opens it (see AwaitReport).
// Nobody pays.
func (g *Grant) Throttled(at time.Time, after time.Duration) {
	g.gate.change(func(b *broker, now time.Time) { b.throttled(g.slot, at, after, now) })
	g.gate.keep()
}

// Unused gives the slot back: no byte left, and none will. After Sent it is Close.
func (g *Grant) Unused() {
	g.gate.change(func(b *broker, now time.Time) { b.unused(&g.demand.want, g.slot, now) })
	g.gate.keep()
}

// Close tells that no response head will come any more (a timeout, a broken
// connection): the request counts as spent now. After one of the other ends it
// does nothing.
func (g *Grant) Close() {
	g.gate.change(func(b *broker, now time.Time) { b.lose(&g.demand.want, g.slot, now) })
	g.gate.keep()
}
