package quota

import (
	"cmp"
	"slices"
)

// queue is the fetch requests that wait for a slot, in no order: how they rank
// changes with what their clients spend.
type queue []*fetchRequest

// compare is negative if r is served before s: the better claim, then the earlier.
func compare(u *usage, r, s *fetchRequest) int {
	return cmp.Or(u.claim(r).compare(u.claim(s)), cmp.Compare(r.seq, s.seq))
}

// ranked returns the requests in the order in which they are served.
func (q queue) ranked(u *usage) []*fetchRequest {
	ranked := slices.Clone(q)
	slices.SortFunc(ranked, func(r, s *fetchRequest) int { return compare(u, r, s) })
	return ranked
}

// first returns the request that is served first among those that may have a slot;
// nil if there is none.
func (q queue) first(u *usage, a admission) (first *fetchRequest) {
	for _, r := range q {
		if (first == nil || compare(u, r, first) < 0) && a.check(r) == "" {
			first = r
		}
	}
	return first
}

// last returns the request that is served last.
func (q queue) last(u *usage) *fetchRequest {
	return slices.MaxFunc(q, func(r, s *fetchRequest) int { return compare(u, r, s) })
}

// before counts the requests that are served before r.
func (q queue) before(u *usage, r *fetchRequest) int {
	n := 0
	for _, s := range q {
		if s != r && compare(u, s, r) < 0 {
			n++
		}
	}
	return n
}

func (q *queue) remove(r *fetchRequest) {
	if i := slices.Index(*q, r); i >= 0 {
		*q = slices.Delete(*q, i, i+1)
	}
}
