package quota

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// read takes the answer to a letter, or learns that there is none. take is the
// slot that the letter asked for, nil if none. It reports whether that was given.
func (b *broker) read(x *post, a Answer, err error, take *slot, now time.Time) (taken bool) {
	now = b.advance(now)
	p := b.budget.pool
	p.offered = 0
	if err == nil && !a.sound() {
		err = errUnsound
	}
	switch {
	case errors.Is(err, ErrUnsent):
		x.unsent(p)
		b.alone()
	case err != nil:
		if take != nil { // it may have been given all the same
			delete(p.pending, take)
			p.told[take.id] = now.Add(p.hold + b.budget.period + margin + lag)
		}
		b.alone()
	case a.Word == Empty, a.Word == Stranger:
		x.unsent(p) // the letter was not carried out
		p.whole = true
	default:
		taken = b.adopt(x, a, take, now)
	}
	b.pump(now)
	return taken
}

// alone has nothing spent but the escrow, until the ledger answers again.
func (b *broker) alone() {
	p := b.budget.pool
	if !p.lonely {
		p.news++
	}
	p.lonely, p.away, p.held, p.whole = true, 0, 0, true
}

// adopt takes over what the ledger says.
func (b *broker) adopt(x *post, a Answer, take *slot, now time.Time) (taken bool) {
	l, p := b.budget, b.budget.pool
	clock := exchanged{sent: x.sent, received: now, at: a.Now}
	b.confirm(x, now)
	if len(a.Slots) > 0 || a.Whole || a.Held > p.held || (a.Unheard > 0) != p.lonely {
		p.news++
	}
	p.escrow, p.known, p.parts, p.away, p.held = a.Escrow, a.Base, a.Parts, a.Away, a.Held
	if take != nil && a.Taken {
		delete(p.pending, take)
		p.told[take.id] = now.Add(p.hold + l.period + margin + lag)
	}
	b.merge(a, clock)
	b.heed(a, clock)
	for _, client := range a.Asked {
		b.usage.touch(client, now)
	}
	p.epoch, p.seq, p.heard, p.members = a.Epoch, a.Seq, a.Now, a.Members
	p.lonely, p.whole, p.ready = a.Unheard > 0, false, !x.Whole && len(a.Slots) == 0
	if a.Taken || p.refused == 0 { // else others are given their time
		p.blocked, p.refused = time.Time{}, 0
	}
	if take != nil && !a.Taken {
		p.refuse(a.Verdict, now)
	}
	return a.Taken
}

// refuse notes that a slot was not to be had although there seemed to be one.
func (p *pooled) refuse(v Verdict, now time.Time) {
	switch v {
	case Settling:
		p.blocked = now.Add(min(settleLeast<<min(p.refused, 8), settleMost))
		p.refused++
	case Held:
		p.blocked = now.Add(heldPause)
	}
}

// confirm notes that the letter was read: it need not be written again.
func (b *broker) confirm(x *post, now time.Time) {
	l, p := b.budget, b.budget.pool
	for _, s := range x.told {
		if s.ended.Equal(x.ended[s]) {
			delete(p.changed, s)
		}
		until := now.Add(p.hold)
		if ended := x.ended[s]; !ended.IsZero() {
			until = ended.Add(now.Sub(x.sent))
		}
		if p.slots[s.id] == s {
			p.told[s.id] = until.Add(l.period + margin + lag)
		}
	}
	p.gone = slices.DeleteFunc(p.gone, func(id string) bool { return slices.Contains(x.Gone, id) })
	for _, client := range x.Asked {
		delete(p.asked, client)
	}
	if p.report == x.report {
		p.report = nil
	}
	if x.closed {
		p.closed = false
	}
}

// exchanged maps the ledger's clock to ours: it showed at somewhere between
// sending and receiving.
type exchanged struct {
	sent, received time.Time
	at             int64
}

// before is not after the moment that the ledger's clock showed.
func (e exchanged) before(ms int64) time.Time {
	return e.sent.Add(e.since(ms))
}

// after is not before the moment that the ledger's clock showed.
func (e exchanged) after(ms int64) time.Time {
	return e.received.Add(e.since(ms))
}

// recognise notes that a slot, which the latest report counted among those of
// others, is another replica's: it is not to count twice.
func (b *budget) recognise(s *slot) {
	if r := b.reports; b.foreign.count > 0 && !r.asked.IsZero() && s.confirmed(b.period, r.asked, r.answered) {
		b.foreign.count--
	}
}

// merge takes over the slots of other replicas.
func (b *broker) merge(a Answer, clock exchanged) {
	l, p := b.budget, b.budget.pool
	listed := make(map[string]bool, len(a.Slots))
	for _, v := range a.Slots {
		listed[v.ID] = true
		s := p.slots[v.ID]
		unknown := s == nil
		if unknown {
			s = b.mirror(v, clock)
		}
		if s.remote && s.ended.IsZero() && v.Ended != nil {
			b.conclude(s, v.charges(), clock.after(*v.Ended), v.Lost)
		}
		if unknown {
			l.recognise(s)
		}
		until := clock.after(v.Reserved).Add(p.hold)
		if v.Ended != nil {
			until = clock.after(*v.Ended)
		}
		p.tell(v.ID, until.Add(l.period+margin+lag))
	}
	if !a.Whole {
		return
	}
	for id, s := range p.slots {
		if !listed[id] && s.remote && s.ended.IsZero() && l.close(s) { // given back by its owner
			b.release(s)
			p.drop(s)
			delete(p.told, id)
		}
	}
}

// mirror makes a slot of another replica's.
func (b *broker) mirror(v SharedSlot, clock exchanged) *slot {
	l, reserved := b.budget, clock.before(v.Reserved)
	s := &slot{
		id: v.ID, remote: true, priority: min(v.Priority, Speculative),
		reserved: reserved, sent: reserved, dispatched: true, charges: v.charges(),
	}
	b.usage.add(s.charges, 1)
	l.open = append(l.open, s)
	l.pool.slots[s.id] = s
	if reserved.After(l.newest) {
		l.newest = reserved
	}
	return s
}

// conclude ends a slot of another replica's, which has told who pays for it.
func (b *broker) conclude(s *slot, charges []charge, at time.Time, lost bool) {
	if !b.budget.commit(s, at, lost) {
		return
	}
	b.release(s)
	s.charges = charges
	b.usage.add(charges, 0)
}

// overdue ends the slots of replicas that died before they could.
func (b *broker) overdue(now time.Time) {
	p := b.budget.pool
	if p == nil {
		return
	}
	for _, s := range slices.Clone(b.budget.open) {
		if at := s.reserved.Add(p.hold); s.remote && !at.After(now) {
			b.conclude(s, s.charges, at, true)
		}
	}
}

func (v SharedSlot) charges() []charge {
	var all []charge
	for client, parts := range v.Charges {
		if parts >= 1 && parts <= wholeRequest && len(all) < maxCharged {
			all = append(all, charge{client: client, micro: parts})
		}
	}
	slices.SortFunc(all, func(x, y charge) int { return cmp.Compare(x.client, y.client) })
	return all
}

func (r *SharedReport) report() Report {
	return Report{
		Limit: r.Limit, Period: time.Duration(r.Period) * time.Millisecond,
		Used: r.Used, Next: time.Duration(r.Next) * time.Millisecond,
	}
}

// heed takes over what upstream told other replicas, each thing once.
func (b *broker) heed(a Answer, clock exchanged) {
	l, p := b.budget, b.budget.pool
	if r := a.Report; r != nil && *r != p.heeded && r.sound() {
		p.heeded = *r
		if r.From != p.self && l.learn(r.report(), clock.before(r.Asked), clock.after(r.Answered)) {
			l.reports.others = true
			p.news++
		}
	}
	c := a.Closed
	if c == nil || c.From == p.self {
		return
	}
	// A report that was asked for later has reopened it.
	at, until := clock.after(c.At), clock.after(c.Until)
	if at.After(l.reports.asked) && until.After(l.cooldown.until) && until.After(l.last) {
		l.cooldown.at, l.cooldown.until = at, until
		l.pace(at) // as for the one that was refused
	}
}
