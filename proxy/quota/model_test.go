package quota

import "time"

// model is DRF's SimpleRateThrottle as its documentation and behaviour tell it:
// a log of the requests let through, which a request leaves one period after its
// stamp; what is refused is not logged. It shares nothing with the ledger.
type model struct {
	limit   int
	period  time.Duration
	history []time.Time // the oldest first
	refused int
	own     int // let through, of ours
}

func (m *model) expire(now time.Time) {
	for len(m.history) > 0 && !now.Before(m.history[0].Add(m.period)) {
		m.history = m.history[1:]
	}
}

// allow is one request of whomever.
func (m *model) allow(now time.Time) bool {
	m.expire(now)
	if len(m.history) >= m.limit {
		return false
	}
	m.history = append(m.history, now)
	return true
}

func (m *model) report(now time.Time) Report {
	m.expire(now)
	r := Report{Limit: m.limit, Period: m.period, Used: len(m.history)}
	if r.Used >= r.Limit && r.Used > 0 {
		r.Next = m.history[0].Add(m.period).Sub(now)
	}
	return r
}

func (m *model) retryAfter(now time.Time) time.Duration {
	m.expire(now)
	if len(m.history) == 0 {
		return m.period
	}
	// Several may have to leave, if the limit was lowered.
	return m.history[max(len(m.history)-m.limit, 0)].Add(m.period).Sub(now)
}
