package quota

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

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
func (a *admission) reserve() int { return min(a.limits.reserve, a.ledger.limit/2) }

// check returns "" if r may have a slot, else why not. One client that may have it
// is enough: those who wait with it come along.
func (a *admission) check(r *fetchRequest) (why Reason) {
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

func (a *admission) client(client string, p Priority) Reason {
	account := a.usage.of(client)
	if account.underWay >= a.limits.fanout {
		return Busy
	}
	return a.affords(client, account.spent, p, a.ledger.free())
}

// affords returns "" if a client that has spent so much may have one of free slots.
func (a *admission) affords(client string, spent int64, p Priority, free int) Reason {
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
func (a *admission) background(p Priority) Reason {
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
func (a *admission) remaining(client string) int {
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

// forecast says when slots come, if nobody asks in between: it follows the slots
// as they return to the budget, and the admission of that moment.
type forecast struct {
	admission
	budget *budget
	now    time.Time
	opens  time.Time // when anything is sent at all
	closed Reason    // why not now; "": it is
}

// open reports whether a slot can be granted now.
func (f *forecast) open() bool { return f.closed == "" && f.ledger.free() > 0 }

// request is when r can have a slot with so many ahead of it, and what it waits for
// now.
func (f *forecast) request(r *fetchRequest, ahead int) (soonest time.Time, why Reason) {
	why = f.closed
	if why == "" {
		why = f.check(r)
	}
	if why == "" {
		why = Spent // by those ahead
	}
	for i, client := range r.candidates() {
		if at := f.client(client, r.priority, ahead); i == 0 || at.Before(soonest) {
			soonest = at
		}
	}
	return soonest, why
}

// client is when client can have a slot with so many ahead of it. What else bounds
// background work ("") than its slots is not worth a forecast.
func (f *forecast) client(client string, p Priority, ahead int) time.Time {
	return f.soonest(client, ahead, func(spent int64, free int) bool {
		return f.affords(client, spent, p, free) == ""
	})
}

// anybody is when a slot is free, whoever may have it.
func (f *forecast) anybody() time.Time {
	return f.soonest("", 0, func(_ int64, free int) bool { return free > 0 })
}

// soonest is when it is enough for client that it has spent so much, and so many
// slots are free.
func (f *forecast) soonest(client string, ahead int, enough func(spent int64, free int) bool) time.Time {
	b, at := f.budget, f.opens
	if f.now.Before(b.pacedUntil) {
		at = at.Add(time.Duration(min(ahead, b.limit)) * b.interval())
	}
	free := b.left() - min(ahead, max(b.limit-f.reserve()-1, 0))
	spent := f.usage.of(client).spent
	for back := range b.returning {
		if back.at.After(at) {
			if enough(spent, free) {
				return at
			}
			at = back.at
		}
		free += back.count
		if back.slot != nil {
			spent -= back.slot.chargedTo(client)
		}
	}
	if enough(spent, free) {
		return at
	}
	// Requests under way hold what is missing.
	if end := f.now.Add(b.period + margin); end.After(at) {
		return end
	}
	return at
}

// View is the shared quota as one client sees it.
type View struct {
	// Limit requests may be made in one Period, by all together.
	Limit  int
	Period time.Duration
	// Used is how many of them are spent, by all together and by others.
	Used int
	// Remaining is how many the client could have one after the other now, if
	// nobody else came.
	Remaining int
	// Next is how long until it can have one: zero if one remains.
	Next time.Duration
}

// view is the quota as client sees it while so many fetch requests wait.
func (f *forecast) view(client string, waiting int) View {
	v := View{Limit: f.budget.limit, Period: f.budget.period, Used: f.budget.spent()}
	if f.closed == "" {
		v.Remaining = f.remaining(client)
	}
	if v.Remaining == 0 {
		v.Next = max(f.client(client, Waiting, waiting).Sub(f.now), time.Second)
	}
	return v
}

// Stats is the state of the whole, for operators.
type Stats struct {
	Limit   int           // in force
	Period  time.Duration // in force
	Own     int           // slots that we have spent, or reserved, all replicas together
	Foreign int           // slots that others have spent, as far as is known
	Waiting int           // fetch requests in the queue
	Clients int           // clients that asked or spent within the period
	// Known tells that Limit and Period are no guess, and that what is spent is
	// counted here.
	Known bool
	// Next is how long until a slot is free for anybody; zero: one is.
	Next time.Duration
	// Reported is when upstream's latest report came, to this replica or another;
	// zero: none has.
	Reported time.Time
}

// stats is the state of the whole while so many fetch requests wait.
func (f *forecast) stats(waiting int) Stats {
	b := f.budget
	s := Stats{
		Limit: b.limit, Period: b.period, Own: b.own(), Foreign: b.foreign.count,
		Waiting: waiting, Clients: f.usage.active(""),
		Known:    (!b.standby || b.told) && (!b.auto() || !b.reports.answered.IsZero()),
		Next:     f.anybody().Sub(f.now),
		Reported: b.reports.answered,
	}
	return s
}

// ClientUse is what one client has spent in the period.
type ClientUse struct {
	Client   string
	Requests float64 // parts of a shared request are fractions
}

// top returns the n clients that have spent most, the first first.
func (f *forecast) top(n int) []ClientUse {
	var all []*account
	for _, a := range f.usage.accounts {
		if a.spent > 0 {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(x, y *account) int {
		return cmp.Or(cmp.Compare(y.spent, x.spent), cmp.Compare(x.client, y.client))
	})
	uses := make([]ClientUse, 0, min(max(n, 0), len(all)))
	for _, a := range all[:cap(uses)] {
		uses = append(uses, ClientUse{Client: a.client, Requests: float64(a.spent) / wholeRequest})
	}
	return uses
}
