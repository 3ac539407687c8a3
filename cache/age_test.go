package cache

import (
	"math"
	"testing"
	"time"
	"unsafe"
)

func TestCurrentAge(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		name  string
		entry Entry
		now   time.Time
		want  time.Duration
	}{
		{"new", Entry{Asked: noon, Answered: noon}, noon, 0},
		{"resident", Entry{Asked: noon, Answered: noon}, noon.Add(90 * s), 90 * s},
		{"with delay", Entry{Asked: noon.Add(-2 * s), Answered: noon}, noon.Add(10 * s), 12 * s},
		{"from a cache upstream", Entry{Asked: noon.Add(-2 * s), Answered: noon, Age: 30 * s}, noon.Add(10 * s), 42 * s},
		{"older by Date than by Age", Entry{Asked: noon.Add(-2 * s), Answered: noon, Age: 30 * s, Date: noon.Add(-60 * s)}, noon, 60 * s},
		{"older by Age than by Date", Entry{Asked: noon.Add(-2 * s), Answered: noon, Age: 60 * s, Date: noon.Add(-30 * s)}, noon, 62 * s},
		{"Date in the future", Entry{Asked: noon, Answered: noon, Date: noon.Add(time.Hour)}, noon.Add(s), s},
		{"clock set back since", Entry{Asked: noon, Answered: noon, Age: 5 * s}, noon.Add(-time.Hour), 5 * s},
		{"clock set back while asking", Entry{Asked: noon.Add(time.Hour), Answered: noon}, noon.Add(s), s},
		{"negative Age", Entry{Asked: noon, Answered: noon, Age: -time.Hour}, noon.Add(s), s},
		{"absurd Age", Entry{Asked: noon, Answered: noon, Age: math.MaxInt64}, noon.Add(s), MaxDelta + s},
		{"no times at all", Entry{}, noon, MaxDelta},
		{"everything absurd", Entry{Answered: noon, Age: math.MaxInt64}, noon.AddDate(5000, 0, 0), 3 * MaxDelta},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.entry.CurrentAge(tt.now); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// TestClocksDisagree has a machine whose wall clock was set back by an hour, and
// one that slept for an hour, during which its monotonic clock stood still.
func TestClocksDisagree(t *testing.T) {
	start := time.Now()
	e := Entry{
		Asked: start, Answered: start, FreshUntil: start.Add(30 * time.Minute),
		StaleWhileRevalidateUntil: start.Add(45 * time.Minute), StaleIfErrorUntil: start.Add(24 * time.Hour),
	}
	for _, tt := range []struct {
		name string
		now  time.Time
	}{
		{"both agree", start.Add(time.Hour)},
		{"set back", moveMonotonic(t, start, time.Hour)},
		{"slept", moveMonotonic(t, start.Add(time.Hour), -time.Hour)},
	} {
		if got := e.CurrentAge(tt.now); got != time.Hour {
			t.Errorf("%s: got age %v, want an hour", tt.name, got)
		}
		if got := e.State(tt.now); got != Stale {
			t.Errorf("%s: got %v, want stale", tt.name, got)
		}
	}
}

// moveMonotonic moves only the monotonic clock of now, for which package time
// has no function.
func moveMonotonic(t *testing.T, now time.Time, d time.Duration) time.Time {
	t.Helper()
	moved := now
	layout := (*struct {
		wall uint64
		ext  int64 // the monotonic clock, if there is a reading of it
		loc  *time.Location
	})(unsafe.Pointer(&moved))
	layout.ext += int64(d)
	if moved.Sub(now) != d || !moved.Round(0).Equal(now.Round(0)) {
		t.Fatal("time.Time is not laid out as it was")
	}
	return moved
}
