package quota

import "time"

// sent notes that the first byte of a request left.
func (b *broker) sent(s *slot, now time.Time) {
	b.ledger.leave(s, b.advance(now))
}

// done notes that the response head came at that time. Joiners since the grant
// pay their part.
func (b *broker) done(w *want, s *slot, at, now time.Time) {
	b.advance(now)
	if b.end(w, s, at, false) {
		b.ledger.closure.answered()
	}
	b.pump(now)
}

// lose notes that no response head will come: upstream may have counted the
// request or not.
func (b *broker) lose(w *want, s *slot, now time.Time) {
	now = b.advance(now)
	b.end(w, s, now, true)
	b.pump(now)
}

// end ends a slot once, and has everyone pay who waited for it.
func (b *broker) end(w *want, s *slot, at time.Time, lost bool) bool {
	if !b.ledger.end(s, at, lost) {
		return false
	}
	b.release(s)
	s.charges = b.share.charge(w.payers.named(), len(w.payers.names))
	return true
}

// release undoes what a slot under way means to its clients.
func (b *broker) release(s *slot) {
	b.share.under(s.charges, -1)
	b.share.credit(s.charges)
	s.charges = nil
}

// throttled notes that upstream refused the request, which costs the clients
// nothing. Upstream does not count it either, if it was its throttle that
// refused: the next report tells.
func (b *broker) throttled(s *slot, at time.Time, after time.Duration, now time.Time) {
	now = b.advance(now)
	if b.ledger.end(s, at, true) {
		b.release(s)
		b.ledger.refused(s.ended, after)
		if p := b.ledger.pool; p != nil {
			p.closed = true
		}
	}
	b.pump(now)
}

// unused gives a slot back of which no byte left. The demand may ask again.
func (b *broker) unused(w *want, s *slot, now time.Time) {
	now = b.advance(now)
	switch {
	case b.ledger.refund(s):
		b.release(s)
		w.reset()
	case s.left:
		b.end(w, s, now, true)
	}
	b.pump(now)
}

// learn takes a report.
func (b *broker) learn(r Report, asked, answered, now time.Time) bool {
	b.advance(now)
	used := b.ledger.learn(r, asked, answered)
	if !used {
		b.ledger.learned.failed()
	}
	if p := b.ledger.pool; p != nil && used {
		p.report = &sharedReport{Report: r, asked: asked, answered: answered}
	}
	b.pump(now)
	return used
}

// unreadable notes that no report came.
func (b *broker) unreadable(now time.Time) {
	b.ledger.learned.failed()
	b.pump(now)
}
