package quota

import (
	"errors"
	"time"
)

// errUnsound says that an answer makes no sense: it is as good as lost.
var errUnsound = errors.New("quota: the shared ledger answers what makes no sense")

// farOff is beyond what any clock shows in milliseconds. No sum of times that lie
// within it overflows.
const farOff = 1 << 53

// sound reports whether the numbers of an answer can be meant. The ledger lies on a
// server on which others may write, too.
func (a *Answer) sound() bool {
	if a.Word != Read && a.Word != Empty && a.Word != Stranger || a.Now < -farOff || a.Now > farOff {
		return false
	}
	for _, n := range []int{
		a.Escrow + MaxLimit, a.Base, a.Parts, a.Held, a.Away, a.Unheard, len(a.Slots), len(a.Members),
	} {
		if n < 0 || n > 4*MaxLimit {
			return false
		}
	}
	return true
}

// sound reports whether a report is one that ParseReport could have read.
func (r *SharedReport) sound() bool {
	const most = int64(maxPeriod / time.Millisecond)
	return r.Limit >= 0 && r.Limit <= maxRequests && r.Used >= 0 && r.Used <= maxRequests &&
		r.Period >= 1000 && r.Period <= most && r.Next >= 0 && r.Next <= most
}

// since is how long after the moment that the ledger's clock showed something was,
// or before it, as far as that makes any difference.
func (e exchanged) since(ms int64) time.Duration {
	const most = int64(longAgo / time.Millisecond)
	return time.Duration(min(max(ms, e.at-most), e.at+most)-e.at) * time.Millisecond
}
