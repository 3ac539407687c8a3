package quota

import "time"

// courtesy is how long a slot that has returned is kept for the clients that were
// told to come for it, if they come first by right. Without it, who ignores
// Retry-After and asks all the time would find every slot before they do. It is
// counted from the return, so that those who never come back cost no more.
const courtesy = 5 * time.Second

// memory is how long a client is remembered that has asked: it counts as active
// for a period, and is still known when it comes back as it was told to.
func (b *broker) memory() time.Duration { return b.ledger.period + margin + 2*courtesy }

// turn notes that a client was turned away until then, with what it asked for.
func (a *account) turn(until, now time.Time, p Priority) {
	a.turned, a.kind = until, p
	if a.since.IsZero() {
		a.since = now
	}
}

// served notes that a client got what it asked for.
func (a *account) served() { a.turned, a.since = time.Time{}, time.Time{} }

// claim is what decides between demands of one priority: who has spent least in
// the window (max-min fairness), then who has been turned away first.
type claim struct {
	parts int64
	since time.Time
}

// before reports whether a claim is the better one. A claim as old is not.
func (c claim) before(d claim) bool {
	return c.parts < d.parts || c.parts == d.parts && c.since.Before(d.since)
}

// claim is the best that any client of w has.
func (b *broker) claim(w *want) claim {
	best := claim{since: w.asked}
	for i, name := range w.payers.named() {
		c := claim{since: w.asked}
		if a := b.share.clients[name]; a != nil {
			c.parts = a.parts
			if !a.since.IsZero() {
				c.since = a.since
			}
		}
		if i == 0 || c.before(best) {
			best = c
		}
	}
	return best
}

// turnedAhead counts the clients that were turned away until a time after from
// and not after to, have not asked since, and come before w. It counts no further
// than there are slots.
func (b *broker) turnedAhead(w *want, from, to time.Time) int {
	n, mine := 0, b.claim(w)
	for e := b.share.asked.Front(); e != nil && n < b.ledger.limit; e = e.Next() {
		a := e.Value.(*account)
		if !a.turned.After(from) || a.turned.After(to) {
			continue
		}
		theirs := claim{parts: a.parts, since: a.since}
		if a.kind < w.priority || a.kind == w.priority && !mine.before(theirs) {
			n++
		}
	}
	return n
}

// kept reports whether the slots that are free are all kept for others than w.
func (b *broker) kept(w *want, now time.Time) bool {
	freed := b.ledger.freed
	if freed.IsZero() || !now.Before(freed.Add(courtesy)) {
		return false
	}
	return b.turnedAhead(w, freed.Add(-courtesy), now) >= b.ledger.free()
}
