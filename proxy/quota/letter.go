package quota

import (
	"maps"
	"slices"
	"time"
)

// post is a letter under way, and what is needed when the answer is there.
type post struct {
	Letter
	sent   time.Time
	told   []*slot             // those in Slots
	ended  map[*slot]time.Time // when these had ended, as told
	report *sharedReport       // as told
	closed bool                // told
	lowers bool                // there is less in escrow than before
	before struct {            // the escrow before the letter
		escrow, parts, known int
		virgin               bool
		untold               []*slot // that the letter tells of
	}
}

// write writes the next letter, and has the escrow be from now on what it says,
// since its answer may be lost. take may be nil. The last letter takes leave.
func (b *broker) write(take *slot, leave bool, now time.Time) *post {
	now = b.advance(now)
	l, p := b.budget, b.budget.pool
	x := &post{sent: now, ended: map[*slot]time.Time{}, report: p.report, closed: p.closed}
	x.Letter = Letter{
		Replica: p.self, Epoch: p.epoch, Seq: p.seq, Whole: p.whole,
		Span: milliseconds(l.period + margin), Hold: milliseconds(p.hold),
		Room: l.limit - l.foreign.count, Heard: p.heard,
		Gone: slices.Clone(p.gone), Asked: slices.Sorted(maps.Keys(p.asked)),
	}
	if p.whole {
		x.Members = p.members
	}
	if p.report != nil {
		x.Report = p.report.share(p.self, now)
	}
	if p.closed {
		x.Closed = l.cooldown.share(p.self, now)
	}
	for _, s := range p.toTell() {
		x.Slots = append(x.Slots, shareSlot(s, now))
		x.told, x.ended[s] = append(x.told, s), s.ended
	}
	if take != nil {
		taken := shareSlot(take, now)
		x.Take = &taken
	}
	x.offer(l)
	if x.Leave = leave; leave {
		x.Least, x.Most, x.Parts = 0, 0, 0
		p.escrow, p.parts, p.virgin = 0, 0, true // should it come back alone
	}
	return x
}

// toTell are the slots that the ledger does not know as they are, oldest first.
func (p *pooled) toTell() []*slot {
	var all []*slot
	for _, s := range p.slots {
		_, ended := p.changed[s]
		_, alone := p.untold[s]
		_, pending := p.pending[s]
		if !pending && !s.absorbed && (p.whole || ended || alone) {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *slot) int { return a.reserved.Compare(b.reserved) })
	return all
}

// offer writes what of the escrow the replica needs at least, and would like at
// most. Slots that are allotted and not yet given are not taken from it.
func (x *post) offer(l *budget) {
	p := l.pool
	x.before.escrow, x.before.parts, x.before.known, x.before.virgin = p.escrow, p.parts, p.known, p.virgin
	had := l.allowance()
	left := x.Room - l.own()
	x.Most = p.fair(left) // a slot that is taken is among the open ones
	has := l.allowance() + len(p.pending)
	if p.parts > 0 {
		x.Parts = max(p.parts, len(p.members))
	}
	switch {
	case p.virgin: // what it has assumed so far nobody knows of
		p.escrow, p.known = 0, len(p.told)
	case !p.lonely, has > x.Most: // parts of a slot would be in the way of others
		p.escrow, p.known = min(has, x.Most), len(p.told)
	default:
		p.escrow -= p.alone(x.told)
	}
	until := x.sent.Add(p.hold + l.period + margin + lag)
	for _, s := range x.told {
		if _, alone := p.untold[s]; alone {
			x.before.untold = append(x.before.untold, s)
			delete(p.untold, s)
			p.tell(s.id, until)
		}
	}
	x.lowers = x.Parts != p.parts || l.allowance() < had
	p.parts, p.virgin = x.Parts, false
	if p.lonely {
		p.offered = max(had-l.allowance(), 0)
	}
	x.Least, x.Base, x.Known = p.escrow, p.known, len(p.told)
}

// alone counts the slots that were spent alone, and that the ledger is now told of.
func (p *pooled) alone(told []*slot) int {
	n := 0
	for _, s := range told {
		if _, alone := p.untold[s]; alone {
			n++
		}
	}
	return n
}

// unsent takes back what was offered: nobody has read it.
func (x *post) unsent(p *pooled) {
	p.escrow, p.parts, p.known, p.virgin = x.before.escrow, x.before.parts, x.before.known, x.before.virgin
	for _, s := range x.before.untold {
		delete(p.told, s.id)
		if p.slots[s.id] == s {
			p.untold[s] = struct{}{}
		}
	}
}

func milliseconds(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}

// shareSlot is what others are told of a slot.
func shareSlot(s *slot, now time.Time) SharedSlot {
	v := SharedSlot{ID: s.id, Priority: s.priority, Reserved: milliseconds(ago(s.reserved, now)), Lost: s.lost}
	if !s.ended.IsZero() {
		// Rounded down: it must not seem to have ended before it did.
		ended := int64(ago(s.ended, now) / time.Millisecond)
		v.Ended = &ended
	}
	if len(s.charges) > 0 {
		v.Charges = make(map[string]int64, len(s.charges))
		for _, c := range s.charges {
			v.Charges[c.client] = c.micro
		}
	}
	return v
}

func (r *sharedReport) share(from string, now time.Time) *SharedReport {
	return &SharedReport{
		From: from, Asked: milliseconds(ago(r.asked, now)), Answered: int64(ago(r.answered, now) / time.Millisecond),
		Limit: r.Limit, Period: milliseconds(r.Period), Used: r.Used, Next: milliseconds(r.Next),
	}
}

func (c *cooldown) share(from string, now time.Time) *SharedClosure {
	return &SharedClosure{From: from, At: milliseconds(ago(c.at, now)), Until: milliseconds(max(c.until.Sub(now), 0))}
}
