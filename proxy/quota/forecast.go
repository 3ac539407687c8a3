package quota

import (
	"slices"
	"time"
)

// ranked is a queued demand and how many others get a slot before it.
type ranked struct {
	want  *want
	ahead int
}

// ranked returns the queue in the order of its turns. Only those are ahead of
// anyone that take a slot as soon as there is one.
func (b *broker) ranked() []ranked {
	queue := slices.Clone(b.queue)
	slices.SortFunc(queue, b.compare)
	list := make([]ranked, len(queue))
	ahead := 0
	for i, w := range queue {
		list[i] = ranked{want: w, ahead: ahead}
		if why := b.admits(w); why == "" || why == Spent {
			ahead++
		}
	}
	return list
}

// forecast is when w can have a slot, if nobody comes in between, and what it
// waits for now.
func (b *broker) forecast(w *want, ahead int, now time.Time) (time.Time, Reason) {
	_, why := b.ledger.opens(now)
	if why == "" {
		why = b.admits(w)
	}
	if why == "" {
		why = Spent // by those ahead
	}
	if w.priority.background() {
		return b.expect(backgroundAsker(b, w.priority), ahead, now), why
	}
	names := w.payers.named()
	if len(names) == 0 {
		names = []string{""}
	}
	var soonest time.Time
	for _, name := range names {
		at := b.expect(clientAsker(b, name, w.priority), ahead, now)
		if soonest.IsZero() || at.Before(soonest) {
			soonest = at
		}
	}
	return soonest, why
}

// promise is when those who wait for w can expect a slot if they are turned away
// now: after all who wait with a better claim, and after those who were turned
// away with a better claim and may come back.
func (b *broker) promise(w *want, now time.Time) time.Time {
	ahead := 0
	for _, v := range b.queue {
		if v != w && b.compare(v, w) < 0 {
			ahead++
		}
	}
	ahead += b.turnedAhead(w, now, now.Add(longAgo))
	at, _ := b.forecast(w, ahead, now)
	return at
}

// asker is on whose behalf the future is looked at.
type asker struct {
	parts   int64                              // spent now
	pays    func(*slot) int64                  // how much of a slot returns to it
	affords func(parts int64, free int) Reason // "" if it may have a slot
}

func clientAsker(b *broker, client string, p Priority) asker {
	return asker{
		parts: b.share.used(client),
		pays:  func(s *slot) int64 { return s.partsOf(client) },
		affords: func(parts int64, free int) Reason {
			return b.affords(client, parts, p, free)
		},
	}
}

// backgroundAsker looks at the slots alone: what else bounds background work is
// not worth a forecast.
func backgroundAsker(b *broker, p Priority) asker {
	return asker{
		pays: func(*slot) int64 { return 0 },
		affords: func(_ int64, free int) Reason {
			return b.affords("", 0, p, free)
		},
	}
}

// anyAsker looks at the slots alone, as if all of them were its.
func anyAsker() asker {
	return asker{
		pays: func(*slot) int64 { return 0 },
		affords: func(_ int64, free int) Reason {
			if free > 0 {
				return ""
			}
			return Spent
		},
	}
}

// expect is when the asker can have a slot with so many ahead of it: it follows
// the slots as they return.
func (b *broker) expect(a asker, ahead int, now time.Time) time.Time {
	l := b.ledger
	start, _ := l.opens(now)
	if now.Before(l.coldUntil) {
		start = start.Add(time.Duration(min(ahead, l.limit)) * l.pace())
	}
	ahead = min(ahead, max(l.limit-b.reserve()-1, 0))
	free, parts := l.left()-ahead, a.parts
	for at, back := range l.returning {
		if at.After(start) {
			if a.affords(parts, free) == "" {
				return start
			}
			start = at
		}
		free += back.count
		if back.slot != nil {
			parts -= a.pays(back.slot)
		}
	}
	if a.affords(parts, free) == "" {
		return start
	}
	// Requests under way hold what is missing.
	if end := now.Add(l.period + margin); end.After(start) {
		return end
	}
	return start
}

// back is what returns: one of our slots, or some that others have spent.
type back struct {
	count int
	slot  *slot
}

// returning yields what returns and when, in that order. What others have spent
// returns at the latest a period after it was learned, but if everything was
// spent, upstream has told when the first slot frees.
func (l *ledger) returning(yield func(time.Time, back) bool) {
	foreign := l.foreign.count
	hint, rest := l.learned.next, l.foreignReturns()
	flush := func(until time.Time, all bool) bool {
		if foreign > 0 && hint.After(l.last) && (all || hint.Before(until)) {
			foreign--
			at := hint
			hint = time.Time{}
			if !yield(at, back{count: 1}) {
				return false
			}
		}
		if foreign > 0 && (all || rest.Before(until)) {
			n := foreign
			foreign = 0
			return yield(rest, back{count: n})
		}
		return true
	}
	for _, s := range l.past {
		at := s.returns(l.period)
		if !flush(at, false) || !yield(at, back{count: s.weight(), slot: s}) {
			return
		}
	}
	flush(time.Time{}, true)
}
