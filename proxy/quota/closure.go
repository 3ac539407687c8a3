package quota

import "time"

// How long a 429 closes everything.
const (
	closureLeast   = time.Second
	closureUntold  = time.Minute // it does not say when to come back
	closureRepeats = time.Minute // after the second in a row not even a report reopens; doubles
)

// closure is upstream's own refusal, which must not have happened: something is
// spent that we do not know of.
type closure struct {
	at    time.Time // of the latest refusal
	until time.Time
	row   int // refusals since the last answer
}

// refused heeds a 429 that came at. after is its Retry-After, 0 if it has none that
// can be read; it is believed up to one period. Then requests are spaced until a
// report comes or a window has passed, since a single slot may be free.
func (l *ledger) refused(at time.Time, after time.Duration) {
	if after <= 0 {
		after = closureUntold
	}
	after = min(max(after, closureLeast), l.period+margin)
	c := &l.closure
	c.row = min(c.row+1, 16)
	c.at = at
	if until := at.Add(after); until.After(c.until) {
		c.until = until
	}
	l.chill(at)
	l.lastGrant = at
}

// answered notes that upstream let a request through.
func (c *closure) answered() { c.row = 0 }

// reopen is what a report does that was asked for after the refusal: it says what
// is spent, so nothing has to be waited for. If requests are refused again and
// again although reports see room, something else refuses them, and only the
// growing part of the wait is spared.
func (c *closure) reopen(asked time.Time) {
	if asked.Before(c.at) {
		return
	}
	soonest := asked
	if c.row > 1 {
		soonest = c.at.Add(closureRepeats << (c.row - 2))
	}
	if soonest.Before(c.until) {
		c.until = soonest
	}
}
