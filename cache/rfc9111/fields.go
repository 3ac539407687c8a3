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
