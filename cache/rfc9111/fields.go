package rfc9111

import (
	"net/http"
	"strings"
	"time"

	"perigee/cache"
)

// parseDelta reads delta-seconds: digits and nothing else. A number that is too
// large is no error but cache.MaxDelta (RFC 9111, section 1.2.2).
func parseDelta(s string) (d time.Duration, ok bool) {
	if s == "" {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		d = min(d*10+time.Duration(c-'0'), cache.MaxDelta/time.Second)
	}
	return d * time.Second, true
}

func clampDelta(d time.Duration) time.Duration {
	return min(max(d, 0), cache.MaxDelta)
}

// parseAge reads the Age field (RFC 9111, section 5.1). Of several members the
// first counts; anything but a number of seconds counts as no Age.
func parseAge(h http.Header) time.Duration {
	first, _, _ := strings.Cut(h.Get("Age"), ",")
	age, _ := parseDelta(strings.Trim(first, " \t"))
	return age
}

// parseAgeStrictly reads the Age field. known is false when the field is present
// and does not tell the age. RFC 9111, section 5.1, would use the first member of
// a list and ignore a malformed field; but several lines, and one value repeated,
// come from caches that disagree, and section 4.2.1 encourages caches to treat
// such responses as stale. Only a single line whose first two values differ is
// read as section 5.1 says.
func parseAgeStrictly(h http.Header) (age time.Duration, known bool) {
	lines := h["Age"]
	if len(lines) == 0 {
		return 0, true
	}
	first, rest, list := strings.Cut(lines[0], ",")
	first = strings.Trim(first, " \t")
	if len(lines) > 1 || list && strings.Trim(rest, " \t") == first {
		return 0, false
	}
	return parseDelta(first)
}

// parseDate reads the Date field. It returns the zero time if it is missing or
// malformed.
func parseDate(h http.Header) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}

// maxYearsAhead is how far in the future a two-digit year can lie (RFC 9110,
// section 5.6.7).
const maxYearsAhead = 50

// parseHTTPDate reads a date in any of the three formats of RFC 9110, section
// 5.6.7. As RFC 9111, section 4.2, requires, case is ignored, UTC means GMT, and
// any other zone makes the date invalid.
func parseHTTPDate(s string, now time.Time) (date time.Time, ok bool) {
	s = strings.ToUpper(strings.Trim(s, " \t"))
	if rest, utc := strings.CutSuffix(s, " UTC"); utc {
		s = rest + " GMT"
	}
	for _, layout := range [...]string{http.TimeFormat, time.ANSIC} {
		if date, err := time.Parse(layout, s); err == nil {
			return date, true
		}
	}
	if date, err := time.Parse("Monday, 02-Jan-06 15:04:05 GMT", s); err == nil {
		return resolveCentury(date, now), true
	}
	return time.Time{}, false
}

// resolveCentury gives a date with a two-digit year the century of now, or the one
// before if it would lie more than maxYearsAhead in the future.
func resolveCentury(date, now time.Time) time.Time {
	years := now.Year() - now.Year()%100 + date.Year()%100 - date.Year()
	date = date.AddDate(years, 0, 0)
	if date.After(now.AddDate(maxYearsAhead, 0, 0)) {
		return date.AddDate(-100, 0, 0)
	}
	return date
}
