package quota

import "time"

// idleStep is how soon an idle gate expects to begin, at any moment: whoever has
// the patience waits, and the others are told to come back after it.
const idleStep = 2 * time.Second

// Begin ends the idleness of a gate that was made with Options.Idle. Restore, if
// there is something to go on from, comes before it.
func (g *Gate) Begin() {
	g.change(func(b *broker, now time.Time) {
		b.ledger.idle = false
		b.pump(now)
	})
	g.keep()
}

// anew forgets what an idle ledger has learned: reports tell of requests that the
// snapshot tells of, too, and would count them twice.
func (l *ledger) anew(now time.Time) *ledger {
	fresh := newLedger(l.ceiling, l.period, now) // which is 0 for auto
	fresh.idle = true
	return fresh
}
