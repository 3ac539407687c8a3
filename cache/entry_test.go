package cache

import (
	"net/http"
	"testing"
	"time"
)

// noon is a moment without a monotonic clock.
var noon = time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC)

func TestEntryCost(t *testing.T) {
	roomy := make([]byte, 10, 100)
	for _, tt := range []struct {
		name  string
		entry Entry
		want  int64
	}{
		{"nothing", Entry{}, 512},
		{"key", Entry{Key: "12345"}, 512 + 5},
		{"body by capacity", Entry{Body: roomy}, 512 + 100},
		{"derived", Entry{DerivedCost: 1000}, 512 + 1000},
		{"nonsense is no credit", Entry{DerivedCost: -1000}, 512},
		{"one field", Entry{Header: http.Header{"Etag": {`"abc"`}}}, 512 + (48 + 4) + (16 + 5)},
		{"two lines", Entry{Header: http.Header{"Link": {"a", "bc"}}}, 512 + (48 + 4) + (16 + 1) + (16 + 2)},
		{"a field without lines", Entry{Header: http.Header{"Link": nil}}, 512 + (48 + 4)},
		{
			"all", Entry{Key: "k", Body: roomy, DerivedCost: 7, Header: http.Header{"A": {"b"}}},
			512 + 1 + 100 + 7 + (48 + 1) + (16 + 1),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.entry.Cost(); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestEntryState(t *testing.T) {
	const h = time.Hour
	usual := Entry{
		Answered: noon, FreshUntil: noon.Add(h),
		StaleWhileRevalidateUntil: noon.Add(2 * h), StaleIfErrorUntil: noon.Add(4 * h),
	}
	noRefresh := Entry{Answered: noon, FreshUntil: noon.Add(h), StaleWhileRevalidateUntil: noon.Add(h), StaleIfErrorUntil: noon.Add(4 * h)}
	onlyRefresh := Entry{Answered: noon, FreshUntil: noon.Add(h), StaleWhileRevalidateUntil: noon.Add(4 * h), StaleIfErrorUntil: noon.Add(h)}
	freshOnly := Entry{Answered: noon, FreshUntil: noon.Add(h)}
	for _, tt := range []struct {
		name  string
		entry Entry
		after time.Duration // since noon
		want  State
	}{
		{"at once", usual, 0, Fresh},
		{"just fresh", usual, h - 1, Fresh},
		{"just stale", usual, h, Revalidate},
		{"refresh ends", usual, 2*h - 1, Revalidate},
		{"only on error", usual, 2 * h, Stale},
		{"error ends", usual, 4*h - 1, Stale},
		{"dead", usual, 4 * h, Dead},
		{"no refresh window", noRefresh, h, Stale},
		{"no error window", onlyRefresh, 3 * h, Revalidate},
		{"no error window, over", onlyRefresh, 4 * h, Dead},
		{"no windows", freshOnly, h, Dead},
		{"nothing set", Entry{}, 0, Dead},
		{"replica a little ahead", usual, -time.Minute, Fresh},
		{"answered in the future", usual, -time.Minute - 1, Revalidate},
		{"far in the future", usual, -1000 * h, Revalidate},
		{"in the future, no refresh window", noRefresh, -h, Revalidate},
		{"in the future, no windows", freshOnly, -h, Dead},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.entry.State(noon.Add(tt.after)); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestStateIsOrdered(t *testing.T) {
	if !(Dead < Stale && Stale < Revalidate && Revalidate < Fresh) {
		t.Error("a better state must be greater")
	}
	for state, want := range map[State]string{Dead: "dead", Stale: "stale", Revalidate: "revalidate", Fresh: "fresh", 99: "dead"} {
		if got := state.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
