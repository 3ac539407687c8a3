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
	ceiling int // the limit of the settings, which a report can only lower; 0: auto

	standby   bool // nothing is sent
	following bool // and another process asks for reports
	told      bool // and has told what is spent
	assumed   bool // everything is assumed to be spent, and whether it is will be reported at any moment
	hold      time.Duration
	cooldown  cooldown
	reports   reports
	doubted   allowance // of the latest report, which the next has to confirm; zero: it was believed
	// Until then too little is known of what was spent to spend freely: one interval
	// must lie between two requests. A report ends it.
	pacedUntil time.Time
}

// newBudget starts with nothing spent. limit 0 is auto.
func newBudget(limit int, period time.Duration, now time.Time) *budget {
	limit = min(limit, MaxLimit)
	b := &budget{ledger: ledger{limit: limit, period: period, last: now}, ceiling: limit}
	if limit == 0 {
		b.limit, b.period = assumedLimit, assumedPeriod
		b.reports.awaited = now.Add(firstReport)
		b.pace(now)
	}
	return b
}

// auto reports whether limit and period are upstream's to tell.
func (b *budget) auto() bool { return b.ceiling == 0 }

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
	if b.standby && !b.told {
		later(now.Add(standbyStep), Learning)
	}
	if b.waitsForReport() {
		later(now.Add(cautiousReport), Learning)
	}
	later(b.cooldown.until, Closed)
	later(b.reports.awaited, Learning)
	if now.Before(b.pacedUntil) && !b.newest.IsZero() {
		later(b.newest.Add(b.interval()), Learning)
	}
	return at, why
}

// throttled heeds a 429 that came at. after is its Retry-After, 0 if it has none
// that can be read. Then requests are paced until a report comes or a period has
// passed, since a single slot may be free.
func (b *budget) throttled(at time.Time, after time.Duration) {
	b.cooldown.start(at, after, b.period+margin)
	b.pace(at)
	b.newest = at
}

// learn takes a report that was asked for and answered at these times. It speaks
// of some moment between the two. It reports whether the report was of use: one
// that is older than the latest is not, nor is one with a limit of zero (that is
// what upstream says when it does not throttle at all, and when it lets nothing
// through).
//
// A limit and period of the settings stay; a report with the same period can
// lower that limit, and one with another period says nothing about it. With auto they
// are those of the report, within reason: see believes.
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
	if b.auto() && r.Period > mostPeriod {
		return false
	}
	b.cooldown.reopen(asked)
	withheld := 0
	switch limit := min(r.Limit, MaxLimit); {
	case b.auto() && !b.believes(allowance{limit, r.Period}):
		withheld = max(b.limit-limit, 0)
	case b.auto():
		b.limit, b.period = limit, r.Period
	case r.Period == b.period:
		b.limit = min(limit, b.ceiling)
	default:
		return false
	}
	b.assumed = false
	b.reconcile(r, asked, answered)
	b.foreign.count += withheld
	b.reports.came(asked, answered)
	b.pacedUntil = time.Time{}
	return true
}

// reportDue is when the next report should be asked for; zero: not as things are.
// waiting reports whether anybody waits for a slot.
func (b *budget) reportDue(now time.Time, waiting bool) time.Time {
	switch r := &b.reports; {
	case b.following:
		return time.Time{}
	case b.waitsForReport() && waiting:
		return b.cautiousReportDue()
	case r.answered.IsZero(), r.awaited.After(now), b.cooldown.until.After(now) && !b.cooldown.at.Before(r.asked):
		return r.notTooOften(now)
	case b.doubted != (allowance{}):
		return r.notTooOften(now)
	case waiting && b.foreign.next.After(now):
		return r.notTooOften(b.foreign.next)
	case waiting || !b.newest.Before(r.asked):
		return r.notTooOften(r.nextRegular())
	}
	return time.Time{}
}

// reportFailed notes that no report came, or one of no use.
func (b *budget) reportFailed() {
	b.reports.failed()
	b.assumed = false
}

// assumeExhausted assumes that everything is spent, which a report can refute.
func (b *budget) assumeExhausted(now time.Time) {
	b.ledger.assumeExhausted(now)
	b.reports, b.assumed = reports{attempt: b.reports.attempt}, true
	b.pace(now)
}

// stand has nothing sent from now on: another process tells what is spent.
func (b *budget) stand() { b.told, b.standby, b.following = b.told || !b.standby, true, true }

// activate has requests sent from now on. With auto nobody knows how many, unless a
// report was followed.
func (b *budget) activate(now time.Time) {
	b.standby, b.following = false, false
	if b.auto() && b.reports.answered.IsZero() {
		b.reports.awaited = now.Add(firstReport)
	}
}

// How long a 429 stops everything.
const (
	cooldownLeast  = time.Second
	cooldownUntold = time.Minute // it does not say when to retry
	cooldownRepeat = time.Minute // after the second in a row not even a report ends it sooner; doubles
)

// cooldown follows a 429 of upstream's, which must not have happened: something is
// spent that we do not know of.
type cooldown struct {
	at    time.Time // of the latest 429
	until time.Time
	row   int // 429s since the last other answer
}

// start heeds a 429 that came at, with its Retry-After, 0 if it has none that can
// be read. That is believed up to longest.
func (c *cooldown) start(at time.Time, after, longest time.Duration) {
	if after <= 0 {
		after = cooldownUntold
	}
	c.row = min(c.row+1, 16)
	c.at = at
	if until := at.Add(min(max(after, cooldownLeast), longest)); until.After(c.until) {
		c.until = until
	}
}

// succeeded notes that upstream let a request through.
func (c *cooldown) succeeded() { c.row = 0 }

// reopen is what a report does that was asked for after the 429: it says what is
// spent, so nothing has to be waited for. If requests are refused again and again
// although reports see room, something else refuses them, and only the growing
// part of the wait is spared.
func (c *cooldown) reopen(asked time.Time) {
	if asked.Before(c.at) {
		return
	}
	soonest := asked
	if c.row > 1 {
		soonest = c.at.Add(cooldownRepeat << (c.row - 2))
	}
	if soonest.Before(c.until) {
		c.until = soonest
	}
}

const (
	// firstReport is how long auto waits for the first report before it falls back
	// to what it assumes.
	firstReport = 5 * time.Second
	// A report is asked for so long after the last one while requests are spent.
	reportInterval = 50 * time.Second
	// One that is older than this says nothing about others any more: whoever
	// wants a slot then waits for the next report, if one can be had.
	reportStale = time.Minute
	// freshReport is how long it is waited for.
	freshReport = 2 * time.Second
	// Reports are free of charge, but no two are asked for within this time. It
	// doubles with each failure in a row, up to reportGapMost.
	reportGap     = 10 * time.Second
	reportGapMost = 5 * time.Minute
)

// reports is when upstream's throttle reports were asked for, came and failed.
type reports struct {
	awaited         time.Time // until then nothing is granted, for one is coming
	asked, answered time.Time // of the latest; zero: there is none
	attempt         time.Time // when one was asked for last
	failures        int       // in a row
}

// awaitFresh has the next grant wait for a report, if the last one is old.
func (r *reports) awaitFresh(now time.Time) {
	old := !r.answered.IsZero() && now.Sub(r.answered) > reportStale
	if old && r.failures == 0 && !r.awaited.After(now) {
		r.awaited = now.Add(freshReport)
	}
}

// tried notes that a report is asked for.
func (r *reports) tried(now time.Time) { r.attempt = now }

// came notes a report that was of use.
func (r *reports) came(asked, answered time.Time) {
	*r = reports{asked: asked, answered: answered, attempt: r.attempt}
}

// failed notes that none came, so that nobody waits for it.
func (r *reports) failed() {
	r.awaited = time.Time{}
	r.failures = min(r.failures+1, 8)
}

// nextRegular is when a report is due while requests are spent.
func (r *reports) nextRegular() time.Time { return r.asked.Add(reportInterval) }

// notTooOften puts off when a report is due, so that upstream is left alone for a
// while after each attempt.
func (r *reports) notTooOften(due time.Time) time.Time {
	if r.attempt.IsZero() {
		return due
	}
	soonest := r.attempt.Add(min(reportGap<<r.failures, reportGapMost))
	if due.Before(soonest) {
		return soonest
	}
	return due
}

const (
	// mostPeriod is the longest period that is believed of a report. What an odd one
	// says lasts for a period, so it is a bound on how long that can close the gate.
	mostPeriod = 24 * time.Hour
	// A report is far off if its limit or period differs from what is known by more
	// than this factor; from what is merely assumed, by unfamiliarOff.
	farOff        = 20
	unfamiliarOff = 100
)

// allowance is what a report says of the quota.
type allowance struct {
	limit  int
	period time.Duration
}

// believes reports whether limit and period of a report are taken over: at once, if
// they are near to what is known, else when the next report says the same. Until then
// what is known holds, but nobody has more slots than the report grants.
func (b *budget) believes(c allowance) bool {
	factor := int64(farOff)
	if b.reports.answered.IsZero() {
		factor = unfamiliarOff
	}
	far := apart(int64(c.limit), int64(b.limit), factor) || apart(int64(c.period), int64(b.period), factor)
	if far && b.doubted != c {
		b.doubted = c
		return false
	}
	b.doubted = allowance{}
	return true
}

// apart reports whether one number is more than so many times the other.
func apart(x, y, factor int64) bool { return x/factor > y || y/factor > x }
