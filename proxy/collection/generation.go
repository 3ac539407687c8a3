package collection

import "time"

// Pages of one list that were fetched at different times lose or repeat elements
// where they meet, if the list changed in between. So the windows of a list count
// as coherent, and make a generation, if they agree on the count and were fetched
// within one freshness interval, and an answer is made of one generation. This
// file decides; what it decides on is handed in.

// Version is what decides whether a window belongs together with others.
type Version struct {
	Count   int64     // of the whole list, as the window says
	Fetched time.Time // when upstream had answered
}

// Generation is what coherent windows of one list have in common. The zero
// Generation is that of no windows.
type Generation struct {
	Count       int64
	First, Last time.Time // the earliest and the latest Fetched
}

// With returns the generation with one more window, whether it belongs there or not.
func (g Generation) With(s Version) Generation {
	if g == (Generation{}) {
		return Generation{s.Count, s.Fetched, s.Fetched}
	}
	if s.Fetched.Before(g.First) {
		g.First = s.Fetched
	}
	if s.Fetched.After(g.Last) {
		g.Last = s.Fetched
	}
	return g
}

// Admits reports whether a window can belong to the generation, where interval is
// how long the list's answers are fresh. The zero Generation admits all.
func (g Generation) Admits(s Version, interval time.Duration) bool {
	return g == (Generation{}) || s.Count == g.Count && g.With(s).span() <= interval
}

func (g Generation) span() time.Duration { return g.Last.Sub(g.First) }
