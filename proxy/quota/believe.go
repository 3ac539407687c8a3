package quota

import "time"

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
