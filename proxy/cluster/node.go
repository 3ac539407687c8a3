package cluster

import (
	"context"
	"errors"
	"sync"
	"time"

	"perigee/proxy/quota"
)

// Node is this replica among the others. All methods may be called from many
// goroutines.
type Node struct {
	o     Options
	store store
	self  string
	gate  *quota.Gate

	life     context.Context
	end      context.CancelFunc
	running  sync.WaitGroup
	wake     chan struct{} // holds a token when it is time to look
	exchange *exchange

	mu       sync.Mutex // guards all below; never held while calling out
	election election
	role     role
	known    mark        // of the ledger
	writes   uint64      // of this term
	news     *ledgerNews // that was told and is not taken in
	terms    uint64
	handed   uint64
}

// role is what a replica does for a while.
type role struct {
	kind   roleKind
	leader string // who leads; "": nobody
	term   int64
	since  time.Time
	ctx    context.Context // ends with it
	end    context.CancelFunc
	over   chan struct{} // closed when it ends
}

type roleKind uint8

const (
	following roleKind = iota // it hands over what it misses
	leading                   // it sends for all
	alone                     // it sends for itself: the server is lost
)

// New returns a node that does nothing until Start.
func New(o Options) (*Node, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Client == nil || o.Quota == "" {
		return nil, errors.New("cluster: Client and Quota are required")
	}
	n := newNode(o, newShared(o.Client, o.Quota), o.Client.Replica())
	c := o.Client
	c.OnMessage(kindRequests, n.exchange.hearRequests)
	c.OnMessage(kindAnswers, n.exchange.hearAnswers)
	c.OnMessage(kindLeads, func(string, []byte) { n.hearLeads() })
	c.OnMessage(kindVacated, func(string, []byte) { n.hearVacated() })
	c.OnMessage(kindLedger, n.hearLedger)
	c.OnReached(n.look)
	return n, nil
}

func newNode(o Options, s store, self string) *Node {
	n := &Node{
		o: o, store: s, self: self,
		wake:     make(chan struct{}, 1),
		election: newElection(o.Lease, time.Now()),
	}
	if o.Spent {
		n.known = mark{Term: 1}
	}
	n.life, n.end = context.WithCancel(context.Background())
	n.role = n.newRole(following, 0, "", time.Now())
	n.exchange = newExchange(o, s, self, n.life, n.situation)
	return n
}

func (n *Node) newRole(kind roleKind, term int64, leader string, now time.Time) role {
	r := role{kind: kind, leader: leader, term: term, since: now, over: make(chan struct{})}
	r.ctx, r.end = context.WithCancel(n.life)
	return r
}

// Start begins. The gate, which has Save for its own and is on standby, decides what
// is sent; fetch is how.
func (n *Node) Start(gate *quota.Gate, fetch Fetch) {
	n.gate, n.exchange.fetch = gate, fetch
	n.running.Go(n.run)
	n.running.Go(n.exchange.deliver)
}

// Close hands the lead over, if this replica has it, and waits for its goroutines.
// Nothing may be fetched any more. It is called once, after Start or not.
func (n *Node) Close() {
	n.mu.Lock()
	term, now := n.election.term, time.Now()
	leads := n.election.leads(now)
	if leads && n.role.kind == leading {
		n.handed++
	}
	n.mu.Unlock()
	n.end()
	n.running.Wait()
	n.exchange.close()
	if n.gate == nil {
		return
	}
	n.become(following, 0, "")
	n.gate.Standby()
	ctx := context.Background()
	if err := n.store.leave(ctx, term); err == nil && leads {
		_ = n.store.publish(ctx, kindVacated, struct{}{}) // the others find out soon
		n.o.Logger.Info("the lead is handed over")
	}
}

// look has the node look what there is to do.
func (n *Node) look() { signal(n.wake) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run keeps the node in touch with the server.
func (n *Node) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-n.life.Done():
			return
		case <-timer.C:
		case <-n.wake:
		}
		now := time.Now()
		if n.due(now) {
			n.beat()
		}
		n.takeNews()
		n.settle(time.Now())
		now = time.Now()
		n.exchange.sweep(now)
		n.mu.Lock()
		next := n.election.next(now)
		n.mu.Unlock()
		timer.Reset(max(next.Sub(now), time.Millisecond))
	}
}

// due reports whether it is time for a beat.
func (n *Node) due(now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.election.failed || !now.Before(n.election.next(now)) || n.gaveUp()
}

// gaveUp reports whether this replica has lost its lease and does not act on it yet.
func (n *Node) gaveUp() bool { return n.role.kind == leading && n.election.term != n.role.term }

// beat has this replica be heard from, and acts on what it hears.
func (n *Node) beat() {
	asked, forget := time.Now(), n.forget()
	n.mu.Lock()
	b := beat{
		candidate: n.election.hears(), known: n.known, silent: asked.Sub(n.election.beat), lease: n.o.Lease, forget: forget,
	}
	if n.election.leads(asked) {
		b.term = n.election.term
	}
	others := n.election.replicas() - 1
	n.mu.Unlock()
	r, err := n.store.beat(n.life, b)
	now := time.Now()
	n.mu.Lock()
	if err != nil {
		n.election.lost()
		n.mu.Unlock()
		return
	}
	n.election.answered(r.pulse, asked, now, forget)
	leaderless := r.gap >= n.election.patience() || n.election.isNew(now)
	if r.outcome == won && (r.condition != whole || leaderless) {
		n.election.unsettle(min(others, mostUnseen), now)
	}
	n.mu.Unlock()
	switch r.outcome {
	case won:
		n.takeOver(r, leaderless)
	case restored:
		_ = n.gate.Persist() // the server may have lost the ledger, too; the next grant has it again
	case other:
		n.follow(r.mark, r.snapshot, r.age)
	}
}

// forget is how long a replica is remembered that is not heard from: as long as the
// requests count that it has sent.
func (n *Node) forget() time.Duration {
	if n.gate == nil || n.o.Unlimited {
		return time.Minute
	}
	return n.gate.Stats().Period
}

// takeOver begins a term, on the ledger that the server has. If nobody led for a while,
// or this replica cannot know, replicas may have spent what is not in it.
func (n *Node) takeOver(r reply, leaderless bool) {
	n.mu.Lock()
	gone := n.role.kind != following
	n.mu.Unlock()
	if gone {
		n.become(following, 0, "")
	}
	n.gate.Standby()
	from := "the ledger"
	switch {
	case n.o.Unlimited:
	case r.condition == whole && n.gate.Follow(r.snapshot, r.age) == nil:
		if leaderless && n.o.Reports && !n.gate.Stats().Reported.IsZero() {
			from = "the ledger and what upstream reports: nobody led for a while"
			n.gate.AssumeExhausted()
		}
	case r.condition == none:
		from = "nothing: no replica knows of a ledger"
	default:
		from = "what upstream reports: the ledger is lost"
		n.gate.AssumeExhausted()
	}
	n.o.Logger.Info("this replica leads and sends all upstream requests", "term", r.term, "from", from)
	n.mu.Lock()
	n.writes = 0
	if r.mark.after(n.known) {
		n.known = r.mark
	}
	unseen := n.election.mayBeUnseen(time.Now())
	n.mu.Unlock()
	n.gate.SetCaution(n.caution(unseen))
	n.become(leading, r.term, n.self)
	n.gate.Activate()
	_ = n.store.publish(n.life, kindLeads, struct{}{}) // what was asked is asked again soon
}

// follow takes over the ledger of the replica that leads.
func (n *Node) follow(m mark, snapshot []byte, age time.Duration) {
	n.mu.Lock()
	skip := n.role.kind != following || !m.after(n.known) || len(snapshot) == 0
	n.mu.Unlock()
	if skip || n.gate.Follow(snapshot, age) != nil {
		return
	}
	n.mu.Lock()
	n.known = m
	n.mu.Unlock()
}

// takeNews takes in what was told of the ledger.
func (n *Node) takeNews() {
	n.mu.Lock()
	news := n.news
	n.news = nil
	n.mu.Unlock()
	if news != nil {
		n.follow(news.mark, news.Snapshot, 0)
	}
}

// settle has this replica take the role that is its own by now.
func (n *Node) settle(now time.Time) {
	n.mu.Lock()
	expired := n.election.expire(now)
	e, r := n.election, n.role
	n.mu.Unlock()
	switch {
	case e.leads(now):
		n.gate.SetCaution(n.caution(e.mayBeUnseen(now)))
		return
	case r.kind == leading:
		n.o.Logger.Warn("this replica leads no more", "term", r.term, "expired", expired)
		n.become(following, 0, e.leader)
		n.gate.Standby()
	case e.deserted(now) && n.goesAlone(e):
		return
	case r.kind == alone:
		n.o.Logger.Info("the server is back: this replica sends no more requests of its own")
		n.become(following, 0, e.leader)
		n.gate.Standby()
	case r.leader != e.leader && !e.failed:
		if e.leader == "" {
			n.o.Logger.Info("no replica leads")
		} else {
			n.o.Logger.Info("another replica leads", "leader", e.leader)
		}
		n.become(following, 0, e.leader)
	case e.deserted(now) && r.leader != "":
		n.o.Logger.Warn("the server is lost: what is not cached is not fetched")
		n.become(following, 0, "")
	}
}

// caution is what one that leads keeps to while others may spend unseen.
func (n *Node) caution(unseen int) quota.Caution {
	if !n.o.Reports || unseen == 0 {
		return quota.Caution{}
	}
	return quota.Caution{Keep: unseen, Reported: true}
}

// goesAlone has this replica spend its part of the quota, if there is one.
func (n *Node) goesAlone(e election) bool {
	n.mu.Lock()
	was := n.role.kind == alone
	n.mu.Unlock()
	if n.o.Unlimited {
		if !was {
			n.become(alone, 0, "")
			n.gate.Activate()
		}
		return true
	}
	replicas := e.replicas()
	part := n.gate.Stats().Limit / replicas
	if !n.o.Reports || part == 0 {
		return false
	}
	n.gate.SetCaution(quota.Caution{Keep: replicas, Most: part, Reported: true, Single: true})
	if !was {
		n.o.Logger.Warn("the server is lost: this replica sends its own requests, within its part of the quota",
			"replicas", replicas, "part", part)
		n.become(alone, 0, "")
		n.gate.Activate()
	}
	return true
}

// become ends the role and begins another one, and wakes whoever waits for that.
func (n *Node) become(kind roleKind, term int64, leader string) {
	now := time.Now()
	n.mu.Lock()
	old := n.role
	n.role = n.newRole(kind, term, leader, now)
	if kind == leading {
		n.terms++
	}
	n.mu.Unlock()
	old.end()
	close(old.over)
	n.exchange.turn()
}

// Delegate has the replica that leads fetch a page for a waiter, and waits for it:
// see Fetch. If whole, the page is to come with the answer, since it is not in the
// tier that all share. The error is ErrSends if this replica is to send its own
// requests by now.
func (n *Node) Delegate(ctx context.Context, page Resource, w quota.Waiter, newer time.Time, whole bool) (Fetched, error) {
	return n.exchange.delegate(ctx, page, w, newer, whole)
}

// situation is what there is to do with a request now.
func (n *Node) situation() situation {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	is := situation{role: n.role, hasLeader: n.election.hasLeader(now)}
	switch n.role.kind {
	case leading:
		is.sends = n.election.term == n.role.term && n.election.leads(now)
	case alone:
		is.sends = true
	}
	return is
}

// Sends reports whether this replica sends upstream requests now: it leads, or the
// server is lost and it has a part of the quota. ctx ends with that.
func (n *Node) Sends() (ctx context.Context, sends bool) {
	is := n.situation()
	return is.role.ctx, is.sends
}

// Save is the Save of the gate: it keeps what is spent on the server, and fails
// unless this replica may spend, before and after.
func (n *Node) Save(snapshot []byte) error {
	ctx, sends := n.Sends()
	if !sends {
		return errFollows
	}
	n.mu.Lock()
	n.writes++
	kind, m := n.role.kind, mark{n.role.term, n.writes}
	n.mu.Unlock()
	if kind == leading {
		kept, err := n.store.write(ctx, m, snapshot)
		if err == nil && !kept {
			err = errFollows
		}
		if err != nil {
			n.look()
			return err
		}
		n.mu.Lock()
		n.known = m
		n.mu.Unlock()
		if _, sends := n.Sends(); !sends {
			return errFollows
		}
	}
	if n.o.Save != nil {
		n.o.Save(snapshot)
	}
	return nil
}

// hearLeads notes that another replica leads.
func (n *Node) hearLeads() {
	n.mu.Lock()
	n.election.retry = time.Now() // the next beat tells who
	n.mu.Unlock()
	n.exchange.again()
	n.look()
}

// hearVacated notes that nobody does.
func (n *Node) hearVacated() {
	n.mu.Lock()
	n.election.vacated(time.Now())
	n.mu.Unlock()
	n.look()
}

// hearLedger notes what is spent.
func (n *Node) hearLedger(_ string, body []byte) {
	var news ledgerNews
	if !parse(body, &news) {
		return
	}
	n.mu.Lock()
	if n.news == nil || news.after(n.news.mark) {
		n.news = &news
	}
	n.mu.Unlock()
	n.look()
}

// Status returns who leads.
func (n *Node) Status() Status {
	pending := n.exchange.waiting()
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	s := Status{
		Leading: n.role.kind == leading && n.election.leads(now), Alone: n.role.kind == alone,
		Leader: n.role.leader, Since: n.role.since,
		Replicas: n.election.live, Missing: n.election.missing,
		Terms: n.terms, HandedOver: n.handed, Pending: pending,
	}
	if !n.election.reached {
		s.Replicas = 0
	}
	return s
}

var _ store = (*shared)(nil)
