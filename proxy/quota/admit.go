package quota

import "time"

// Background work may have no more than this part of the limit in one window,
// however little the clients spend: they may want it at any moment.
const (
	refreshPart     = 2
	speculativePart = 4
)

// reserve is how many slots are kept. Of a tiny limit at least half stays for
// everyone.
func (b *broker) reserve() int { return min(b.limits.reserve, b.ledger.limit/2) }

// admits returns "" if w may have one of the slots that are free, else why not.
// One client that may have it is enough: those who wait with it come along.
func (b *broker) admits(w *want) Reason {
	free := b.ledger.free()
	if w.priority.background() {
		return b.admitsBackground(w.priority, free)
	}
	names := w.payers.named()
	if len(names) == 0 {
		names = []string{""}
	}
	var why Reason
	for _, name := range names {
		if why = b.admitsClient(name, w.priority, free); why == "" {
			return ""
		}
	}
	return why
}

func (b *broker) admitsClient(client string, p Priority, free int) Reason {
	a := b.share.clients[client]
	if a != nil && a.open >= b.limits.fanout {
		return Busy
	}
	return b.affords(client, b.share.used(client), p, free)
}

// affords returns "" if a client that has spent parts may have one of free slots.
func (b *broker) affords(client string, parts int64, p Priority, free int) Reason {
	reserve := b.reserve()
	if parts == 0 && p == Waiting && client != "" {
		reserve = 0
	}
	switch {
	case free <= reserve:
		return Spent
	case !may(parts, b.share.active(client), free, b.ledger.limit):
		return Share
	}
	return ""
}

// admitsBackground treats all background work as one client more, and bounds it
// beyond that.
func (b *broker) admitsBackground(p Priority, free int) Reason {
	open, used := b.background()
	part := refreshPart
	if p == Speculative {
		part = speculativePart
	}
	limit := b.ledger.limit
	switch {
	case free <= b.reserve():
		return Spent
	case used*part >= limit, !may(int64(used)*unit, b.share.active("")+1, free, limit):
		return Share
	case open >= b.limits.fanout:
		return Busy
	}
	return ""
}

// background counts the slots of background work: those under way, and all in
// the window.
func (b *broker) background() (open, used int) {
	for _, s := range b.ledger.open {
		if s.priority.background() {
			open++
		}
	}
	used = open
	for _, s := range b.ledger.past {
		if s.priority.background() {
			used++
		}
	}
	return open, used
}

// refuseLate refuses those whose turn cannot come before their deadline.
func (b *broker) refuseLate(now time.Time) {
	if len(b.queue) == 0 {
		return
	}
	for _, r := range b.ranked() {
		at, why := b.forecast(r.want, r.ahead, now)
		deadline := b.ledger.deadline(r.want)
		if !now.Before(deadline) || at.After(deadline) {
			b.refuse(r.want, why, now)
		}
	}
}

// refuse decides against w.
func (b *broker) refuse(w *want, why Reason, now time.Time) {
	at := b.promise(w, now)
	w.refusal = &RefusedError{Reason: why, RetryAfter: max(at.Sub(now), time.Second)}
	for _, name := range w.payers.named() {
		if a := b.share.clients[name]; a != nil {
			a.turn(at, now, w.priority)
		}
	}
	b.decide(w)
}
