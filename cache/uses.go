package cache

import (
	"math/bits"
	"time"
)

// Uses is how often an entry was used, and when last. What was used long ago counts
// less: half for every day since the last use. So what everybody uses is told from
// what one client asked for once, however often others were asked for meanwhile.
// The zero value was never used.
type Uses struct {
	Count uint32
	Last  int64 // seconds since 1970
}

const (
	usesHalfLife = 24 * 60 * 60 // in seconds
	// maxUses bounds how long what once was used very often outlasts the rest: ten days.
	maxUses = 1 << 10
)

// Add counts n uses up to now.
func (u *Uses) Add(n uint32, now time.Time) {
	if n == 0 {
		return
	}
	u.Count = min(u.decayed(now)+min(n, maxUses), maxUses)
	u.Last = max(u.Last, now.Unix())
}

// Rank orders entries by how often they were used, as of now: 0 is never, and each
// rank is about twice the uses of the one below it. Among those of one rank, other
// things may decide.
func (u Uses) Rank(now time.Time) int { return bits.Len32(u.decayed(now)) }

func (u Uses) decayed(now time.Time) uint32 {
	return u.Count >> min(max(now.Unix()-u.Last, 0)/usesHalfLife, 31)
}

// ghosts remembers how often entries were used that are not cached any more, so that
// one that comes back again and again is told from one that comes once. Of two keys
// in one slot it remembers the one that was used more. A false match makes a new
// entry look used, which is harmless and one in four billion.
type ghosts [ghostSlots]ghost

const ghostSlots = 8 << 10 // 192 KiB

type ghost struct {
	tag  uint32 // of the hash; 0: the slot is empty
	uses Uses
}

func (g *ghosts) slot(hash uint64) (*ghost, uint32) {
	return &g[hash%ghostSlots], uint32(hash>>32) | 1
}

// add remembers an entry that is let go.
func (g *ghosts) add(hash uint64, u Uses, now time.Time) {
	slot, tag := g.slot(hash)
	if slot.tag != tag && slot.uses.Rank(now) > u.Rank(now) {
		return
	}
	*slot = ghost{tag, u}
}

// take returns the uses of an entry that was let go and comes back, which is a use
// too.
func (g *ghosts) take(hash uint64, now time.Time) Uses {
	slot, tag := g.slot(hash)
	if slot.tag != tag {
		return Uses{}
	}
	u := slot.uses
	*slot = ghost{}
	u.Add(1, now)
	return u
}
