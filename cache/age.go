package cache

import (
	"net/http"
	"strings"
	"time"
)

// maxDelta is the greatest number of seconds that is told apart from greater
// ones (RFC 9111, section 1.2.2): 2³¹, or 68 years. A few of them can be added
// without overflowing a time.Duration.
const maxDelta = (1 << 31) * time.Second

// CurrentAge returns how old the answer is (RFC 9111, section 4.2.3): never
// negative, at most some centuries, and never less than what any of the clocks
// and fields involved says.
func (e *Entry) CurrentAge(now time.Time) time.Duration {
	var apparent time.Duration
	if !e.Date.IsZero() {
		apparent = elapsed(e.Date, e.Answered)
	}
	corrected := clampDelta(e.Age) + elapsed(e.Asked, e.Answered)
	return max(apparent, corrected) + elapsed(e.Answered, now)
}

// elapsed returns the time from one moment to another by the clock that says
// more, see before. It is not negative when clocks were set back.
func elapsed(from, to time.Time) time.Duration {
	return clampDelta(max(to.Sub(from), to.Round(0).Sub(from.Round(0))))
}

func clampDelta(d time.Duration) time.Duration {
	return min(max(d, 0), maxDelta)
}

// parseAge reads the Age field (RFC 9111, section 5.1). Of several members the
// first counts; anything but a number of seconds counts as absent.
func parseAge(h http.Header) time.Duration {
	first, _, _ := strings.Cut(h.Get("Age"), ",")
	age, _ := parseDelta(strings.Trim(first, " \t"))
	return age
}

// parseDate reads the Date field. It returns the zero time if there is none that
// can be read.
func parseDate(h http.Header) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}

// parseDelta reads delta-seconds: digits and nothing else. Numbers that are too
// large are not faults but maxDelta (RFC 9111, section 1.2.2).
func parseDelta(s string) (d time.Duration, ok bool) {
	if s == "" {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		d = min(d*10+time.Duration(c-'0'), maxDelta/time.Second)
	}
	return d * time.Second, true
}
