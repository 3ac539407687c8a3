package fetch

import (
	"fmt"
	"testing"
	"time"
)

// The breaker is tested within the package: it has no other door than a whole fetch.

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func reason(err *UnavailableError) string {
	if err == nil {
		return ""
	}
	return fmt.Sprintf("%s %s", err.Reason, err.RetryAfter)
}

func TestBreaker(t *testing.T) {
	var b breaker
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	check := func(key string, seconds int, want string) {
		t.Helper()
		if got := reason(b.check(key, at(seconds))); got != want {
			t.Errorf("%s after %d s: %q, want %q", key, seconds, got, want)
		}
	}
	check("a", 0, "")
	b.fail("a", at(0), 10*time.Second, "timeout")
	check("a", 4, "timeout 6s")
	check("b", 4, "")
	check("a", 10, "")
	for n := range 4 { // five in a row trip it
		b.fail(fmt.Sprint("c", n), at(10), 10*time.Second, "status")
	}
	check("b", 10, "down 15s")
	check("b", 25, "") // the probe
	check("d", 25, "down 15s")
	b.fail("b", at(25), 10*time.Second, "status")
	check("d", 30, "down 25s") // twice as long
	check("d", 55, "")
	b.succeed("d")
	check("b", 55, "")
}
