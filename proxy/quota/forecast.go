package quota

import "time"

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
func (f forecast) open() bool { return f.closed == "" && f.ledger.free() > 0 }

// request is when r can have a slot with so many ahead of it, and what it waits for
// now.
func (f forecast) request(r *fetchRequest, ahead int) (soonest time.Time, why Reason) {
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
func (f forecast) client(client string, p Priority, ahead int) time.Time {
	return f.soonest(client, ahead, func(spent int64, free int) bool {
		return f.affords(client, spent, p, free) == ""
	})
}

// anybody is when a slot is free, whoever may have it.
func (f forecast) anybody() time.Time {
	return f.soonest("", 0, func(_ int64, free int) bool { return free > 0 })
}

// soonest is when it is enough for client that it has spent so much, and so many
// slots are free.
func (f forecast) soonest(client string, ahead int, enough func(spent int64, free int) bool) time.Time {
	b, at := f.budget, f.opens
	if f.now.Before(b.pacedUntil) {
		at = at.Add(time.Duration(min(ahead, b.limit)) * b.interval())
	}
	free := b.left() - min(ahead, max(b.limit-f.reserve()-1, 0))
	spent := f.usage.of(client).spent
	for returns, back := range b.returning {
		if returns.After(at) {
			if enough(spent, free) {
				return at
			}
			at = returns
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
func (f forecast) view(client string, waiting int) View {
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
	// Replicas are how many share the quota, as far as is known, this one among
	// them, and Held the slots that are kept for those of them that are away.
	// Alone tells that this one may spend no more than its own part, since the
	// shared ledger cannot be asked.
	Replicas, Held int
	Alone          bool

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
func (f forecast) stats(waiting int) Stats {
	b := f.budget
	s := Stats{
		Limit: b.limit, Period: b.period, Own: b.own(), Foreign: b.foreign.count,
		Waiting: waiting, Clients: f.usage.active(""), Replicas: 1,
		Known:    !b.standby && (!b.auto || !b.reports.answered.IsZero()),
		Next:     f.anybody().Sub(f.now),
		Reported: b.reports.answered,
	}
	b.pool.stats(&s)
	return s
}
