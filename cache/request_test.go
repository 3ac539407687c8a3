package cache

import (
	"testing"
	"time"
)

// entryAged is a 200 with a lifetime of a minute, a stale-while-revalidate window
// of ten seconds and a stale-if-error one of a hundred.
func entryAged(age time.Duration) (e *Entry, now time.Time) {
	until := noon.Add(time.Minute)
	return &Entry{
		Status: 200, Asked: noon, Answered: noon, FreshUntil: until,
		StaleWhileRevalidateUntil: until.Add(10 * time.Second), StaleIfErrorUntil: until.Add(100 * time.Second),
	}, noon.Add(age)
}

// TestChoose has a row for each rule of RFC 9111, section 4.
func TestChoose(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		cc     string
		age    time.Duration
		traits Traits
		want   Use
	}{
		{"", 0, Traits{}, ServeFresh},
		{"", 59 * s, Traits{NeverStale: true}, ServeFresh},
		{"", 60 * s, Traits{}, ServeWhileRevalidate},
		{"", 60 * s, Traits{NeverStale: true}, Validate},
		{"", 70 * s, Traits{}, Validate},
		{"no-cache", 0, Traits{}, ValidateAsked},
		{"no-cache", 0, Traits{Immutable: true}, ValidateAsked},
		{"max-age=0", s, Traits{}, ValidateAsked},
		{"max-age=0", s, Traits{Immutable: true}, ServeFresh},
		{"max-age=0", 70 * s, Traits{Immutable: true}, Validate},
		{"max-age=10", 10 * s, Traits{}, ServeFresh},
		{"max-age=10", 11 * s, Traits{}, ValidateAsked},
		{"max-age=10, max-stale", 70 * s, Traits{}, Validate},
		{"min-fresh=10", 50 * s, Traits{}, ServeFresh},
		{"min-fresh=10", 51 * s, Traits{}, ValidateAsked},
		{"min-fresh=0", 65 * s, Traits{}, Validate},
		{"max-stale", 1000 * s, Traits{}, ServeStale},
		{"max-stale=20", 80 * s, Traits{}, ServeStale},
		{"max-stale=20", 81 * s, Traits{}, Validate},
		{"max-stale=x", 80 * s, Traits{}, Validate},
		{"max-stale", 80 * s, Traits{NeverStale: true}, Validate},
		{"no-store", 0, Traits{}, ServeFresh}, // whether it is looked up at all is not settled here
	} {
		w := ParseWish(fields("Cache-Control", tt.cc))
		e, now := entryAged(tt.age)
		if got := w.Choose(e, tt.traits, now); got != tt.want {
			t.Errorf("%s at %v, %+v: got %d, want %d", tt.cc, tt.age, tt.traits, got, tt.want)
		}
	}
}

func TestOnError(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		cc     string
		age    time.Duration
		status int
		traits Traits
		want   bool
	}{
		{"", 10 * s, 200, Traits{NeverStale: true}, true},
		{"", 159 * s, 200, Traits{}, true},
		{"", 160 * s, 200, Traits{}, false},
		{"", 100 * s, 200, Traits{NeverStale: true}, false},
		{"", 100 * s, 503, Traits{}, false},
		{"no-cache", 10 * s, 200, Traits{}, false},
		{"no-cache", 100 * s, 200, Traits{}, false},
		{"stale-if-error=200", 260 * s, 200, Traits{}, true},
		{"stale-if-error=200", 261 * s, 200, Traits{}, false},
		{"stale-if-error=200", 100 * s, 200, Traits{NeverStale: true}, false},
	} {
		w := ParseWish(fields("Cache-Control", tt.cc))
		e, now := entryAged(tt.age)
		e.Status = tt.status
		if got := w.OnError(e, tt.traits, now); got != tt.want {
			t.Errorf("%s at %v, %d %+v: got %t, want %t", tt.cc, tt.age, tt.status, tt.traits, got, tt.want)
		}
	}
}

func TestParseWishPragma(t *testing.T) {
	for _, tt := range []struct {
		pairs []string
		want  bool
	}{
		{[]string{"Pragma", "No-Cache"}, true},
		{[]string{"Pragma", "x"}, false},
		{[]string{"Pragma", "no-cache", "Cache-Control", "max-age=5"}, false},
	} {
		if got := ParseWish(fields(tt.pairs...)).NoCache; got != tt.want {
			t.Errorf("%q: got %t, want %t", tt.pairs, got, tt.want)
		}
	}
}
