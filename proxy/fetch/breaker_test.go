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

// rig checks one breaker at moments that are told in seconds.
type rig struct {
	*testing.T
	breaker
}

func at(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

func (r *rig) refused(key string, seconds int, want string) {
	r.Helper()
	if got := reason(r.check(key, at(seconds))); got != want {
		r.Errorf("%s after %d s: %q, want %q", key, seconds, got, want)
	}
}

func (r *rig) admitted(key string, seconds int, want string) {
	r.Helper()
	if got := reason(r.admit(key, at(seconds))); got != want {
		r.Errorf("%s is sent after %d s: %q, want %q", key, seconds, got, want)
	}
}

// One page that fails, however often, closed the whole API to everybody.
func TestABrokenResourceClosesItselfAlone(t *testing.T) {
	r := &rig{T: t}
	pauses := []int{10, 20, 40, 80, 160, 300, 300}
	now := 0
	for n, pause := range pauses {
		r.admitted("broken", now, "")
		r.fail("broken", at(now), pauseAfterAnswer, "status")
		r.refused("broken", now, fmt.Sprintf("status %s", time.Duration(pause)*time.Second))
		r.refused("other", now, "")
		if now += pause; n%2 == 0 { // nor does one that says nothing
			r.silence("silent", at(now), pauseAfterAnswer, "timeout")
			r.refused("other", now, "")
		}
	}
	r.succeed("broken")
	r.fail("broken", at(now), pauseAfterAnswer, "status")
	r.refused("broken", now, "status 10s") // it begins anew
	r.refused("broken", now+10, "")
	r.fail("broken", at(now+2000), pauseAfterAnswer, "status")
	r.refused("broken", now+2000, "status 10s") // and after a long time
}

func TestAnUpstreamWithoutAByteIsProbed(t *testing.T) {
	r := &rig{T: t}
	for n := range 4 {
		r.silence(fmt.Sprint(n), at(0), pauseAfterUnsent, "unreachable")
	}
	r.silence("0", at(1), pauseAfterUnsent, "unreachable") // the same again is no fifth
	r.refused("new", 1, "")
	r.silence("4", at(1), pauseAfterUnsent, "unreachable")
	r.refused("new", 1, "down 15s")

	// Who waits does not use the probe up, and who has failed does not come first.
	r.refused("new", 16, "")
	r.refused("new", 16, "")
	r.admitted("0", 16, "down 15s")
	r.admitted("new", 16, "")
	r.refused("newer", 16, "down 2s")
	r.admitted("newer", 16, "down 2s")
	r.unsent() // it left for a reason of its own
	r.admitted("newer", 16, "")
	r.silence("newer", at(20), pauseAfterAnswer, "timeout")
	r.refused("new", 20, "down 30s") // twice as long

	// Where all have failed, one of them is the probe in the end; and any answer to it,
	// a bad one too, says that upstream is there.
	r.refused("0", 50, "down 15s")
	r.admitted("0", 65, "")
	r.fail("0", at(66), pauseAfterAnswer, "status")
	r.refused("new", 66, "")
	r.refused("1", 66, "")
}

// FuzzBreaker asserts that no order of events leaves it shut: once upstream answers,
// and an hour has passed, everything may be asked.
func FuzzBreaker(f *testing.F) {
	f.Add([]byte("abcABC123abc"))
	f.Fuzz(func(t *testing.T, events []byte) {
		var b breaker
		now := start
		for _, e := range events {
			now = now.Add(time.Duration(e%7) * 5 * time.Second)
			key := string('a' + rune(e>>3)%9)
			switch admitted := b.admit(key, now) == nil; {
			case !admitted:
			case e%5 == 0:
				b.silence(key, now, pauseAfterUnsent, "unreachable")
			case e%5 == 1:
				b.fail(key, now, pauseAfterAnswer, "status")
			case e%5 == 2:
				b.succeed(key)
			case e%5 == 3:
				b.answered()
			default:
				b.unsent()
			}
		}
		now = now.Add(time.Hour)
		if err := b.admit("probe", now); err != nil {
			t.Fatalf("after an hour: %v in %s", err.Reason, err.RetryAfter)
		}
		b.answered()
		for key := 'a'; key < 'a'+9; key++ {
			if err := b.check(string(key), now); err != nil {
				t.Errorf("%c: %v in %s", key, err.Reason, err.RetryAfter)
			}
		}
	})
}
