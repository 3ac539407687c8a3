package quota

import "sort"

// Background work may have no more than this part of the limit in one period,
// however little the clients spend: they may want it at any moment.
const (
	refreshPart     = 2
	speculativePart = 4
)

// limits are the settings of a broker.
type limits struct {
	reserve int // slots for clients that have spent nothing and wait
	queue   int // fetch requests that may wait
	fanout  int // fetches under way for one client, or for all background work
}

// admission says who may have one of the slots that are free: it is a view of the
// ledger and of what clients have spent, and changes neither.
type admission struct {
	limits limits
	ledger *ledger
	usage  *usage
}

// reserve is how many slots are kept for clients that have spent nothing. Of a
// tiny limit at least half stays for everyone.
func (a admission) reserve() int { return min(a.limits.reserve, a.ledger.limit/2) }

// check returns "" if r may have a slot, else why not. One client that may have it
// is enough: those who wait with it come along.
func (a admission) check(r *fetchRequest) (why Reason) {
	if r.priority.background() {
		return a.background(r.priority)
	}
	for _, client := range r.candidates() {
		if why = a.client(client, r.priority); why == "" {
			return ""
		}
	}
	return why
}

func (a admission) client(client string, p Priority) Reason {
	account := a.usage.of(client)
	if account.underWay >= a.limits.fanout {
		return Busy
	}
	return a.affords(client, account.spent, p, a.ledger.free())
}

// affords returns "" if a client that has spent so much may have one of free slots.
func (a admission) affords(client string, spent int64, p Priority, free int) Reason {
	reserve := a.reserve()
	if spent == 0 && p == Waiting && client != "" {
		reserve = 0
	}
	switch {
	case free <= reserve:
		return Spent
	case !fair(spent, a.usage.active(client), free, a.ledger.limit):
		return Share
	}
	return ""
}

// background treats all background work as one client more, and bounds it beyond
// that.
func (a admission) background(p Priority) Reason {
	open, used := a.ledger.background()
	free, limit, part := a.ledger.free(), a.ledger.limit, refreshPart
	if p == Speculative {
		part = speculativePart
	}
	switch {
	case free <= a.reserve():
		return Spent
	case used*part >= limit, !fair(int64(used)*wholeRequest, a.usage.active("")+1, free, limit):
		return Share
	case open >= a.limits.fanout:
		return Busy
	}
	return ""
}

// remaining counts the slots that client could have now. From the second on, each
// is harder to get than the one before: so it is a search and not a loop.
func (a admission) remaining(client string) int {
	free, spent := a.ledger.free(), a.usage.of(client).spent
	afford := func(had int) bool {
		return a.affords(client, spent+int64(had)*wholeRequest, Waiting, free-had) == ""
	}
	if free == 0 || !afford(0) {
		return 0
	}
	return 1 + sort.Search(free-1, func(i int) bool { return !afford(i + 1) })
}

// fair reports whether a client that has spent so many micro-requests may spend
// more while free slots are left: a threshold that follows what is left, as
// switches share buffers. It leaves something for whoever comes next, and with few
// competitors wastes little. A client that is alone may spend everything.
func fair(spent int64, active, free, limit int) bool {
	if active <= 1 {
		return true
	}
	return spent < int64(free)*wholeRequest || spent*int64(active) < int64(limit)*wholeRequest
}
