package quota

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// restore goes on from a snapshot. It comes before anything else is asked of the
// broker. wall is what the calendar says now; if that is before the snapshot was
// made, no time has passed. That the calendar is not ahead of the truth by more
// than at the time of the snapshot has to be assumed; the first report shows it.
//
// Of a snapshot that cannot be read nothing is believed, and since it was made by
// a program that spent, everything counts as spent, until a report says otherwise
// or a window has passed.
func (b *broker) restore(data []byte, now, wall time.Time) error {
	if b.ledger.idle {
		b.ledger = b.ledger.anew(now)
	}
	s, err := parseSnapshot(data)
	if err != nil {
		b.ledger.forget(now)
		return fmt.Errorf("restore quota: %w", err)
	}
	if p := b.ledger.pool; p == nil || s.Pool != nil && s.Pool.Replica != p.self {
		s.Pool = nil
	}
	down := min(max(wall.Round(0).Sub(s.At), 0), longAgo)
	l := b.ledger
	l.last = now
	if l.auto {
		l.limit, l.period = s.Limit, s.Period
	}
	for _, v := range s.Slots {
		if slot := v.slot(now, down); slot.returns(l.period).After(now) {
			b.share.add(slot.charges)
			l.past = append(l.past, slot)
			if slot.absorbed {
				l.gone++
			}
			if l.pool != nil {
				l.pool.restoreSlot(slot, s.Pool, v.Open)
			}
		}
	}
	slices.SortStableFunc(l.past, func(x, y *slot) int { return x.ended.Compare(y.ended) })
	l.resume(s, now, down)
	if l.pool != nil {
		l.pool.restore(s.Pool, now.Add(-down))
	}
	return nil
}

// slot is what became of a saved slot. One that was under way counts as spent:
// nobody knows whether upstream counted it, or will.
func (v *savedSlot) slot(now time.Time, down time.Duration) *slot {
	s := &slot{
		id: v.ID, remote: v.Remote, priority: v.Priority, left: true, sent: now.Add(-v.Sent - down), lost: v.Lost,
		absorbed: v.Absorbed, ended: now.Add(-v.Ended - down),
	}
	if v.Open {
		s.ended, s.lost, s.absorbed = now, true, false
	}
	s.reserved = s.sent
	for client, parts := range v.Charges {
		s.charges = append(s.charges, charge{client: client, parts: parts})
	}
	slices.SortFunc(s.charges, func(x, y charge) int { return cmp.Compare(x.client, y.client) })
	return s
}

// resume takes over what is not a slot. After a whole period without us the window
// is as unknown to auto as at the first start.
func (l *ledger) resume(s *saved, now time.Time, down time.Duration) {
	if s.Foreign > 0 {
		l.foreign = foreign{count: s.Foreign, at: now.Add(-s.Learned - down)}
	}
	if s.AnyGrant {
		l.lastGrant = now.Add(-s.Granted - down)
	}
	if down < s.Closed {
		l.closure = closure{at: now, until: now.Add(s.Closed - down)}
	}
	switch {
	case l.auto && down >= l.period:
		l.chill(now)
	case down < s.Cold:
		l.coldUntil = now.Add(s.Cold - down)
	default:
		l.coldUntil = time.Time{}
	}
}
