package rfc9111

import (
	"strings"
	"time"
)

// The forms of an HTTP-date (RFC 9110, section 5.6.7) without their zone. The
// third is time.ANSIC, which has none.
const (
	fixdate = "Mon, 02 Jan 2006 15:04:05"
	rfc850  = "Monday, 02-Jan-06 15:04:05"
)

// maxYearsAhead is how far in the future a two-digit year can lie (RFC 9110,
// section 5.6.7).
const maxYearsAhead = 50

// ParseHTTPDate reads a date in any of the three forms of RFC 9110, section 5.6.7,
// without regard to case, and takes UTC for GMT (RFC 9111, section 4.2). It is
// stricter than http.ParseTime, which also reads other zones as if they were GMT,
// hours of one digit and fractions of seconds: a condition or an expiry time that
// is invalid must not count as a date. Whether the weekday is the right one is
// not looked at. Second 60 is a leap second and read as the next one.
//
// A year of two digits makes the latest date that is no more than 50 years after
// near. If near is zero, such years are 1951 to 2050.
func ParseHTTPDate(s string, near time.Time) (date time.Time, ok bool) {
	s = strings.Trim(s, " \t")
	if !strings.Contains(s, ",") {
		return parseExactly(time.ANSIC, s)
	}
	clock, zone := s[:max(len(s)-4, 0)], s[max(len(s)-4, 0):]
	switch {
	case !strings.EqualFold(zone, " GMT") && !strings.EqualFold(zone, " UTC"):
		return time.Time{}, false
	case len(clock) == len(fixdate):
		if date, ok = parseExactly(fixdate, clock); ok {
			return date, true
		}
	}
	if date, ok = parseExactly(rfc850, clock); ok {
		return latest(date, near)
	}
	return time.Time{}, false
}

// parseExactly reads s as time.Parse does, but accepts only what the layout writes
// but for case and weekday.
func parseExactly(layout, s string) (time.Time, bool) {
	leap := time.Duration(0)
	if i := strings.LastIndexByte(s, ':'); i >= 0 && strings.HasPrefix(s[i:], ":60") {
		s, leap = s[:i]+":59"+s[i+3:], time.Second
	}
	if layout == time.ANSIC && len(s) != len(layout) {
		return time.Time{}, false // most often an entity tag: spare it the error
	}
	date, err := time.Parse(layout, s)
	if err != nil {
		return time.Time{}, false
	}
	var b [len(rfc850) + len("Wednesday")]byte
	written := date.AppendFormat(b[:0], layout)
	const weekday = len("Mon") // the least that a weekday has
	i, j := weekday, weekday
	if layout == rfc850 {
		i, j = strings.IndexByte(string(written), ','), strings.IndexByte(s, ',')
	}
	return date.Add(leap), strings.EqualFold(string(written[i:]), s[j:])
}

// latest settles the century of a year that was written with two digits.
func latest(date, near time.Time) (time.Time, bool) {
	if near.IsZero() {
		near = time.Date(2000, time.December, 31, 0, 0, 0, 0, time.UTC)
	}
	limit := near.UTC().AddDate(maxYearsAhead, 0, 0)
	year := limit.Year()/100*100 + date.Year()%100
	for _, year := range [...]int{year, year - 100} {
		meant := date.AddDate(year-date.Year(), 0, 0)
		if meant.Day() == date.Day() && !meant.After(limit) { // else it has no such day
			return meant, true
		}
	}
	return time.Time{}, false
}
