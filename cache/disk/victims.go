package disk

import (
	"cmp"
	"slices"
	"time"

	"perigee/cache"
)

const (
	// slackShare says how much more is evicted than must be: this part of the limit.
	// To find the victims all entries are looked at, which is to be rare.
	slackShare = 64
	// unusedShare is the part of the limit that entries keep which were not used yet,
	// the latest of them, so that they have the time to be.
	unusedShare = 16
)

// victim is a file that is to be evicted.
type victim struct {
	name  name
	entry indexEntry
}

// excess is how many bytes the files and the reserved bytes are above the limit. It
// is 0 before a walk has ended: until then it is not known which files are the least
// valuable.
func (x *index) excess(limit int64) int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.complete() {
		return 0
	}
	return max(x.bytes+x.reserved-limit, 0)
}

// takeExcess removes victims from the index if there is an excess.
func (x *index) takeExcess(limit int64, now time.Time) []victim {
	excess := x.excess(limit)
	if excess == 0 {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.take(excess+limit/slackShare, cache.Fresh, limit/unusedShare, now)
}

// takeStale removes victims of that many bytes from the index, none of them fresh.
func (x *index) takeStale(bytes int64, now time.Time) []victim {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.take(bytes, cache.Revalidate, 0, now)
}

// candidate is a file that may become a victim.
type candidate struct {
	victim
	class class
	rank  int
	state cache.State
}

// class says which entries go before all of the next class.
type class uint8

const (
	dead   class = iota // nobody can be given it
	unused              // asked for once, when it was fetched
	used
	latest // not used yet, but new
)

// take requires mu. What is dead goes first, then what was never used, then what was
// used least; of those equally often, entries in a worse state go first, and
// those in the same state by their last use. So a flood of requests that nobody makes
// twice displaces itself, fresh as it is. Nothing better than best goes, and of the
// unused ones the latest, which take so many bytes, go last.
func (x *index) take(bytes int64, best cache.State, latest int64, now time.Time) []victim {
	all := x.candidates(best, now)
	spareLatest(all, latest)
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.rank, b.rank),
			cmp.Compare(a.state, b.state), cmp.Compare(a.entry.used, b.entry.used))
	})
	var taken []victim
	for _, c := range all {
		if bytes <= 0 {
			break
		}
		bytes -= c.entry.bytes
		x.bytes -= c.entry.bytes
		delete(x.entries, c.name)
		taken = append(taken, c.victim)
	}
	return taken
}

// candidates returns the entries that are in no better state than best. It requires
// mu.
func (x *index) candidates(best cache.State, now time.Time) []candidate {
	var all []candidate
	for n, e := range x.entries {
		c := candidate{victim: victim{n, e}, class: used, rank: e.uses.Rank(now), state: e.state(now)}
		switch {
		case c.state > best:
			continue
		case c.state == cache.Dead:
			c.class, c.rank = dead, 0
		case c.rank == 0:
			c.class = unused
		}
		all = append(all, c)
	}
	return all
}

// spareLatest puts the latest of the unused ones, up to that many bytes, last.
func spareLatest(all []candidate, bytes int64) {
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Compare(b.entry.used, a.entry.used) })
	for i := range all {
		if c := &all[i]; c.class == unused {
			if bytes -= c.entry.bytes; bytes < 0 {
				return
			}
			c.class = latest
		}
	}
}
