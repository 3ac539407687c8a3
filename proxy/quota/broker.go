package quota

import (
	"slices"
	"time"
)

// limits are the settings of a broker.
type limits struct {
	reserve int // slots for clients that have spent nothing and wait
	queue   int // demands that may wait
	fanout  int // fetches under way for one client, or for all background work
}

// broker decides who gets the next slot. It joins the ledger (how many there
// are), the shares (who has had how many) and the queue (who wants one). It is a
// plain state machine: whatever happens is told with its time, and the demands
// that are decided thereby are kept in decided for the caller to collect.
type broker struct {
	limits  limits
	ledger  *ledger
	share   *share
	queue   []*want
	seq     uint64
	decided []*want
}

func newBroker(l *ledger, limits limits) *broker {
	return &broker{limits: limits, ledger: l, share: newShare()}
}

// advance lets time pass.
func (b *broker) advance(now time.Time) time.Time {
	now, back := b.ledger.advance(now)
	for _, s := range back {
		b.share.credit(s.charges)
	}
	b.share.expire(now.Add(-b.memory()))
	if b.ledger.pool != nil {
		b.overdue(now)
	}
	return now
}

// ask queues a demand.
func (b *broker) ask(w *want, now time.Time) {
	now = b.advance(now)
	if len(w.waiters) == 0 {
		b.decide(w)
		return
	}
	b.ledger.learned.freshen(now)
	if w.queued = true; w.seq == 0 { // one that asks again keeps its place
		b.seq++
		w.seq, w.asked = b.seq, now
	}
	b.queue = append(b.queue, w)
	if len(b.queue) > b.limits.queue {
		worst := slices.MaxFunc(b.queue, b.compare)
		b.refuse(worst, QueueFull, now)
	}
	b.pump(now)
}

// join adds a waiter to a demand, queued or not.
func (b *broker) join(w *want, x *Waiter, now time.Time) {
	b.share.touch(x.Client, b.advance(now))
	if b.ledger.pool != nil {
		b.ledger.pool.ask(x.Client)
	}
	w.join(x)
	if w.queued && b.ledger.free() > 0 {
		b.pump(now)
	}
}

// leave takes a waiter away. A demand that nobody waits for any more is dropped.
func (b *broker) leave(w *want, x *Waiter, now time.Time) {
	if !w.leave(x) || !w.queued {
		return
	}
	if len(w.waiters) == 0 {
		b.decide(w)
	}
	b.pump(now)
}

// abandon drops a demand whose flight ends for a reason of its own.
func (b *broker) abandon(w *want) {
	if w.queued {
		b.decide(w)
	}
}

// pump decides what can be decided.
func (b *broker) pump(now time.Time) {
	now = b.advance(now)
	for b.grant(now) {
	}
	b.refuseLate(now)
}

// grant gives a slot to whom it is due, if to anybody.
func (b *broker) grant(now time.Time) bool {
	if at, _ := b.ledger.opens(now); at.After(now) || b.ledger.free() == 0 {
		return false
	}
	var best *want
	for _, w := range b.queue {
		if (best == nil || b.compare(w, best) < 0) && b.admits(w) == "" {
			best = w
		}
	}
	if best == nil || b.kept(best, now) {
		return false
	}
	b.allot(best, now)
	b.decide(best)
	return true
}

// allot reserves a slot and has all who wait pay for it.
func (b *broker) allot(w *want, now time.Time) {
	w.slot = b.ledger.reserve(now, w.priority)
	w.slot.charges = b.share.charge(w.payers.named(), len(w.payers.names))
	b.share.under(w.slot.charges, 1)
	for _, c := range w.slot.charges {
		b.share.clients[c.client].served()
	}
}

// decide takes a demand out of the queue.
func (b *broker) decide(w *want) {
	if i := slices.Index(b.queue, w); i >= 0 {
		b.queue = slices.Delete(b.queue, i, i+1)
	}
	w.queued = false
	b.decided = append(b.decided, w)
}

// compare orders by who comes first: the more urgent, then the better claim, then
// the earlier.
func (b *broker) compare(v, w *want) int {
	if v.priority != w.priority {
		return int(v.priority) - int(w.priority)
	}
	x, y := b.claim(v), b.claim(w)
	switch {
	case x.before(y), !y.before(x) && v.seq < w.seq:
		return -1
	}
	return 1
}

// next is when something can change by time alone; zero if nothing can.
func (b *broker) next(now time.Time) time.Time {
	var next time.Time
	sooner := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if len(b.queue) == 0 {
		return next
	}
	for _, w := range b.queue {
		sooner(b.ledger.deadline(w))
	}
	opens, _ := b.ledger.opens(now)
	sooner(opens)
	sooner(b.ledger.freed.Add(courtesy))
	for at := range b.ledger.returning {
		sooner(at)
		break
	}
	if e := b.share.asked.Front(); e != nil { // one competitor less
		sooner(e.Value.(*account).seen.Add(b.memory()))
	}
	return next
}
