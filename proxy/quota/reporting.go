package quota

import "time"

const (
	// A report is asked for so long after the last one while requests are spent.
	reportEvery = 50 * time.Second
	reportTurn  = 4 * time.Second
	// One that is older than this says nothing about others any more: whoever
	// wants a slot then waits for the next report, if one can be had.
	reportStale = time.Minute
	// freshen is how long it is waited for.
	freshen = 2 * time.Second
	// Reports are free of charge, but no two are asked for within this time. It
	// doubles with each failure in a row, up to reportGapMost.
	reportGap     = 10 * time.Second
	reportGapMost = 5 * time.Minute
)

// freshen has the next grant wait for a report, if the last one is old.
func (l *learned) freshen(now time.Time) {
	if l.answered.IsZero() || l.failures > 0 || now.Sub(l.answered) <= reportStale {
		return
	}
	if !l.awaited.After(now) {
		l.awaited = now.Add(freshen)
	}
}

// tried notes that a report is asked for.
func (l *learned) tried(now time.Time) { l.attempt = now }

// failed notes that none came, so that nobody waits for it.
func (l *learned) failed() {
	l.awaited = time.Time{}
	l.failures = min(l.failures+1, 8)
}

// gap is how long to leave upstream alone.
func (l *learned) gap() time.Duration {
	return min(reportGap<<l.failures, reportGapMost)
}

// due is when the next report should be asked for; zero: not as things are.
func (b *broker) due(now time.Time) time.Time {
	l := &b.ledger.learned
	due := b.wanted(now)
	if due.IsZero() || l.attempt.IsZero() {
		return due
	}
	if soonest := l.attempt.Add(l.gap()); due.Before(soonest) {
		return soonest
	}
	return due
}

// wanted is due without regard to the rate of reports.
func (b *broker) wanted(now time.Time) time.Time {
	l, c := &b.ledger.learned, &b.ledger.closure
	switch {
	case l.answered.IsZero(),
		l.awaited.After(now),
		c.until.After(now) && !c.at.Before(l.asked):
		return now
	case len(b.queue) > 0 && l.next.After(now):
		return l.next
	case len(b.queue) > 0 || !b.ledger.lastGrant.Before(l.asked):
		if l.others { // who asks already shall go on, so that not all do
			return l.asked.Add(reportEvery + reportTurn)
		}
		return l.asked.Add(reportEvery)
	}
	return time.Time{}
}
