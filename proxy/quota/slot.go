package quota

import "time"

// slot is one request in our record of what was spent. Upstream stamps a request
// at some unknown moment between sent and ended, so a slot counts from the moment
// it is reserved until one period and a margin after it ended.
type slot struct {
	id       string // among replicas; empty: there are none
	remote   bool   // it is another replica's
	news     uint64 // what the replica had heard from others when it allotted the slot, see pooled
	priority Priority
	reserved time.Time
	earlier  time.Time // the grant before it
	sent     time.Time // when the first byte left; until told, when it was reserved
	left     bool      // a byte left
	ended    time.Time // when the response head came, or the flight gave up; zero: it has not
	lost     bool      // no response head came, so upstream may never have counted it
	absorbed bool      // lost, and a later report says whether it counts: the record does no longer
	charges  []charge
}

// charge is the part of a slot that one client pays.
type charge struct {
	client string
	parts  int64
}

// returns is when the slot may be used again.
func (s *slot) returns(period time.Duration) time.Time {
	return s.ended.Add(period + margin)
}

// weight is how many requests the slot counts for in the ledger.
func (s *slot) weight() int {
	if s.absorbed {
		return 0
	}
	return 1
}

// partsOf is what client pays of the slot.
func (s *slot) partsOf(client string) int64 {
	for _, c := range s.charges {
		if c.client == client {
			return c.parts
		}
	}
	return 0
}
