package ll2

import (
	"strings"
	"time"
)

// plainTime returns an instant in UTC, if it is in the full ISO form with an
// explicit zone, which all versions of Django read alike. Other spellings depend
// on the version or on upstream's own time zone; among them is +02:00 with a raw
// plus, which arrives as a space.
func plainTime(value string) string {
	if !isFullISO(value) {
		return value
	}
	t, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return value // no day of the calendar
	}
	t = t.UTC()
	if y := t.Year(); y <= 1 || y >= 9999 {
		return value // in a zone of its own the database may not have that year
	}
	return t.Format("2006-01-02T15:04:05.999999Z")
}

// isFullISO reports whether s has the form 2006-01-02T15:04:05[.999999](Z|±15:04).
func isFullISO(s string) bool {
	const whole = "0000-00-00T00:00:00"
	if len(s) <= len(whole) || !hasForm(s[:len(whole)], whole) {
		return false
	}
	zone := s[len(whole):]
	if fraction, ok := strings.CutPrefix(zone, "."); ok {
		zone = strings.TrimLeft(fraction, "0123456789")
		if n := len(fraction) - len(zone); n == 0 || n > 6 {
			return false
		}
	}
	if zone == "Z" {
		return true
	}
	return (hasForm(zone, "+00:00") || hasForm(zone, "-00:00")) &&
		zone[1:3] <= "23" && zone[4:] <= "59"
}

// hasForm reports whether s equals form, where 0 stands for any digit.
func hasForm(s, form string) bool {
	if len(s) != len(form) {
		return false
	}
	for i := range len(s) {
		if form[i] == '0' && (s[i] < '0' || s[i] > '9') || form[i] != '0' && s[i] != form[i] {
			return false
		}
	}
	return true
}
