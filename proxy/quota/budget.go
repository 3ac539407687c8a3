package quota

import "time"

const (
	// What auto assumes of an upstream that does not report: the anonymous limit of
	// Launch Library 2.
	assumedLimit  = 15
	assumedPeriod = time.Hour
	// standbyStep is how soon a gate on standby expects to be activated, at any
	// moment: whoever has the patience waits, and the others are told to retry then.
	standbyStep = 2 * time.Second
)

// budget is what may be sent, and when: the ledger counts the slots, and however
// many are free, none is used before the budget opens.
type budget struct {
	ledger
	auto    bool // limit and period are upstream's to tell
	ceiling int  // the limit of the settings, which a report can only lower

	standby  bool // nothing is sent
	cooldown cooldown
	reports  reports
	// Until then too little is known of what was spent to spend freely: one interval
	// must lie between two requests. A report ends it.
	pacedUntil time.Time
	lastGrant  time.Time
}

// newBudget starts with nothing spent. limit 0 is auto.
func newBudget(limit int, period time.Duration, now time.Time) *budget {
	limit = min(limit, MaxLimit)
	b := &budget{ledger: ledger{limit: limit, period: period, last: now}, ceiling: limit}
	if limit == 0 {
		b.auto, b.limit, b.period = true, assumedLimit, assumedPeriod
		b.reports.awaited = now.Add(firstReport)
		b.pace(now)
	}
	return b
}

// pace has requests spaced until a period is known in full.
func (b *budget) pace(now time.Time) { b.pacedUntil = now.Add(b.period + margin) }

// interval is the space between two requests that are paced.
func (b *budget) interval() time.Duration { return b.period / time.Duration(b.limit) }

// opens is when requests may be sent at all, however many slots are free, and why
// not now.
func (b *budget) opens(now time.Time) (time.Time, Reason) {
	at, why := now, Reason("")
	later := func(t time.Time, reason Reason) {
		if t.After(at) {
			at, why = t, reason
		}
	}
	if b.standby {
		later(now.Add(standbyStep), Learning)
	}
	later(b.cooldown.until, Closed)
	later(b.reports.awaited, Learning)
	later(b.pool.opens(now), Learning)
	if now.Before(b.pacedUntil) && !b.lastGrant.IsZero() {
		later(b.lastGrant.Add(b.interval()), Learning)
	}
	return at, why
}

// reserve takes a slot. The caller has seen to it that there is one.
func (b *budget) reserve(now time.Time, p Priority) *slot {
	s := b.ledger.reserve(now, p)
	s.earlier, b.lastGrant = b.lastGrant, now
	return s
}

// refund forgets a slot of which no byte left, which does not delay what comes
// after it. It reports whether it could.
func (b *budget) refund(s *slot) bool {
	if !b.ledger.refund(s) {
		return false
	}
	if b.lastGrant.Equal(s.reserved) {
		b.lastGrant = s.earlier
	}
	return true
}

// throttled heeds a 429 that came at. after is its Retry-After, 0 if it has none
// that can be read. Then requests are paced until a report comes or a period has
// passed, since a single slot may be free.
func (b *budget) throttled(at time.Time, after time.Duration) {
	b.cooldown.start(at, after, b.period+margin)
	b.pace(at)
	b.lastGrant = at
}

// learn takes a report that was asked for and answered at these times. It speaks
// of some moment between the two. It reports whether the report was of use: one
// that is older than the latest is not, nor is one with a limit of zero (that is
// what upstream says when it does not throttle at all, and when it lets nothing
// through).
//
// A limit and period of the settings stay; a report with the same period can
// lower that limit, and one with another period says nothing about it.
func (b *budget) learn(r Report, asked, answered time.Time) bool {
	if answered.After(b.last) {
		answered = b.last
	}
	if asked.After(answered) {
		asked = answered
	}
	if asked.Before(b.reports.asked) || r.Limit <= 0 || r.Period <= 0 {
		return false
	}
	b.cooldown.reopen(asked)
	if !b.auto && r.Period != b.period {
		return false
	}
	b.limit, b.period = min(r.Limit, MaxLimit), r.Period
	if !b.auto {
		b.limit = min(b.limit, b.ceiling)
	}
	b.reconcile(r, asked, answered)
	b.reports.came(asked, answered)
	b.pacedUntil = time.Time{}
	return true
}

// reportDue is when the next report should be asked for; zero: not as things are.
// waiting reports whether anybody waits for a slot.
func (b *budget) reportDue(now time.Time, waiting bool) time.Time {
	switch r := &b.reports; {
	case r.answered.IsZero(), r.awaited.After(now), b.cooldown.until.After(now) && !b.cooldown.at.Before(r.asked):
		return r.notTooOften(now)
	case waiting && b.foreign.next.After(now):
		return r.notTooOften(b.foreign.next)
	case waiting || !b.lastGrant.Before(r.asked):
		return r.notTooOften(r.nextRegular())
	}
	return time.Time{}
}

// assumeExhausted assumes that everything is spent, which a report can refute.
func (b *budget) assumeExhausted(now time.Time) {
	b.ledger.assumeExhausted(now)
	b.pace(now)
}
