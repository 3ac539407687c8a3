package quota

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

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

// Stats is the state of the whole, for operators.
type Stats struct {
	Limit   int           // in force
	Period  time.Duration // in force
	Own     int           // slots that we have spent, or hold, all replicas together
	Foreign int           // slots that others have spent, as far as is known
	Waiting int           // demands in the queue
	Clients int           // clients that asked or spent within the window
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

// ClientUse is what one client has spent in the window.
type ClientUse struct {
	Client   string
	Requests float64 // parts of a shared request are fractions
}

func (b *broker) view(client string, now time.Time) View {
	now = b.advance(now)
	l := b.ledger
	v := View{Limit: l.limit, Period: l.period, Used: l.spent()}
	if at, _ := l.opens(now); !at.After(now) {
		v.Remaining = b.remaining(client)
	}
	if v.Remaining == 0 {
		at := b.expect(clientAsker(b, client, Waiting), len(b.queue), now)
		v.Next = max(at.Sub(now), time.Second)
	}
	return v
}

// remaining counts the slots that client could have now. From the second on, each
// is harder to get than the one before: so it is a search and not a loop.
func (b *broker) remaining(client string) int {
	free, parts := b.ledger.free(), b.share.used(client)
	afford := func(had int) bool {
		return b.affords(client, parts+int64(had)*unit, Waiting, free-had) == ""
	}
	if free == 0 || !afford(0) {
		return 0
	}
	return 1 + sort.Search(free-1, func(i int) bool { return !afford(i + 1) })
}

func (b *broker) stats(now time.Time) Stats {
	now = b.advance(now)
	l := b.ledger
	s := Stats{
		Limit: l.limit, Period: l.period,
		Own: l.spent() - l.foreign.count, Foreign: l.foreign.count,
		Waiting: len(b.queue), Clients: b.share.active(""),
		Replicas: 1,
		Known:    !l.idle && (!l.auto || !l.learned.answered.IsZero()),
		Next:     b.expect(anyAsker(), 0, now).Sub(now), Reported: l.learned.answered,
	}
	if p := l.pool; p != nil {
		s.Replicas, s.Held, s.Alone = max(len(p.members), 1), p.held, p.lonely
	}
	return s
}

// top returns the n clients that have spent most, the first first.
func (b *broker) top(n int, now time.Time) []ClientUse {
	b.advance(now)
	var all []*account
	for _, a := range b.share.clients {
		if a.parts > 0 {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(x, y *account) int {
		return cmp.Or(cmp.Compare(y.parts, x.parts), cmp.Compare(x.client, y.client))
	})
	uses := make([]ClientUse, 0, min(max(n, 0), len(all)))
	for _, a := range all[:cap(uses)] {
		uses = append(uses, ClientUse{Client: a.client, Requests: float64(a.parts) / unit})
	}
	return uses
}
