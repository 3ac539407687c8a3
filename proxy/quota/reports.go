package quota

import "time"

const (
	// firstReport is how long auto waits for the first report before it falls back
	// to what it assumes.
	firstReport = 5 * time.Second
	// A report is asked for so long after the last one while requests are spent.
	// replicaTurn more, if another replica asked for that one.
	reportInterval = 50 * time.Second
	replicaTurn    = 4 * time.Second
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
	others          bool      // another replica asked for the latest
}

// refresh has the next grant wait for a report, if the last one is old.
func (r *reports) refresh(now time.Time) {
	if r.answered.IsZero() || r.failures > 0 || now.Sub(r.answered) <= reportStale {
		return
	}
	if !r.awaited.After(now) {
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

// nextRegular is when a report is due while requests are spent. A replica that
// asks already goes on, so that not all do.
func (r *reports) nextRegular() time.Time {
	if r.others {
		return r.asked.Add(reportInterval + replicaTurn)
	}
	return r.asked.Add(reportInterval)
}

// notTooOften puts off when a report is due, so that upstream is left alone for a
// while after each attempt.
func (r *reports) notTooOften(due time.Time) time.Time {
	if r.attempt.IsZero() {
		return due
	}
	if soonest := r.attempt.Add(min(reportGap<<r.failures, reportGapMost)); due.Before(soonest) {
		return soonest
	}
	return due
}
