package rfc9111

import (
	"testing"
	"time"

	"perigee/cache"
)

// entryAged is a 200 with a lifetime of a minute, a stale-while-revalidate window
// of ten seconds and a stale-if-error one of a hundred.
func entryAged(age time.Duration) (e *cache.Entry, now time.Time) {
	until := noon.Add(time.Minute)
	return &cache.Entry{
		Status: 200, Asked: noon, Answered: noon, FreshUntil: until,
		StaleWhileRevalidateUntil: until.Add(10 * time.Second), StaleIfErrorUntil: until.Add(100 * time.Second),
	}, noon.Add(age)
}

// TestReuse has a row for each rule of RFC 9111, section 4.
func TestReuse(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		cc    string
		age   time.Duration
		rules ReuseRules
		want  Action
	}{
		{"", 0, ReuseRules{}, ServeFresh},
		{"", 59 * s, ReuseRules{NeverStale: true}, ServeFresh},
		{"", 60 * s, ReuseRules{}, ServeWhileRevalidate},
		{"", 60 * s, ReuseRules{NeverStale: true}, Validate},
		{"", 70 * s, ReuseRules{}, Validate},
		{"no-cache", 0, ReuseRules{}, ValidateRequested},
		{"no-cache", 0, ReuseRules{Immutable: true}, ValidateRequested},
		{"max-age=0", s, ReuseRules{}, ValidateRequested},
		{"max-age=0", s, ReuseRules{Immutable: true}, ServeFresh},
		{"max-age=0", 70 * s, ReuseRules{Immutable: true}, Validate},
		{"max-age=10", 10 * s, ReuseRules{}, ServeFresh},
		{"max-age=10", 11 * s, ReuseRules{}, ValidateRequested},
		{"max-age=10, max-stale", 70 * s, ReuseRules{}, Validate},
		{"min-fresh=10", 50 * s, ReuseRules{}, ServeFresh},
		{"min-fresh=10", 51 * s, ReuseRules{}, ValidateRequested},
		{"min-fresh=0", 65 * s, ReuseRules{}, Validate},
		{"max-stale", 1000 * s, ReuseRules{}, ServeStale},
		{"max-stale=20", 80 * s, ReuseRules{}, ServeStale},
		{"max-stale=20", 81 * s, ReuseRules{}, Validate},
		{"max-stale=x", 80 * s, ReuseRules{}, Validate},
		{"max-stale", 80 * s, ReuseRules{NeverStale: true}, Validate},
		{"no-store", 0, ReuseRules{}, ServeFresh}, // whether it is looked up at all is not settled here
	} {
		w := ParseRequest(fields("Cache-Control", tt.cc))
		e, now := entryAged(tt.age)
		if got := w.Reuse(e, tt.rules, now); got != tt.want {
			t.Errorf("%s at %v, %+v: got %d, want %d", tt.cc, tt.age, tt.rules, got, tt.want)
		}
	}
}

func TestReuseOnError(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		cc     string
		age    time.Duration
		status int
		rules  ReuseRules
		want   bool
	}{
		{"", 10 * s, 200, ReuseRules{NeverStale: true}, true},
		{"", 159 * s, 200, ReuseRules{}, true},
		{"", 160 * s, 200, ReuseRules{}, false},
		{"", 100 * s, 200, ReuseRules{NeverStale: true}, false},
		{"", 100 * s, 503, ReuseRules{}, false},
		{"no-cache", 10 * s, 200, ReuseRules{}, false},
		{"no-cache", 100 * s, 200, ReuseRules{}, false},
		{"stale-if-error=200", 260 * s, 200, ReuseRules{}, true},
		{"stale-if-error=200", 261 * s, 200, ReuseRules{}, false},
		{"stale-if-error=200", 100 * s, 200, ReuseRules{NeverStale: true}, false},
	} {
		w := ParseRequest(fields("Cache-Control", tt.cc))
		e, now := entryAged(tt.age)
		e.Status = tt.status
		if got := w.ReuseOnError(e, tt.rules, now); got != tt.want {
			t.Errorf("%s at %v, %d %+v: got %t, want %t", tt.cc, tt.age, tt.status, tt.rules, got, tt.want)
		}
	}
}

func TestParseRequestPragma(t *testing.T) {
	for _, tt := range []struct {
		pairs []string
		want  bool
	}{
		{[]string{"Pragma", "No-Cache"}, true},
		{[]string{"Pragma", "x"}, false},
		{[]string{"Pragma", "no-cache", "Cache-Control", "max-age=5"}, false},
	} {
		if got := ParseRequest(fields(tt.pairs...)).NoCache; got != tt.want {
			t.Errorf("%q: got %t, want %t", tt.pairs, got, tt.want)
		}
	}
}
