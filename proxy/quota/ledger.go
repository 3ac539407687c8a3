package quota

import (
	"slices"
	"time"
)

const (
	// margin is how much longer than a period a slot stays spent after the response
	// head: upstream stamps later than we send, and its clock has a resolution.
	margin = time.Second
	// MaxLimit is the largest limit that is made use of, so that the record of
	// what was spent stays small. A higher one is treated as this.
	MaxLimit = 1 << 16
)

// slot is one request in our record of what was spent. Upstream stamps a request
// at some unknown moment between sent and ended, so a slot counts from the moment
// it is reserved until one period and a margin after it ended.
type slot struct {
	priority   Priority
	reserved   time.Time
	earlier    time.Time // when the slot before it was reserved
	sent       time.Time // when the first byte left; until told, when it was reserved
	dispatched bool      // a byte left
	ended      time.Time // when the response head came, or the fetch gave up; zero: neither yet
	lost       bool      // upstream may never have counted it: no response head came, or one that leaves it open
	absorbed   bool      // lost, and left to upstream's report: it does not count here any more
	charges    []charge
}

// returns is when the slot may be used again.
func (s *slot) returns(period time.Duration) time.Time { return s.ended.Add(period + margin) }

// chargedTo is what client is charged for the slot.
func (s *slot) chargedTo(client string) int64 {
	for _, c := range s.charges {
		if c.client == client {
			return c.micro
		}
	}
	return 0
}

// confirmed reports whether upstream counted the slot for certain at every moment
// between asked and answered.
func (s *slot) confirmed(period time.Duration, asked, answered time.Time) bool {
	return !s.lost && !s.ended.IsZero() && !s.ended.After(asked) && s.sent.Add(period).After(answered)
}

// ledger is our record of what was spent: a sliding log, as DRF's
// SimpleRateThrottle keeps one. (A token bucket would not do: one that holds 15
// grants 29 requests in its first hour.)
//
// Times are compared with each other only, never with a calendar. A now that runs
// backwards is held where it was; that it does not run too fast is the caller's
// duty, which Go's monotonic clock fulfils.
type ledger struct {
	limit  int // in force
	period time.Duration
	last   time.Time // the latest now
	freed  time.Time // when a slot returned last
	newest time.Time // when a slot was reserved last

	open     []*slot // reserved or under way
	past     []*slot // ended, in that order
	absorbed int     // of the past
	foreign  foreign

	caution caution
}

// foreign is what others spend of the same quota: what upstream counts and we do
// not know of. It counts as if it were all spent when it was learned.
type foreign struct {
	count int
	at    time.Time
	next  time.Time // when the first of them returns, if upstream said so
}

func (f foreign) returns(period time.Duration) time.Time { return f.at.Add(period + margin) }

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
	l.past = slices.Delete(l.past, 0, n)
	for _, s := range back {
		if s.absorbed {
			l.absorbed--
		}
	}
	if n > 0 {
		l.freed = now
	}
	if l.foreign.count > 0 && !l.foreign.returns(l.period).After(now) {
		l.foreign, l.freed = foreign{}, now
	}
	return now, back
}

// own is how many requests of ours count now.
func (l *ledger) own() int { return len(l.open) + len(l.past) - l.absorbed }

// spent is how many requests count now. It can exceed the limit, which upstream
// may have lowered.
func (l *ledger) spent() int { return l.own() + l.foreign.count }

// left is how many requests may be spent now. It is negative when too many are.
func (l *ledger) left() int { return l.caution.bound(l.limit-l.spent(), l.period, l.last) }

// free is how many requests upstream would let through now.
func (l *ledger) free() int { return max(l.left(), 0) }

// background is how many slots background work has: those under way, and all in
// the period.
func (l *ledger) background() (open, used int) {
	for _, s := range l.open {
		if s.priority.background() {
			open++
		}
	}
	used = open
	for _, s := range l.past {
		if s.priority.background() {
			used++
		}
	}
	return open, used
}

// reserve takes a slot. The caller has seen to it that there is one.
func (l *ledger) reserve(now time.Time, p Priority) *slot {
	s := &slot{priority: p, reserved: now, sent: now, earlier: l.newest}
	l.open, l.newest = append(l.open, s), now
	l.caution.reserve(now)
	return s
}

// dispatch notes that the first byte of the request left.
func (l *ledger) dispatch(s *slot, now time.Time) {
	if !s.dispatched && s.ended.IsZero() {
		s.dispatched, s.sent = true, now
	}
}

// commit has the slot return one period and the margin after at. It reports
// whether the slot was under way.
func (l *ledger) commit(s *slot, at time.Time, lost bool) bool {
	if !l.close(s) {
		return false
	}
	if at.After(l.last) {
		at = l.last
	}
	if at.Before(s.sent) {
		at = s.sent
	}
	s.ended, s.lost = at, lost
	l.insert(s)
	return true
}

// insert adds a slot to the past.
func (l *ledger) insert(s *slot) {
	i := len(l.past)
	for i > 0 && l.past[i-1].ended.After(s.ended) {
		i--
	}
	l.past = slices.Insert(l.past, i, s)
	if s.absorbed {
		l.absorbed++
	}
}

// refund forgets a slot of which no byte left. It reports whether it could.
func (l *ledger) refund(s *slot) bool {
	if s.dispatched || !l.close(s) {
		return false
	}
	if l.newest.Equal(s.reserved) { // it does not space what comes after it
		l.newest = s.earlier
	}
	return true
}

// close takes the slot from those under way.
func (l *ledger) close(s *slot) bool {
	i := slices.Index(l.open, s)
	if i < 0 {
		return false
	}
	l.open = slices.Delete(l.open, i, i+1)
	return true
}

// reconcile compares the ledger with upstream's count at some moment between asked
// and answered: what upstream counts beyond our confirmed slots was spent by
// others. Slots that were under way, or could have left upstream's window already,
// are not confirmed: where upstream counts them all the same they seem to be
// foreign until the next report, which errs on the safe side.
func (l *ledger) reconcile(r Report, asked, answered time.Time) {
	l.absorb(asked)
	confirmed := 0
	for _, s := range l.past {
		if s.confirmed(l.period, asked, answered) {
			confirmed++
		}
	}
	l.foreign = foreign{count: max(r.Used-confirmed, 0), at: answered}
	if r.Used >= r.Limit && l.foreign.count > 0 {
		l.foreign.next = answered.Add(r.Next + margin)
	}
}

// absorb leaves it to upstream whether lost requests count: if they do, they are
// in the report, among the foreign. Otherwise each would count twice, or make room
// for a foreign one.
func (l *ledger) absorb(asked time.Time) {
	for _, s := range l.past {
		if s.lost && !s.absorbed && !s.ended.Add(margin).After(asked) {
			s.absorbed = true
			l.absorbed++
		}
	}
}

// assumeExhausted assumes that others have spent everything that is left, which a
// report can refute.
func (l *ledger) assumeExhausted(now time.Time) {
	l.foreign = foreign{count: max(l.limit-l.own(), 0), at: now}
}

// returned is what returns at one time: one slot of ours, or some that others have
// spent.
type returned struct {
	at    time.Time
	count int
	slot  *slot // nil: others'
}

// returning yields what returns, in that order. What others have spent returns at
// the latest a period after it was learned, but if everything was spent, upstream
// has told when the first slot does.
func (l *ledger) returning(yield func(returned) bool) {
	var two [2]returned
	others := two[:0]
	if f := l.foreign; f.count > 0 {
		all := returned{at: f.returns(l.period), count: f.count}
		if f.next.After(l.last) && f.next.Before(all.at) {
			others = append(others, returned{at: f.next, count: 1})
			all.count--
		}
		others = append(others, all)
	}
	for _, s := range l.past {
		ours := returned{at: s.returns(l.period), count: 1, slot: s}
		if s.absorbed {
			ours.count = 0
		}
		for ; len(others) > 0 && others[0].at.Before(ours.at); others = others[1:] {
			if !yield(others[0]) {
				return
			}
		}
		if !yield(ours) {
			return
		}
	}
	for _, o := range others {
		if !yield(o) {
			return
		}
	}
}
