package cluster

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"perigee/cache/valkey"
	"perigee/cache/valkey/valkeytest"
)

// model is a server as the scripts make it, in simulated time. TestModel compares
// the two.
type model struct {
	mu sync.Mutex // guards all below

	run      int // of the process of the server
	leader   *modelLease
	state    *modelState
	replicas map[string]time.Time
	ledger   *modelLedger
	saved    *model // a copy that was put aside
}

type modelLease struct {
	replica string
	term    int64
	until   time.Time
}

type modelState struct {
	term, known int64
	run         int
	since, led  time.Time
}

type modelLedger struct {
	run      int
	mark     mark
	at       time.Time
	snapshot []byte
}

func newModel() *model { return &model{replicas: make(map[string]time.Time)} }

// empty forgets everything, as a server that is started anew.
func (m *model) empty() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.run++
	m.leader, m.state, m.replicas, m.ledger = nil, nil, make(map[string]time.Time), nil
}

// save puts a copy aside, and goBack has the server started with it.
func (m *model) save() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saved = &model{leader: clone(m.leader), state: clone(m.state), ledger: clone(m.ledger), replicas: make(map[string]time.Time)}
	for replica, at := range m.replicas {
		m.saved.replicas[replica] = at
	}
}

func (m *model) goBack() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.run++
	m.leader, m.state, m.ledger = clone(m.saved.leader), clone(m.saved.state), clone(m.saved.ledger)
	m.replicas = make(map[string]time.Time)
	for replica, at := range m.saved.replicas {
		m.replicas[replica] = at
	}
}

func clone[T any](v *T) *T {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}

// beat is scripts/beat.lua.
func (m *model) beat(me string, b beat, now time.Time) (r reply) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now = now.Truncate(time.Millisecond)
	for replica, at := range m.replicas {
		if at.Before(now.Add(-b.forget)) {
			delete(m.replicas, replica)
		}
	}
	m.replicas[me] = now.Add(-b.silent)
	if m.state == nil {
		m.state = &modelState{run: -1}
	}
	s := m.state
	if s.run != m.run {
		s.run, s.since = m.run, now
	}
	s.known = max(s.known, b.known.Term)
	r.gap = now.Sub(s.led)
	if m.leader != nil && !m.leader.until.After(now) {
		m.leader = nil
	}
	r.outcome = other
	take := func(term int64) {
		m.leader = &modelLease{me, term, now.Add(b.lease)}
		s.term, s.led = term, now
	}
	switch holder := m.leader; {
	case b.term > 0 && holder != nil && holder.term == b.term:
		r.outcome, m.leader.until, s.led = kept, now.Add(b.lease), now
	case b.term > 0 && holder == nil && b.term >= s.term:
		r.outcome = restored
		take(b.term)
	case b.term == 0 && b.candidate && (holder == nil || holder.replica == me) && now.Sub(s.since) >= b.lease:
		r.outcome = won
		take(max(now.UnixMicro(), s.term+1))
	}
	r.memory = now.Sub(s.since)
	r.left = b.lease - now.Sub(s.since)
	if m.leader != nil {
		r.leader, r.term, r.left = m.leader.replica, m.leader.term, m.leader.until.Sub(now)
	}
	r.left = max(r.left, 0)
	for _, at := range m.replicas {
		if at.Before(now.Add(-silentBeats * b.lease / beatsPerLease)) {
			r.missing++
		} else {
			r.live++
		}
	}
	r.condition = lost
	switch l := m.ledger; {
	case l != nil && l.run == m.run:
		r.condition = whole
		if r.outcome == won || l.mark != b.known {
			r.snapshot = l.snapshot
		}
	case l == nil && s.known == 0:
		r.condition = none
	}
	if l := m.ledger; l != nil {
		r.mark, r.age = l.mark, now.Sub(l.at)
	}
	return r
}

// write is scripts/write.lua.
func (m *model) write(k mark, snapshot []byte, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now = now.Truncate(time.Millisecond)
	if m.leader == nil || !m.leader.until.After(now) || m.leader.term != k.Term {
		return false
	}
	if m.ledger != nil && m.ledger.mark.Term == k.Term && m.ledger.mark.Seq >= k.Seq {
		return false
	}
	run := -1
	if m.state == nil {
		m.state = &modelState{run: -1}
	}
	run = m.state.run
	m.ledger = &modelLedger{run, k, now, slices.Clone(snapshot)}
	m.state.known = k.Term
	return true
}

// leave is scripts/leave.lua.
func (m *model) leave(me string, term int64, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.replicas, me)
	if m.leader != nil && m.leader.until.After(now) && m.leader.term == term {
		m.leader = nil
	}
}

// network is between some nodes and a model: it takes time, can be cut, and delivers
// messages.
type network struct {
	model *model
	delay time.Duration // there, and again back

	mu    sync.Mutex // guards all below
	lost  bool       // nobody reaches the server
	links []*link
}

// link is one node's way to the server: the store of that node.
type link struct {
	network *network
	name    string
	node    *Node
	gate    func() // returns when the replica is not paused

	cut   bool // nothing arrives; guarded by the network
	deaf  bool // what is asked is done, and the answer does not come; so guarded
	alive bool // so guarded
}

var _ store = (*link)(nil)

// reach takes what is asked to the server, and reports how it went.
func (l *link) reach(do func(now time.Time)) error {
	l.network.mu.Lock()
	unreachable, deaf := l.cut || l.network.lost || !l.alive, l.deaf
	l.network.mu.Unlock()
	if unreachable {
		return errUnreachable
	}
	l.gate()
	time.Sleep(l.network.delay)
	do(time.Now())
	if deaf {
		time.Sleep(modelTimeout)
		l.gate()
		return errUnreachable
	}
	time.Sleep(l.network.delay)
	l.gate()
	return nil
}

const modelTimeout = 250 * time.Millisecond

var errUnreachable = context.DeadlineExceeded

func (l *link) beat(_ context.Context, b beat) (r reply, err error) {
	err = l.reach(func(now time.Time) { r = l.network.model.beat(l.name, b, now) })
	return r, err
}

func (l *link) write(ctx context.Context, m mark, snapshot []byte) (kept bool, err error) {
	err = l.reach(func(now time.Time) { kept = l.network.model.write(m, snapshot, now) })
	if kept && err == nil {
		err = l.publish(ctx, kindLedger, ledgerNews{m, snapshot})
	}
	return kept, err
}

func (l *link) leave(_ context.Context, term int64) error {
	return l.reach(func(now time.Time) { l.network.model.leave(l.name, term, now) })
}

func (l *link) publish(_ context.Context, kind string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	l.network.mu.Lock()
	if l.cut || l.network.lost || !l.alive {
		l.network.mu.Unlock()
		return errUnreachable
	}
	var to []*link
	for _, other := range l.network.links {
		if other != l && other.alive && !other.cut && !other.deaf {
			to = append(to, other)
		}
	}
	l.network.mu.Unlock()
	time.Sleep(l.network.delay)
	for _, other := range to {
		other.hear(l.name, kind, body)
	}
	return nil
}

func (l *link) hear(from, kind string, body []byte) {
	switch n := l.node; kind {
	case kindRequests:
		n.exchange.hearRequests(from, body)
	case kindAnswers:
		n.exchange.hearAnswers(from, body)
	case kindLeads:
		n.hearLeads()
	case kindVacated:
		n.hearVacated()
	case kindLedger:
		n.hearLedger(from, body)
	}
}

// TestModel does the same to the scripts on a real server and to the model of it,
// which the storms are told with, and compares what they answer.
func TestModel(t *testing.T) {
	server := valkeytest.Start(t)
	client := reached(t, server.URL(), "any")
	for seed := range uint64(40) {
		server.Do("FLUSHALL")
		rng := rand.New(rand.NewPCG(seed, 3))
		m, now := newModel(), time.UnixMilli(1_700_000_000_000)
		s := newShared(client, "quota")
		terms := make(map[string]int64)
		marks := []mark{{}}
		for step := range 60 {
			now = now.Add(time.Duration(rng.IntN(3000)) * time.Millisecond)
			replica := string(rune('a' + rng.IntN(3)))
			switch rng.IntN(12) {
			case 0:
				m.empty()
				server.Do("FLUSHALL")
			case 1:
				m.run++ // started anew, with all that it had
			case 2:
				m.leave(replica, terms[replica], now)
				if _, err := client.Run(t.Context(), leaveScript, 0, []string{s.leader, s.members}, replica, terms[replica]); err != nil {
					t.Fatal(err)
				}
				terms[replica] = 0
			case 3, 4, 5:
				k := mark{terms[replica], uint64(rng.IntN(5))}
				want := m.write(k, []byte(replica), now)
				raw, err := client.Run(t.Context(), writeScript, 0, []string{s.leader, s.state, s.ledger},
					k.Term, k.Seq, replica, "nowhere", "", now.UnixMilli())
				if err != nil || (raw == int64(1)) != want {
					t.Fatalf("seed %d, step %d: write %+v: got (%v, %v), want %t", seed, step, k, raw, err, want)
				}
				marks = append(marks, k)
			default:
				b := beat{
					candidate: rng.IntN(8) > 0, known: marks[rng.IntN(len(marks))],
					silent: time.Duration(rng.IntN(5000)) * time.Millisecond, lease: 5 * time.Second, forget: 20 * time.Second,
				}
				if rng.IntN(4) > 0 { // otherwise its lease is over by its own clock
					b.term = terms[replica]
				}
				want := m.beat(replica, b, now)
				raw, err := client.Run(t.Context(), beatScript, 0, []string{s.leader, s.state, s.members, s.ledger},
					append(b.args(replica), now.UnixMilli(), strconv.Itoa(m.run))...)
				if err != nil {
					t.Fatal(err)
				}
				got, err := parseReply(raw)
				if err != nil {
					t.Fatal(err)
				}
				if m.ledger == nil {
					want.age, got.age = 0, 0
				}
				if want.gap > 24*time.Hour { // nobody ever led
					want.gap, got.gap = 0, 0
				}
				if len(want.snapshot) == 0 {
					want.snapshot, got.snapshot = nil, got.snapshot[:len(got.snapshot):len(got.snapshot)]
					if len(got.snapshot) == 0 {
						got.snapshot = nil
					}
				}
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("seed %d, step %d: beat %+v of %s: got\n%+v, want\n%+v", seed, step, b, replica, got, want)
				}
				terms[replica] = 0
				if got.outcome != other {
					terms[replica] = got.term
				}
			}
		}
	}
}

// reached returns a client that has reached the server.
func reached(t *testing.T, url, name string) *valkey.Client {
	t.Helper()
	c, err := valkey.New(valkey.Options{URL: url, Namespace: "test", Replica: name, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	up := make(chan struct{})
	c.OnReached(sync.OnceFunc(func() { close(up) }))
	c.Start()
	<-up
	return c
}
