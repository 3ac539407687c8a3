package reply

import (
	"strings"
	"time"
)

// parseDate reads an HTTP-date in any of its three forms (RFC 9110 §5.6.7),
// without regard to case, and takes UTC for GMT (RFC 9111 §4.2). It is stricter
// than http.ParseTime, which also reads other zones, as if they were GMT, and
// fractions of seconds: a condition with an invalid date must be ignored.
//
// Where the year has two digits, the date is the latest such that is no more than
// 50 years after near.
func parseDate(s string, near time.Time) (time.Time, bool) {
	s = trim(s)
	weekday, rest, comma := strings.Cut(s, ", ")
	switch {
	case !comma:
		return parseAsctime(s)
	case len(weekday) == 3 && len(rest) == len("06 Nov 1994 08:49:37 GMT"):
		return parseFixdate(weekday, rest)
	case len(weekday) > 3 && len(rest) == len("06-Nov-94 08:49:37 GMT"):
		return parseRFC850(weekday, rest, near)
	}
	return time.Time{}, false
}

// parseFixdate reads "06 Nov 1994 08:49:37 GMT".
func parseFixdate(weekday, s string) (time.Time, bool) {
	if !isWeekday(weekday) || s[2] != ' ' || s[6] != ' ' || s[11] != ' ' || !isZone(s[20:]) || !digits(s[7:11]) {
		return time.Time{}, false
	}
	return moment(int(number(s[7:11])), s[3:6], s[:2], s[12:20])
}

// parseRFC850 reads "06-Nov-94 08:49:37 GMT".
func parseRFC850(weekday, s string, near time.Time) (time.Time, bool) {
	if !isWeekday(weekday) || s[2] != '-' || s[6] != '-' || s[9] != ' ' || !isZone(s[18:]) || !digits(s[7:9]) {
		return time.Time{}, false
	}
	if near.IsZero() {
		near = time.Date(2000, time.December, 31, 0, 0, 0, 0, time.UTC)
	}
	limit := near.UTC().AddDate(50, 0, 0)
	year := limit.Year()/100*100 + int(number(s[7:9]))
	if t, ok := moment(year, s[3:6], s[:2], s[10:18]); ok && !t.After(limit) {
		return t, true
	}
	return moment(year-100, s[3:6], s[:2], s[10:18])
}

// parseAsctime reads "Sun Nov  6 08:49:37 1994", the day padded with a space.
func parseAsctime(s string) (time.Time, bool) {
	if len(s) != len(time.ANSIC) || !isWeekday(s[:3]) || s[3] != ' ' || s[7] != ' ' || s[10] != ' ' || s[19] != ' ' ||
		!digits(s[20:]) {
		return time.Time{}, false
	}
	day := s[8:10]
	if day[0] == ' ' {
		day = day[1:]
	}
	return moment(int(number(s[20:])), s[4:7], day, s[11:19])
}

// moment puts together a year, the name of a month, a day and "08:49:37". Second
// 60 is a leap second and taken for the next one.
func moment(year int, monthName, day, clock string) (time.Time, bool) {
	h, m, s := clock[:2], clock[3:5], clock[6:]
	if clock[2] != ':' || clock[5] != ':' || !digits(day) || !digits(h) || !digits(m) || !digits(s) {
		return time.Time{}, false
	}
	month := monthNamed(monthName)
	midnight := time.Date(year, month, int(number(day)), 0, 0, 0, 0, time.UTC)
	if month == 0 || midnight.Day() != int(number(day)) || number(h) > 23 || number(m) > 59 || number(s) > 60 {
		return time.Time{}, false
	}
	seconds := (number(h)*60+number(m))*60 + number(s)
	return midnight.Add(time.Duration(seconds) * time.Second), true
}

// monthNamed returns the month with a name of three letters, or 0.
func monthNamed(name string) time.Month {
	for m := time.January; m <= time.December; m++ {
		if strings.EqualFold(name, m.String()[:3]) {
			return m
		}
	}
	return 0
}

// isWeekday reports whether name is that of a day, in full or three letters.
// Whether it is the right one for the date is nobody's business.
func isWeekday(name string) bool {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if full := d.String(); strings.EqualFold(name, full) || strings.EqualFold(name, full[:3]) {
			return true
		}
	}
	return false
}

// isZone reports whether s is a space and the name of the only zone there is.
func isZone(s string) bool { return strings.EqualFold(s, " GMT") || strings.EqualFold(s, " UTC") }
