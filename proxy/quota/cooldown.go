package quota

import "time"

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
