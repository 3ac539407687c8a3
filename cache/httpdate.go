package cache

import (
	"net/http"
	"strings"
	"time"
)

// farFuture is how far ahead the two digits of a year can be meant.
const farFuture = 50

// parseHTTPDate reads a date of any of the three forms of RFC 9110, section
// 5.6.7. As RFC 9111, section 4.2, has it, case makes no difference, UTC means
// GMT, and every other zone makes the date invalid. A year of two digits that
// would be more than fifty years after now belongs to the century before.
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
		return sameCentury(date, now), true
	}
	return time.Time{}, false
}

// sameCentury settles the century of a year that was written with two digits.
func sameCentury(date, now time.Time) time.Time {
	years := now.Year() - now.Year()%100 + date.Year()%100 - date.Year()
	date = date.AddDate(years, 0, 0)
	if date.After(now.AddDate(farFuture, 0, 0)) {
		return date.AddDate(-100, 0, 0)
	}
	return date
}
