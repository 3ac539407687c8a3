package reply

import (
	"net/http"
	"time"
)

// precondition evaluates the conditions in the order of RFC 9110 §13.2.2, which
// makes the entity tag win over the date, and returns 200, 304 or 412.
func precondition(request http.Header, rep *Representation) int {
	if lines := request["If-Match"]; lines != nil {
		if !matchesAny(lines, rep.ETag, sameStrong) {
			return http.StatusPreconditionFailed
		}
	} else if since, ok := soleDate(request["If-Unmodified-Since"], rep.Date); ok {
		// Without a modification date the field is ignored (§13.1.4).
		if modified, ok := parseDate(rep.LastModified, rep.Date); ok && modified.After(since) {
			return http.StatusPreconditionFailed
		}
	}
	if lines := request["If-None-Match"]; lines != nil {
		if matchesAny(lines, rep.ETag, sameWeak) {
			return http.StatusNotModified
		}
	} else if since, ok := soleDate(request["If-Modified-Since"], rep.Date); ok {
		// A date in the future is as good as any other: §13.1.3 does not except it.
		if modified, ok := rep.modified(); ok && !modified.After(since) {
			return http.StatusNotModified
		}
	}
	return http.StatusOK
}

// modified is the date that If-Modified-Since is compared with: without a
// Last-Modified it is that of the answer itself (RFC 9111 §4.3.2).
func (rep *Representation) modified() (time.Time, bool) {
	if rep.LastModified == "" {
		return rep.Date.Truncate(time.Second), !rep.Date.IsZero()
	}
	return parseDate(rep.LastModified, rep.Date)
}

// rangeHolds evaluates If-Range (RFC 9110 §13.1.5): whether the client's part and
// the representation are of one piece, so that Range is to be looked at.
func rangeHolds(lines []string, rep *Representation) bool {
	if lines == nil {
		return true
	}
	if len(lines) != 1 {
		return false
	}
	if date, ok := parseDate(lines[0], rep.Date); ok {
		modified, ok := parseDate(rep.LastModified, rep.Date)
		return ok && date.Equal(modified) && strongDate(modified, rep.Date)
	}
	return sameStrong(trim(lines[0]), rep.ETag)
}

// strongDate reports whether a Last-Modified date names one sequence of bytes. It
// does if the answer was made in a later second: nothing can have changed twice
// in the second it names without the answer having seen it (§8.8.2.2).
func strongDate(modified, answered time.Time) bool {
	return !answered.Before(modified.Add(time.Second))
}

// soleDate reads a field that must hold one date; lines of several are invalid,
// and an invalid date is no condition (§13.1.3, §13.1.4).
func soleDate(lines []string, near time.Time) (time.Time, bool) {
	if len(lines) != 1 {
		return time.Time{}, false
	}
	return parseDate(lines[0], near)
}
