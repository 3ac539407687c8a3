package collection

import (
	"slices"
	"time"
)

// Choice is which windows an answer is made of.
type Choice struct {
	// Picks has for each window the index of the version to take, -1 where there is none.
	Picks []int
	// Generation is that of the picks; zero if they are mixed.
	Generation Generation
	// Renew is the index of the window to be fetched anew before the answer is
	// made, if the quota allows: of those that keep the newest versions from being
	// coherent, the oldest. -1 if there is nothing to gain. The picks are what to
	// answer with if it is not fetched.
	Renew int
	// Mixed tells that the picks are of no one generation.
	Mixed bool
	// Left tells that the picks are not of the walker's generation, though it had one.
	Left bool
}

// Choose decides which versions of the windows that a page needs to answer with.
// versions has for each window those that may still be served, the newest first:
// the one that is cached and, where walkers kept them, superseded ones. walk is the
// walker's generation, zero for others. interval is how long the list's answers
// are fresh.
//
// A walker gets its own generation if that has all that is needed, and of several
// versions that belong to it the ones that lie closest together in time. Everyone
// else gets the newest version of each window, and if those are not coherent the
// older is to be renewed; if that must not be, the newest coherent ones, and only
// where there are none a mixture. Windows without any version are left out of all
// this: they are fetched, and then is chosen again.
//
// After a window was renewed, another can be the older one. Choosing again once
// for each window is enough; a list that changes faster than it is read is
// answered mixed.
func Choose(walk Generation, versions [][]Version, interval time.Duration) Choice {
	walking := walk != (Generation{})
	if walking {
		if c, ok := best(walk, versions, interval, closest); ok {
			return c
		}
	}
	c := newest(versions)
	c.Left = walking
	if c.Renew = outdated(c.Picks, versions, interval); c.Renew < 0 {
		return c
	}
	if old, ok := best(Generation{}, versions, interval, latest); ok {
		c.Picks, c.Generation = old.Picks, old.Generation
		return c
	}
	c.Generation, c.Mixed = Generation{}, true
	return c
}

// closest and latest tell which of two generations to prefer.
func closest(a, b Generation) bool { return a.span() < b.span() }
func latest(a, b Generation) bool  { return a.First.After(b.First) }

// best returns the versions that make the preferred generation together with
// from. Whatever the latest of them is, the others are best the newest that came
// before it: so it tries each version as the latest.
func best(from Generation, versions [][]Version, interval time.Duration, prefer func(a, b Generation) bool) (c Choice, ok bool) {
	try := func(last Version) {
		picks, g, found := upTo(last, from, versions, interval)
		if found && (!ok || prefer(g, c.Generation)) {
			c, ok = Choice{Picks: picks, Generation: g, Renew: -1}, true
		}
	}
	if from != (Generation{}) {
		try(Version{from.Count, from.Last})
	}
	for _, window := range versions {
		for _, s := range window {
			try(s)
		}
	}
	return c, ok
}

// upTo picks the newest version of each window that is no later than last and of
// its count; ok is false if these and from are no generation.
func upTo(last Version, from Generation, versions [][]Version, interval time.Duration) (picks []int, g Generation, ok bool) {
	picks, g = make([]int, len(versions)), from
	for i, window := range versions {
		picks[i] = slices.IndexFunc(window, func(s Version) bool {
			return s.Count == last.Count && !s.Fetched.After(last.Fetched)
		})
		switch {
		case len(window) == 0:
		case picks[i] < 0 || !g.Admits(window[picks[i]], interval):
			return nil, Generation{}, false
		default:
			g = g.With(window[picks[i]])
		}
	}
	return picks, g, true
}

// newest picks the first version of each window.
func newest(versions [][]Version) Choice {
	c := Choice{Picks: make([]int, len(versions)), Renew: -1}
	for i, window := range versions {
		if len(window) == 0 {
			c.Picks[i] = -1
			continue
		}
		c.Generation = c.Generation.With(window[0])
	}
	return c
}

// outdated returns the index of the oldest of the picked windows that cannot
// belong together with the latest one, or -1 if all can.
func outdated(picks []int, versions [][]Version, interval time.Duration) int {
	latest, oldest := -1, -1
	picked := func(i int) Version { return versions[i][picks[i]] }
	for i, pick := range picks {
		if pick >= 0 && (latest < 0 || picked(i).Fetched.After(picked(latest).Fetched)) {
			latest = i
		}
	}
	for i, pick := range picks {
		if pick < 0 || (Generation{}).With(picked(latest)).Admits(picked(i), interval) {
			continue
		}
		if oldest < 0 || picked(i).Fetched.Before(picked(oldest).Fetched) {
			oldest = i
		}
	}
	return oldest
}
