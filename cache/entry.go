package cache

import (
	"net/http"
	"time"
)

// Key names a resource. Two requests that may share a response have the same key,
// and a key says everything that the response depends on. Tiers treat it as opaque.
type Key = string

// Entry is one response of upstream, whole and verified.
//
// From the moment it is handed to a Tier it is shared between goroutines and
// immutable: not only its fields, but also the bytes of Body and the map in
// Header. What changes later is in Derived and synchronises itself.
type Entry struct {
	Key Key
	// Target and Accept are what was asked of upstream: the path and query, and
	// the Accept field. With them the owner can compute Derived again.
	Target, Accept string
	Status         int
	// Header has the end-to-end fields that are served with the response.
	Header http.Header
	Body   []byte

	// Asked is when the request was sent, Answered when the header of the response
	// was received, both by this machine's clock (request_time and response_time
	// of RFC 9111, section 4.2.3).
	Asked, Answered time.Time
	// Age and Date are the fields of the response. If zero, it has none.
	Age  time.Duration
	Date time.Time

	// The response is fresh before FreshUntil. After that it may be served while
	// it is refreshed before StaleWhileRevalidateUntil, and when upstream fails
	// before StaleIfErrorUntil (RFC 5861). If zero, it may not.
	FreshUntil, StaleWhileRevalidateUntil, StaleIfErrorUntil time.Time

	// Digest is the SHA-256 of Body.
	Digest [32]byte

	// Derived is what the owner computed from Body once. A tier that writes its
	// entries out does not keep it: Get then returns nil here.
	Derived any
	// DerivedCost is how many bytes Derived can grow to.
	DerivedCost int
}

// What an entry takes in memory besides the bytes in it.
const (
	entryOverhead = 512 // the struct, its slots in the maps of Memory and Ristretto, the allocator's rounding
	fieldOverhead = 48  // a map slot with a string and a slice header
	valueOverhead = 16  // a string header
)

// Cost returns how many bytes the entry takes in memory, DerivedCost included. A
// body counts with its capacity, since that is what stays allocated.
func (e *Entry) Cost() int64 {
	cost := entryOverhead + int64(len(e.Key)+len(e.Target)+len(e.Accept)) + int64(cap(e.Body)) + int64(max(e.DerivedCost, 0))
	for name, values := range e.Header {
		cost += fieldOverhead + int64(len(name))
		for _, v := range values {
			cost += valueOverhead + int64(len(v))
		}
	}
	return cost
}

// State is what may be done with an entry. Greater is better.
type State uint8

const (
	// Dead entries are not served.
	Dead State = iota
	// Stale entries are served only when upstream cannot or must not be asked.
	Stale
	// Revalidate is stale, but may be served at once while it is refreshed.
	Revalidate
	// Fresh entries are served as they are.
	Fresh
)

// String returns the name of the state in lower case, as logs show it.
func (s State) String() string {
	if s > Fresh {
		s = Dead
	}
	return [...]string{Dead: "dead", Stale: "stale", Revalidate: "revalidate", Fresh: "fresh"}[s]
}

// clockSlack is how far in the future an entry may have been answered. The clocks
// of replicas that share entries differ by less.
const clockSlack = time.Minute

// State returns what may be done with the entry now. At the times that are in the
// entry its state has changed already (RFC 9111, section 4.2: fresh means that the
// lifetime is greater than the age).
//
// An entry from the future was stored under a wrong clock, and how old it is cannot
// be known: it is never Fresh. Without this a machine that once started with its
// clock a year ahead would serve for a year what it stored then.
func (e *Entry) State(now time.Time) State {
	switch {
	case before(now, e.FreshUntil) && e.Answered.Sub(now) <= clockSlack:
		return Fresh
	case before(now, e.StaleWhileRevalidateUntil):
		return Revalidate
	case before(now, e.StaleIfErrorUntil):
		return Stale
	}
	return Dead
}

// before reports whether now is before t by the wall clock and, when both times
// have a reading of it, by the monotonic clock too. One alone is not enough: the
// monotonic clock stands still while a machine sleeps, and the wall clock can be
// set back.
func before(now, t time.Time) bool {
	return now.Before(t) && now.Round(0).Before(t.Round(0))
}

// MaxDelta is the greatest time that delta-seconds tell apart from greater ones
// (RFC 9111, section 1.2.2): 2³¹ seconds, or 68 years. A few of them can be added
// without overflowing a time.Duration.
const MaxDelta = (1 << 31) * time.Second

// CurrentAge returns how old the response is (RFC 9111, section 4.2.3): never
// negative, at most some centuries, and never less than what any of the clocks
// and fields involved says.
func (e *Entry) CurrentAge(now time.Time) time.Duration {
	var apparent time.Duration
	if !e.Date.IsZero() {
		apparent = elapsed(e.Date, e.Answered)
	}
	corrected := clampDelta(e.Age) + elapsed(e.Asked, e.Answered)
	return max(apparent, corrected) + elapsed(e.Answered, now)
}

// elapsed returns the time from one moment to another by the wall clock or the
// monotonic one, whichever says more (see before), and zero when clocks were set
// back.
func elapsed(from, to time.Time) time.Duration {
	return clampDelta(max(to.Sub(from), to.Round(0).Sub(from.Round(0))))
}

func clampDelta(d time.Duration) time.Duration {
	return min(max(d, 0), MaxDelta)
}
