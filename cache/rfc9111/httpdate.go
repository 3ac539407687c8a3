package rfc9111

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The formats of an HTTP-date (RFC 9110, section 5.6.7) without their zone. The
// third is time.ANSIC, which has none.
const (
	imfFixdate = "Mon, 02 Jan 2006 15:04:05"
	rfc850Date = "Monday, 02-Jan-06 15:04:05"
)

// maxYearsAhead is how far in the future a two-digit year can lie (RFC 9110,
// section 5.6.7).
const maxYearsAhead = 50

// ParseHTTPDate reads a date in any of the three formats of RFC 9110, section
// 5.6.7. As RFC 9111, section 4.2, requires, case is ignored, and any zone other
// than GMT makes the date invalid. Whether the weekday is the right one is not
// looked at. Second 60 is a leap second and read as the next one.
//
// It is for what must not count if its date is not valid: conditions (RFC 9110,
// section 13.1.3) and Expires (RFC 9111, section 5.3). It is stricter than
// http.ParseTime: no other zones, hours of one digit, fractions of seconds or
// repeated spaces.
//
// A year of two digits makes the latest date that is no more than 50 years after
// near. If near is zero, such years are 1951 to 2050.
func ParseHTTPDate(s string, near time.Time) (date time.Time, ok bool) {
	return parseHTTPDate(s, near, true)
}

// ParseHTTPDateLoosely reads what ParseHTTPDate does, and also UTC for GMT, hours of
// one digit, fractions of seconds and repeated spaces. It is for the other fields
// of responses: an origin that writes such dates means them.
func ParseHTTPDateLoosely(s string, near time.Time) (date time.Time, ok bool) {
	return parseHTTPDate(s, near, false)
}

func parseHTTPDate(s string, near time.Time, strict bool) (date time.Time, ok bool) {
	s = strings.Trim(s, " \t")
	if !strings.Contains(s, ",") {
		return parseClock(time.ANSIC, s, strict)
	}
	clock, zone := s[:max(len(s)-4, 0)], s[max(len(s)-4, 0):]
	if !strings.EqualFold(zone, " GMT") && (strict || !strings.EqualFold(zone, " UTC")) {
		return time.Time{}, false
	}
	if date, ok = parseClock(imfFixdate, clock, strict); ok {
		return date, true
	}
	if date, ok = parseClock(rfc850Date, clock, strict); ok {
		return resolveCentury(date, near)
	}
	return time.Time{}, false
}

// parseClock reads s as time.Parse does. Strictly, it accepts only what the layout
// writes, but for case and weekday.
func parseClock(layout, s string, strict bool) (time.Time, bool) {
	if strict && layout != rfc850Date && len(s) != len(layout) {
		return time.Time{}, false // often an entity tag: spare it the error
	}
	leap := time.Duration(0)
	if i := strings.LastIndexByte(s, ':'); i >= 0 && strings.HasPrefix(s[i:], ":60") {
		s, leap = s[:i]+":59"+s[i+3:], time.Second
	}
	date, err := time.Parse(layout, strings.TrimRight(s, " "))
	if err != nil || strict && !writes(layout, date, s) {
		return time.Time{}, false
	}
	return date.Add(leap), true
}

// writes reports whether the layout writes date as s, but for case and weekday.
func writes(layout string, date time.Time, s string) bool {
	var b [len(rfc850Date) + len("Wednesday")]byte
	written := date.AppendFormat(b[:0], layout)
	i, j := len("Mon"), len("Mon")
	if layout == rfc850Date {
		i, j = strings.IndexByte(string(written), ','), strings.IndexByte(s, ',')
	}
	return strings.EqualFold(string(written[i:]), s[j:])
}

// resolveCentury gives a date with a two-digit year the latest century in which it
// lies no more than maxYearsAhead after near.
func resolveCentury(date, near time.Time) (time.Time, bool) {
	if near.IsZero() {
		near = time.Date(2000, time.December, 31, 0, 0, 0, 0, time.UTC)
	}
	limit := near.UTC().AddDate(maxYearsAhead, 0, 0)
	year := limit.Year()/100*100 + date.Year()%100
	for _, year := range [...]int{year, year - 100} {
		resolved := date.AddDate(year-date.Year(), 0, 0)
		if resolved.Day() == date.Day() && !resolved.After(limit) { // else that year has no such day
			return resolved, true
		}
	}
	return time.Time{}, false
}

// RetryAfter reads the Retry-After field of a response that was received at now (RFC
// 9110, section 10.2.3): seconds, or a date. ok is false if it says nothing readable.
func RetryAfter(h http.Header, now time.Time) (after time.Duration, ok bool) {
	value := h.Get("Retry-After")
	if n, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(n) * time.Second, true
	}
	if date, ok := ParseHTTPDateLoosely(value, now); ok {
		return max(date.Sub(now), 0), true
	}
	return 0, false
}
