package quota

import (
	"slices"
	"time"
)

const (
	// margin is how much longer than a period a slot stays spent after the response
	// head: upstream stamps later than we send, and its clock has a resolution.
	margin = time.Second
	// grace is how long auto waits for the first report before it falls back to
	// what it assumes.
	grace = 5 * time.Second
	// What auto assumes of an upstream that does not tell: the anonymous limit of
	// Launch Library 2.
	assumedLimit  = 15
	assumedPeriod = time.Hour
	// MaxLimit is the largest limit that is made use of, so that the record of
	// what was spent stays small. A higher one is treated as this.
	MaxLimit = 1 << 16
)

// ledger is our record of what was spent: a sliding log, as DRF's
// SimpleRateThrottle keeps one. (A token bucket would not do: one that holds 15
// grants 29 requests in its first hour.)
//
// Times are compared with each other only, never with a calendar. A now that runs
// backwards is held where it was; that it does not run too fast is the caller's
// duty, which Go's monotonic clock fulfils.
type ledger struct {
	auto    bool
	limit   int // in force
	ceiling int // the limit of the settings, which a report can only lower
	period  time.Duration
	last    time.Time // the latest now
	freed   time.Time // when a slot returned last

	open []*slot // reserved or under way
	past []*slot // ended, in that order
	gone int     // of the past, those that no longer count

	foreign foreign
	closure closure
	learned learned
	// Until then too little is known of the window to spend it freely, so that one
	// period/limit must lie between two requests. A report ends it.
	coldUntil time.Time
	lastGrant time.Time

	pool *pooled // nil: nobody shares it
	idle bool    // nothing is let through
}

// foreign is what others spend of the same quota: what upstream counts and we do
// not know of. It counts as if it were all spent when it was learned.
type foreign struct {
	count int
	at    time.Time
}

// newLedger starts with nothing spent. limit 0 is auto.
func newLedger(limit int, period time.Duration, now time.Time) *ledger {
	l := &ledger{limit: min(limit, MaxLimit), ceiling: min(limit, MaxLimit), period: period, last: now}
	if limit == 0 {
		l.auto, l.limit, l.period = true, assumedLimit, assumedPeriod
		l.learned.awaited = now.Add(grace)
		l.chill(now)
	}
	return l
}

// chill has requests spaced until a window is known in full.
func (l *ledger) chill(now time.Time) {
	l.coldUntil = now.Add(l.period + margin)
}

// advance moves the ledger to now and returns the slots that came back. It also
// returns the now to go on with.
func (l *ledger) advance(now time.Time) (time.Time, []*slot) {
	if now.Before(l.last) {
		now = l.last
	}
	l.last = now
	n := 0
	for n < len(l.past) && !l.past[n].returns(l.period).After(now) {
		n++
	}
	back := slices.Clone(l.past[:n])
	for _, s := range back {
		if s.absorbed {
			l.gone--
		}
		if l.pool != nil {
			l.pool.drop(s)
		}
	}
	l.past = slices.Delete(l.past, 0, n)
	if n > 0 {
		l.freed = now
	}
	if l.foreign.count > 0 && !l.foreignReturns().After(now) {
		l.foreign, l.freed = foreign{}, now
	}
	if l.pool != nil {
		l.pool.elapse(now)
	}
	return now, back
}

func (l *ledger) foreignReturns() time.Time { return l.foreign.at.Add(l.period + margin) }

// spent is how many requests count now. It can exceed the limit, which upstream
// may have lowered.
func (l *ledger) spent() int {
	return len(l.open) + len(l.past) - l.gone + l.foreign.count
}

// left is how many requests may be spent now. It is negative when too many are.
func (l *ledger) left() int {
	left := l.limit - l.spent()
	if p := l.pool; p != nil {
		left -= p.held
		if p.lonely {
			left = min(left, l.allowance()+p.offered) // nothing is let through while it is offered
		}
	}
	return left
}

// free is how many requests upstream would let through now.
func (l *ledger) free() int { return max(l.left(), 0) }

// reserve takes a slot. The caller has seen to it that there is one.
func (l *ledger) reserve(now time.Time, p Priority) *slot {
	s := &slot{priority: p, reserved: now, sent: now, earlier: l.lastGrant}
	l.open = append(l.open, s)
	l.lastGrant = now
	if l.pool != nil {
		l.pool.enter(s)
	}
	return s
}

// leave notes that the first byte of the request left.
func (l *ledger) leave(s *slot, now time.Time) {
	if !s.left && s.ended.IsZero() {
		s.left, s.sent = true, now
	}
}

// end has the slot return one period and the margin after at. It reports whether
// the slot was under way.
func (l *ledger) end(s *slot, at time.Time, lost bool) bool {
	if !l.drop(s) {
		return false
	}
	if at.After(l.last) {
		at = l.last
	}
	if at.Before(s.sent) {
		at = s.sent
	}
	s.ended, s.lost = at, lost
	i := len(l.past)
	for i > 0 && l.past[i-1].ended.After(at) {
		i--
	}
	l.past = slices.Insert(l.past, i, s)
	if l.pool != nil && !s.remote {
		l.pool.changed[s] = struct{}{}
	}
	return true
}

// refund forgets a slot of which no byte left. It reports whether it could.
func (l *ledger) refund(s *slot) bool {
	if s.left || !l.drop(s) {
		return false
	}
	if l.lastGrant.Equal(s.reserved) { // it does not space what comes after it
		l.lastGrant = s.earlier
	}
	if l.pool != nil {
		l.pool.retire(s)
	}
	return true
}

// drop takes the slot from those under way.
func (l *ledger) drop(s *slot) bool {
	i := slices.Index(l.open, s)
	if i < 0 {
		return false
	}
	l.open = slices.Delete(l.open, i, i+1)
	return true
}

// opens is when requests are let through at all, however many are free, and why
// not now.
func (l *ledger) opens(now time.Time) (time.Time, Reason) {
	at, why := now, Reason("")
	later := func(t time.Time, reason Reason) {
		if t.After(at) {
			at, why = t, reason
		}
	}
	if l.idle {
		later(now.Add(idleStep), Learning)
	}
	later(l.closure.until, Closed)
	later(l.learned.awaited, Learning)
	if l.pool != nil {
		later(l.pool.blocked, Learning)
		if l.pool.offered > 0 {
			later(now.Add(settleMost), Learning)
		}
	}
	if now.Before(l.coldUntil) && !l.lastGrant.IsZero() {
		later(l.lastGrant.Add(l.pace()), Learning)
	}
	return at, why
}

// pace is the space between two requests as long as the window is not known.
func (l *ledger) pace() time.Duration { return l.period / time.Duration(l.limit) }
