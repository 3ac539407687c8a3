package quota

import (
	"cmp"
	"slices"
	"time"
)

// broker decides who gets the next slot. It joins the budget (how many slots there
// are, and when), the usage (who has spent how much) and the queue (who wants one).
// It is a plain state machine: whatever happens is told with its time, and the
// fetch requests that are decided thereby are kept in decided for the caller to
// collect.
type broker struct {
	limits  limits
	budget  *budget
	usage   *usage
	queue   []*fetchRequest // in no order: how they rank changes with what is spent
	seq     uint64          // of the latest request
	decided []*fetchRequest
}

func newBroker(b *budget, l limits) *broker { return &broker{limits: l, budget: b, usage: newUsage()} }

// advance lets time pass and returns the now to go on with.
func (b *broker) advance(now time.Time) time.Time {
	now, back := b.budget.advance(now)
	for _, s := range back {
		b.usage.remove(s.charges, 0)
	}
	b.usage.expire(now.Add(-b.retention()))
	return now
}

// retention is how long a client is remembered that has asked: it counts as active
// for a period, and is still known when it retries as it was told to.
func (b *broker) retention() time.Duration { return b.budget.period + margin + 2*retryGrace }

func (b *broker) forecast(now time.Time) forecast {
	now = b.advance(now)
	a := admission{limits: b.limits, ledger: &b.budget.ledger, usage: b.usage}
	f := forecast{admission: a, budget: b.budget, now: now}
	f.opens, f.closed = b.budget.opens(now)
	return f
}

// ask queues a fetch request. One that asks again keeps its place.
func (b *broker) ask(r *fetchRequest, now time.Time) {
	now = b.advance(now)
	if len(r.waiters) == 0 {
		b.decide(r)
		return
	}
	if !b.budget.caution.Reported { // which has every request wait for one
		b.budget.reports.awaitFresh(now)
	}
	if r.queued = true; r.seq == 0 {
		b.seq++
		r.seq, r.asked = b.seq, now
	}
	b.queue = append(b.queue, r)
	if len(b.queue) > b.limits.queue {
		b.refuse(slices.MaxFunc(b.queue, b.compare), QueueFull, now)
	}
	b.pump(now)
}

// join adds a waiter to a fetch request, queued or not.
func (b *broker) join(r *fetchRequest, w *Waiter, now time.Time) {
	b.usage.touch(w.Client, b.advance(now))
	r.join(w)
	if r.queued && b.budget.free() > 0 {
		b.pump(now)
	}
}

// leave takes a waiter away. A request that nobody waits for any more is dropped.
func (b *broker) leave(r *fetchRequest, w *Waiter, now time.Time) {
	if !r.leave(w) || !r.queued {
		return
	}
	if len(r.waiters) == 0 {
		b.decide(r)
	}
	b.pump(now)
}

// compare is negative if r is served before s: the better claim, then the earlier.
func (b *broker) compare(r, s *fetchRequest) int {
	return cmp.Or(b.usage.claim(r).compare(b.usage.claim(s)), cmp.Compare(r.seq, s.seq))
}

// pump decides what can be decided: it grants the slots that can be had, and
// refuses the requests that cannot have one before their deadline.
func (b *broker) pump(now time.Time) {
	now = b.advance(now)
	for b.grant(now) {
	}
	if len(b.queue) == 0 {
		return
	}
	f, ahead := b.forecast(now), 0
	for _, r := range slices.SortedFunc(slices.Values(b.queue), b.compare) {
		at, why := f.request(r, ahead)
		if deadline := b.budget.deadline(r); !now.Before(deadline) || at.After(deadline) && !b.budget.assumed {
			b.refuse(r, why, now)
		}
		// Only those are ahead of others that take a slot as soon as there is one.
		if why := f.check(r); why == "" || why == Spent {
			ahead++
		}
	}
}

// grant gives one slot to the request that comes first, unless all that are free
// are kept for clients that were told to retry now.
func (b *broker) grant(now time.Time) bool {
	f := b.forecast(now)
	if !f.open() || b.budget.standby {
		return false
	}
	var r *fetchRequest
	for _, s := range b.queue {
		if (r == nil || b.compare(s, r) < 0) && f.check(s) == "" {
			r = s
		}
	}
	if r == nil {
		return false
	}
	if freed := b.budget.freed; !freed.IsZero() && now.Before(freed.Add(retryGrace)) {
		kept := b.usage.retrying(b.usage.claim(r), freed.Add(-retryGrace), now, b.budget.limit)
		if kept >= b.budget.free() {
			return false
		}
	}
	b.allot(r, now)
	b.decide(r)
	return !b.budget.caution.Single
}

// allot reserves a slot and charges all who wait.
func (b *broker) allot(r *fetchRequest, now time.Time) {
	r.slot = b.budget.reserve(now, r.priority)
	r.slot.charges = r.clients.split()
	b.usage.add(r.slot.charges, 1)
	b.usage.served(r.slot.charges)
}

// refuse decides against r. Those who wait for it are told to retry when they can
// expect a slot: after all who wait with a better claim, and after those who were
// told to retry with a better claim and may do so.
func (b *broker) refuse(r *fetchRequest, why Reason, now time.Time) {
	ahead := b.usage.retrying(b.usage.claim(r), now, now.Add(longAgo), b.budget.limit)
	for _, s := range b.queue {
		if s != r && b.compare(s, r) < 0 {
			ahead++
		}
	}
	f := b.forecast(now)
	at, _ := f.request(r, ahead)
	r.refusal = &RefusedError{Reason: why, RetryAfter: max(at.Sub(now), time.Second)}
	for _, client := range r.clients.charged() {
		b.usage.rejected(client, at, now, r.priority)
	}
	b.decide(r)
}

// decide takes a request out of the queue.
func (b *broker) decide(r *fetchRequest) {
	if i := slices.Index(b.queue, r); i >= 0 {
		b.queue = slices.Delete(b.queue, i, i+1)
	}
	r.queued = false
	b.decided = append(b.decided, r)
}

// next is when something can change by time alone; zero if nothing can.
func (b *broker) next(now time.Time) (next time.Time) {
	if len(b.queue) == 0 {
		return next
	}
	sooner := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, r := range b.queue {
		sooner(b.budget.deadline(r))
	}
	opens, _ := b.budget.opens(now)
	sooner(opens)
	sooner(b.budget.freed.Add(retryGrace))
	for first := range b.budget.returning {
		sooner(first.at)
		break
	}
	if oldest := b.usage.oldest(); !oldest.IsZero() { // one competitor less
		sooner(oldest.Add(b.retention()))
	}
	return next
}

// done notes that the response head came at that time, or, if it is lost, that none
// will come: then upstream may have counted the request or not.
func (b *broker) done(r *fetchRequest, s *slot, at time.Time, lost bool, now time.Time) {
	b.advance(now)
	if b.commit(r, s, at, lost) && !lost {
		b.budget.cooldown.succeeded()
	}
	b.pump(now)
}

// throttled notes that upstream refused the request, which costs the clients
// nothing. Upstream does not count it either, if it was its throttle that
// refused: the next report tells.
func (b *broker) throttled(s *slot, at time.Time, after time.Duration, now time.Time) {
	b.advance(now)
	if b.budget.commit(s, at, true) {
		b.release(s)
		b.budget.throttled(s.ended, after)
	}
	b.pump(now)
}

// unused gives a slot back of which no byte left. The request may ask again.
func (b *broker) unused(r *fetchRequest, s *slot, now time.Time) {
	now = b.advance(now)
	switch {
	case b.budget.refund(s):
		b.release(s)
		r.withdraw()
	case s.dispatched:
		b.commit(r, s, now, true)
	}
	b.pump(now)
}

// commit ends a slot once, and charges everyone who waited for it, those too who
// joined since the grant.
func (b *broker) commit(r *fetchRequest, s *slot, at time.Time, lost bool) bool {
	if !b.budget.commit(s, at, lost) {
		return false
	}
	b.release(s)
	s.charges = r.clients.split()
	b.usage.add(s.charges, 0)
	return true
}

// release undoes what a slot under way means to its clients.
func (b *broker) release(s *slot) {
	b.usage.remove(s.charges, 1)
	s.charges = nil
}

// learn takes a report. One that is of no use is as good as none.
func (b *broker) learn(r Report, asked, answered, now time.Time) bool {
	b.advance(now)
	used := b.budget.learn(r, asked, answered)
	if !used {
		b.budget.reportFailed()
	}
	b.budget.caution.informed = used
	b.pump(now)
	b.budget.caution.informed = false
	return used
}

// save returns a snapshot to go on from after a restart, see budget.save.
func (b *broker) save(now, wall time.Time) []byte { return b.budget.save(b.advance(now), wall) }

// restore goes on from a snapshot, which tells who is charged for its slots.
func (b *broker) restore(data []byte, now, wall time.Time) error {
	slots, err := b.budget.restore(data, now, wall)
	for _, s := range slots {
		b.usage.add(s.charges, 0)
	}
	return err
}

// follow takes over the state of another process.
func (b *broker) follow(data []byte, now time.Time, age time.Duration) error {
	slots, err := b.budget.follow(data, b.advance(now), age)
	if err != nil {
		return err
	}
	b.usage = newUsage()
	for _, s := range slots {
		b.usage.add(s.charges, 0)
	}
	return nil
}
