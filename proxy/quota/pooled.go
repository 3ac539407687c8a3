package quota

import (
	"strconv"
	"time"
)

const (
	// strangers is how many replicas one that has never reached the shared ledger
	// assumes there are.
	strangers = 3
	// joining is how long the first letter of a replica may take before it goes on
	// alone.
	joining = 2 * time.Second
	// lag is how much longer than the shared ledger a replica counts what both
	// know: clocks do not run alike.
	lag = time.Second
	// How long to wait after a slot was refused that is there.
	settleLeast = 20 * time.Millisecond
	settleMost  = 250 * time.Millisecond
	heldPause   = time.Second
	// maxAsked bounds the clients that one letter tells of.
	maxAsked = 512
)

// pooled is what a replica knows of the ledger that all share, and what of it the
// replica may spend when it cannot ask: its escrow.
//
// All escrows and all that is spent together never exceed the limit; the shared
// ledger sees to that, by two rules. A slot is given only if it fits in beside the
// escrows of all others. And an escrow grows only when the ledger says so, while
// it shrinks as soon as its holder writes that it does: so whichever of a letter
// and its answer is lost, the ledger believes an escrow to be as large as its
// holder does, or larger.
//
// A replica that stays away must not starve. So of the slots that it and the
// ledger both know, one part of every one that returns adds to its escrow, where
// the parts of all replicas come to one at most.
type pooled struct {
	self  string        // this replica
	life  string        // begins the ids of the slots of this process
	made  uint64        // of them
	hold  time.Duration // after which a slot of another replica has ended
	heard int64         // see Letter
	news  uint64        // counts what others have told that bears on who may have a slot

	epoch   string // this and seq are up to what the ledger is known
	seq     int64
	ready   bool // and the ledger knows that it is
	members []string
	away    int // of the members
	held    int // for these

	virgin  bool      // the shared ledger has never answered
	lonely  bool      // it cannot be asked, or cannot answer for all
	offered int       // of the escrow, in a letter under way: its answer can give it back
	blocked time.Time // until then nothing is taken
	refused int       // slots in a row

	escrow int // what may be spent alone
	parts  int // one part in so many of what returns adds to it; 0: none does
	known  int // slots that both have known since this was agreed

	slots   map[string]*slot     // by id
	told    map[string]time.Time // until when the ledger counts the slots that it knows
	untold  map[*slot]struct{}   // what was spent alone since
	pending map[*slot]struct{}   // what was allotted, but not yet given by all
	changed map[*slot]struct{}   // what it is to be told of

	whole  bool // the next letter tells everything
	gone   []string
	asked  map[string]struct{}
	report *sharedReport
	heeded SharedReport // the last one
	closed bool         // a closure is to be told of
}

// sharedReport is a report that is to be told of.
type sharedReport struct {
	Report
	asked, answered time.Time
}

func newPooled(self, life string, hold time.Duration, now time.Time) *pooled {
	return &pooled{
		self: self, life: life, hold: hold,
		virgin: true, lonely: true, whole: true, blocked: now.Add(joining),
		slots: map[string]*slot{}, told: map[string]time.Time{},
		untold: map[*slot]struct{}{}, pending: map[*slot]struct{}{}, changed: map[*slot]struct{}{},
		asked: map[string]struct{}{},
	}
}

// enter takes up a slot of this process.
func (p *pooled) enter(s *slot) {
	if p == nil {
		return
	}
	p.name(s)
	p.slots[s.id] = s
	p.pending[s] = struct{}{}
	s.news = p.news
}

// outdated reports whether a slot was allotted knowing less than is known now: it
// might not be allotted any more, so the broker has to decide again.
func (p *pooled) outdated(s *slot) bool {
	_, pending := p.pending[s]
	return pending && s.news != p.news
}

// name gives a slot an id that no other has.
func (p *pooled) name(s *slot) {
	p.made++
	s.id = p.life + "." + strconv.FormatUint(p.made, 36)
}

// spend spends a slot out of the escrow, if there is nobody to ask. It reports
// true, too, for one that is spent already.
func (p *pooled) spend(s *slot) bool {
	if _, pending := p.pending[s]; !pending {
		return true
	}
	if p.lonely {
		delete(p.pending, s)
		p.untold[s] = struct{}{}
	}
	return p.lonely
}

// drop forgets a slot that has returned, or was never spent. What the ledger
// believes of it stays.
func (p *pooled) drop(s *slot) {
	delete(p.slots, s.id)
	delete(p.untold, s)
	delete(p.pending, s)
	delete(p.changed, s)
}

// retire is drop for a slot that does not count although the ledger may think so.
func (p *pooled) retire(s *slot) {
	if p == nil {
		return
	}
	_, alone := p.untold[s]
	if _, pending := p.pending[s]; !alone && !pending {
		p.gone = append(p.gone, s.id)
	}
	p.drop(s)
	delete(p.told, s.id)
}

// absorb has the ledger forget a slot that upstream's report tells of.
func (p *pooled) absorb(s *slot) {
	if p == nil {
		return
	}
	if _, told := p.told[s.id]; told {
		p.gone = append(p.gone, s.id)
	}
	delete(p.untold, s)
	delete(p.changed, s)
	delete(p.told, s.id)
}

// tell notes that the ledger knows a slot, and counts it until then.
func (p *pooled) tell(id string, until time.Time) {
	if _, known := p.told[id]; !known {
		p.known++
	}
	p.told[id] = until
}

// elapse forgets the slots that have returned, and what the ledger does not count
// any more.
func (p *pooled) elapse(back []*slot, now time.Time) {
	if p == nil {
		return
	}
	for _, s := range back {
		p.drop(s)
	}
	for id, until := range p.told {
		if !until.After(now) {
			delete(p.told, id)
		}
	}
}

// ask notes that a client asked, which others are told.
func (p *pooled) ask(client string) {
	if p != nil && client != "" && len(p.asked) < maxAsked {
		p.asked[client] = struct{}{}
	}
}

// toWrite reports whether there is something to write of.
func (p *pooled) toWrite() bool {
	return len(p.changed) > 0 || len(p.gone) > 0 || p.report != nil || p.closed
}

// allowance is what may be spent alone now; it can be negative.
func (l *ledger) allowance() int {
	p := l.pool
	n := p.escrow
	if p.virgin {
		n = max(l.limit-l.foreign.count, 0) / strangers
	}
	if p.parts > 0 {
		n += max(p.known-len(p.told), 0) / p.parts
	}
	return n - len(p.untold) - len(p.pending)
}

// fair is what the replica should hold in escrow when so many are left: an equal
// part of what is not held for those that are away.
func (p *pooled) fair(left int) int { return max(left-p.held, 0) / max(len(p.members)-p.away, 1) }

// The rest is what the broker, the budget and the ledger call; without a pool it
// does nothing.

// ended notes that a slot has ended, which others are told.
func (p *pooled) ended(s *slot) {
	if p != nil && !s.remote {
		p.changed[s] = struct{}{}
	}
}

// left is how many of the requests that are left by the record of all may be spent
// here. Nothing is while the escrow is offered.
func (p *pooled) left(l *ledger, left int) int {
	if p == nil {
		return left
	}
	left -= p.held
	if p.lonely {
		left = min(left, l.allowance()+p.offered)
	}
	return left
}

// opens is when the pool lets anything be spent; zero: now.
func (p *pooled) opens(now time.Time) time.Time {
	if p == nil {
		return time.Time{}
	}
	if at := now.Add(settleMost); p.offered > 0 && at.After(p.blocked) {
		return at
	}
	return p.blocked
}

// deadline is how long a request waits. Those that take what is there at once have
// a moment, too, if it takes one to find out what is there.
func (p *pooled) deadline(r *fetchRequest, now time.Time) time.Time {
	if p == nil || !p.blocked.After(now) && p.offered == 0 {
		return r.deadline
	}
	if soonest := r.asked.Add(2 * settleMost); soonest.After(r.deadline) {
		return soonest
	}
	return r.deadline
}

// throttled notes that others are to be told of a 429.
func (p *pooled) throttled() {
	if p != nil {
		p.closed = true
	}
}

// learned notes that others are to be told of a report.
func (p *pooled) learned(r Report, asked, answered time.Time) {
	if p != nil {
		p.report = &sharedReport{Report: r, asked: asked, answered: answered}
	}
}

func (p *pooled) stats(s *Stats) {
	if p != nil {
		s.Replicas, s.Held, s.Alone = max(len(p.members), 1), p.held, p.lonely
	}
}
