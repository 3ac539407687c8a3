package cache

import (
	"net/http"
	"strings"
	"time"
)

// Heuristic freshness (RFC 9111, section 4.2.2): a tenth of the time since the
// answer was last modified, as that section proposes, and never more than a day.
const (
	heuristicFraction = 10
	maxHeuristic      = 24 * time.Hour
)

// lifetime is how long an answer is fresh from its generation on (RFC 9111,
// section 4.2.1): s-maxage, else max-age, else Expires less Date, else a
// heuristic. explicit is false for the last.
func lifetime(x *Exchange, said *directives) (life time.Duration, explicit bool) {
	if life, ok := said.freshness(); ok {
		return life, true
	}
	if lines := x.Response["Expires"]; len(lines) > 0 && !said.targeted {
		expires, ok := parseHTTPDate(lines[0], x.Answered)
		if !ok {
			return 0, true // section 5.3: an invalid date is in the past
		}
		return clampDelta(expires.Sub(dateOf(x))), true
	}
	return heuristic(x, said), false
}

// heuristic estimates a lifetime where upstream states none. A response that sets
// a cookie was made for somebody: it is not given to others on a guess.
func heuristic(x *Exchange, said *directives) time.Duration {
	modified, ok := parseHTTPDate(x.Response.Get("Last-Modified"), x.Answered)
	if !ok || !heuristicStatus(x.Status) && !said.public || setsCookie(x.Response) {
		return 0
	}
	return min(clampDelta(dateOf(x).Sub(modified))/heuristicFraction, maxHeuristic)
}

// heuristicStatus reports whether a status is one of those that RFC 9110, section
// 15.1, calls heuristically cacheable.
func heuristicStatus(status int) bool {
	switch status {
	case http.StatusOK, http.StatusNonAuthoritativeInfo, http.StatusNoContent, http.StatusPartialContent,
		http.StatusMultipleChoices, http.StatusMovedPermanently, http.StatusPermanentRedirect,
		http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone,
		http.StatusRequestURITooLong, http.StatusNotImplemented:
		return true
	}
	return false
}

func setsCookie(h http.Header) bool { return len(h["Set-Cookie"]) > 0 }

// ageOf reads the Age field (RFC 9111, section 5.1). known is false when the field
// is there and does not tell the age. That section would have the first member of
// a list used and a broken field ignored; but several lines, and one value said
// twice, are the mark of caches that did not agree, and section 4.2.1 encourages
// to take such answers for stale. Only the plain list of different values, which
// has a first member beyond doubt, is read as section 5.1 has it.
func ageOf(h http.Header) (age time.Duration, known bool) {
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
