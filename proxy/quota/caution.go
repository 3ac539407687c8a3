package quota

import (
	"slices"
	"time"
)

// Caution is what a gate keeps to while others may spend of the same quota unseen.
// The zero Caution is none.
type Caution struct {
	// Keep is how many slots stay free.
	Keep int
	// Most, if not zero, is how many requests may be granted in one period.
	Most int
	// Reported has every report decide about those who wait when it comes, and
	// nothing is granted but then. Reports are asked for as soon as somebody waits.
	Reported bool
	// Single has one request granted by each report, no report asked for while a
	// request is under way, and nothing granted if none comes: otherwise, if reports
	// fail, requests are granted without.
	Single bool
}

// How often reports may be asked for by a gate that is cautious, and how long one
// is expected to take.
const (
	cautiousGap    = 100 * time.Millisecond
	cautiousReport = 500 * time.Millisecond
)

// caution is a Caution with what it needs to know.
type caution struct {
	Caution
	informed bool        // a report is just taken in
	granted  []time.Time // in the latest period
}

// reserve notes a grant.
func (c *caution) reserve(now time.Time) {
	if c.Most > 0 {
		c.granted = append(c.granted, now)
	}
}

// bound is how many of the slots that are left may be used.
func (c *caution) bound(left int, period time.Duration, now time.Time) int {
	left -= c.Keep
	if c.Most > 0 {
		since := now.Add(-period - margin)
		c.granted = slices.DeleteFunc(c.granted, func(at time.Time) bool { return !at.After(since) })
		left = min(left, c.Most-len(c.granted))
	}
	return left
}

// waitsForReport reports whether nothing may be granted before the next report.
func (b *budget) waitsForReport() bool {
	switch c := b.caution; {
	case !c.Reported:
		return false
	case c.informed:
		return c.Single && len(b.open) > 0
	default:
		return c.Single || b.reports.failures == 0
	}
}

// cautiousReportDue is when the next report is due for those who wait.
func (b *budget) cautiousReportDue() time.Time {
	switch r := &b.reports; {
	case b.caution.Single && len(b.open) > 0:
		return time.Time{}
	case r.failures > 0:
		return r.notTooOften(b.last)
	default:
		return r.attempt.Add(cautiousGap)
	}
}

// deadline is when a fetch request loses patience: whoever takes what is free at
// once waits for the report that says what is.
func (b *budget) deadline(r *fetchRequest) time.Time {
	if soonest := r.asked.Add(2 * cautiousReport); b.caution.Reported && soonest.After(r.deadline) {
		return soonest
	}
	return r.deadline
}
