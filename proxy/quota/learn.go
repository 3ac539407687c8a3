package quota

import "time"

// learned is what the latest report said, and when.
type learned struct {
	awaited         time.Time // until then nothing is granted, for one is coming
	asked, answered time.Time // of the latest; zero: there is none
	next            time.Time // when upstream frees a slot, if all were spent
	attempt         time.Time // when one was asked for last
	failures        int       // in a row
	others          bool      // another replica asked for it
}

// learn takes a report that was asked for and answered at these times. It speaks
// of some moment between the two. It reports whether the report was of use: one
// that is older than the latest is not, nor is one with a limit of zero (that is
// what upstream says when it does not throttle at all, and when it lets nothing
// through).
//
// A limit and period of the settings' stay; a report with the same period can
// lower that limit, and one with another period says nothing about it.
func (l *ledger) learn(r Report, asked, answered time.Time) bool {
	if answered.After(l.last) {
		answered = l.last
	}
	if asked.After(answered) {
		asked = answered
	}
	if asked.Before(l.learned.asked) || r.Limit <= 0 || r.Period <= 0 {
		return false
	}
	if !l.auto && r.Period != l.period {
		l.closure.reopen(asked)
		return false
	}
	l.adopt(r)
	l.absorb(asked)
	l.foreign = foreign{count: max(r.Used-l.sure(asked, answered), 0), at: answered}
	l.learned = learned{asked: asked, answered: answered, attempt: l.learned.attempt}
	if r.Used >= r.Limit && l.foreign.count > 0 {
		l.learned.next = answered.Add(r.Next + margin)
	}
	l.coldUntil = time.Time{}
	l.closure.reopen(asked)
	return true
}

// adopt takes over the limit.
func (l *ledger) adopt(r Report) {
	limit := min(r.Limit, MaxLimit)
	if !l.auto {
		limit = min(limit, l.ceiling)
	}
	l.limit, l.period = limit, r.Period
}

// sure counts those of our requests that upstream counts for certain at every
// moment between asked and answered. Not among them are those that were under way,
// or could have left upstream's window already: where they are counted all the
// same they seem to be foreign until the next report, which errs on the safe side.
func (l *ledger) sure(asked, answered time.Time) int {
	n := 0
	for _, s := range l.past {
		if l.counts(s, asked, answered) {
			n++
		}
	}
	return n
}

// counts reports whether sure counts a slot.
func (l *ledger) counts(s *slot, asked, answered time.Time) bool {
	return !s.lost && !s.ended.IsZero() && !s.ended.After(asked) && s.sent.Add(l.period).After(answered)
}

// recognise notes that a slot, which the latest report counted among those of
// others, is another replica's: it is not to count twice.
func (l *ledger) recognise(s *slot) {
	if l.foreign.count > 0 && !l.learned.asked.IsZero() && l.counts(s, l.learned.asked, l.learned.answered) {
		l.foreign.count--
	}
}

// absorb leaves it to upstream whether lost requests count: if they do, they are
// in the report, among the foreign. Otherwise each would count twice, or make room
// for a foreign one.
func (l *ledger) absorb(asked time.Time) {
	for _, s := range l.past {
		if s.lost && !s.absorbed && !s.ended.Add(margin).After(asked) {
			s.absorbed = true
			l.gone++
			if l.pool != nil {
				l.pool.absorb(s)
			}
		}
	}
}

// forget assumes that everything is spent, which a report can refute.
func (l *ledger) forget(now time.Time) {
	l.open, l.past, l.gone = nil, nil, 0
	l.foreign = foreign{count: l.limit, at: now}
	l.chill(now)
}
