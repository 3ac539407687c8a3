package quota

import (
	"context"
	"crypto/rand"
	"errors"
	"time"
)

const (
	// beat is how often a replica writes even if there is nothing to tell: who is
	// not heard from is away.
	beat = time.Second
	// maxLetters is how many letters may be needed to be heard once.
	maxLetters = 5
)

// mail is the side of the gate that faces the other replicas.
type mail struct {
	pool Pool          // nil: there are none
	turn chan struct{} // holds a token while a letter is under way: there is one at a time
	tell chan struct{} // has a token when there is something to tell
}

func newMail(p Pool) mail {
	return mail{pool: p, turn: make(chan struct{}, 1), tell: make(chan struct{}, 1)}
}

// Share keeps the gate in step with the other replicas until ctx ends, and then
// takes leave of them, so that they may spend what is this one's part. Nobody may
// ask for a slot any more by then. Without a Pool it returns at once.
func (g *Gate) Share(ctx context.Context) {
	if g.mail.pool == nil {
		return
	}
	beats := time.NewTicker(beat)
	defer beats.Stop()
	for {
		g.correspond()
		select {
		case <-beats.C:
		case <-g.mail.pool.News():
		case <-g.mail.tell:
		case <-ctx.Done():
			g.takeLeave()
			return
		}
	}
}

// correspond writes until the shared ledger knows what this replica does, and
// that it knows what others did.
func (g *Gate) correspond() {
	g.mail.turn <- struct{}{}
	defer func() { <-g.mail.turn }()
	for range maxLetters {
		if ok := g.write(nil, false); !ok || g.settled() {
			return
		}
	}
}

// settled reports whether there is nothing more to write.
func (g *Gate) settled() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.broker.budget.pool
	return p.ready && !p.toWrite()
}

// take gets the slot that the broker allotted from all replicas. It reports false
// if the broker has to decide again, knowing more.
func (g *Gate) take(s *slot) bool {
	if g.mail.pool == nil {
		return true
	}
	g.mail.turn <- struct{}{}
	defer func() { <-g.mail.turn }()
	for range maxLetters {
		var outdated, alone, whole bool
		g.change(func(b *broker, _ time.Time) {
			p := b.budget.pool
			outdated, whole = p.outdated(s), p.whole
			alone = !outdated && p.spend(s)
		})
		switch {
		case outdated:
			return false
		case alone:
			return true
		case !whole:
			return g.write(s, false)
		case !g.write(nil, false):
			return false
		}
	}
	return false
}

// takeLeave tells the last that there is to tell. A ledger that does not know this
// replica is told all before it lets it go.
func (g *Gate) takeLeave() {
	g.mail.turn <- struct{}{}
	defer func() { <-g.mail.turn }()
	for range maxLetters {
		if ok := g.write(nil, true); !ok || !g.strange() {
			break
		}
	}
	g.persist()
}

// strange reports whether the ledger has to be told all.
func (g *Gate) strange() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.broker.budget.pool.whole
}

// write writes one letter and reads the answer. It reports whether the letter was
// read, and, if it asked for a slot, whether that was given.
func (g *Gate) write(take *slot, leave bool) bool {
	var x *post
	g.change(func(b *broker, now time.Time) { x = b.write(take, leave, now) })
	if x.Whole {
		x.Found = rand.Text()
	}
	if x.lowers {
		g.persist() // a restart must not believe in more than others do
	}
	a, err := g.mail.pool.Exchange(x.Letter)
	var taken bool
	g.change(func(b *broker, now time.Time) { taken = b.read(x, a, err, take, now) })
	if x.before.virgin && !errors.Is(err, ErrUnsent) {
		g.persist() // from now on a restart is not the first, for all that others know
	}
	if take != nil {
		return taken
	}
	return err == nil
}

// nudge has Share write, if there is something to tell. The caller holds mu.
func (g *Gate) nudge() {
	if p := g.broker.budget.pool; p == nil || !p.toWrite() || p.lonely {
		return
	}
	select {
	case g.mail.tell <- struct{}{}:
	default:
	}
}
