package cluster

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"perigee/cache/valkey"
)

// mark is a version of the ledger: the term in which it was written, and the number
// of the write in that.
type mark struct {
	Term int64  `json:"term"`
	Seq  uint64 `json:"seq"`
}

// after reports whether m is the later one.
func (m mark) after(o mark) bool { return m.Term > o.Term || m.Term == o.Term && m.Seq > o.Seq }

// condition is the state of the ledger on the server.
type condition string

const (
	whole condition = "whole" // it is the latest
	none  condition = "none"  // no replica knows of any
	lost  condition = "lost"  // it is gone, or of an earlier process of the server
)

// beat is what a replica says of itself.
type beat struct {
	term      int64         // of the lease that it holds by its own clock; zero: none
	candidate bool          // it wants to lead
	known     mark          // the ledger that it knows
	silent    time.Duration // for how long it has heard no answer
	lease     time.Duration
	forget    time.Duration // how long a replica is remembered that is not heard from
}

// reply is what it hears.
type reply struct {
	pulse
	gap       time.Duration // since a replica that led was heard from
	condition condition
	mark      mark
	age       time.Duration // at least
	snapshot  []byte        // empty unless it is new to the replica
}

// store is what replicas have on the server. It is an interface so that they can be
// tested in simulated time.
type store interface {
	// beat has this replica be heard from.
	beat(ctx context.Context, b beat) (reply, error)
	// write keeps the ledger, and reports whether it did: not if another replica
	// leads, or the server does not know that this one does.
	write(ctx context.Context, m mark, snapshot []byte) (bool, error)
	// leave takes this replica away, and its lease if it has one.
	leave(ctx context.Context, term int64) error
	// publish tells all others something.
	publish(ctx context.Context, kind string, v any) error
}

// The kinds of messages.
const (
	kindRequests = "fetch"   // requests, of one replica to the one that leads
	kindAnswers  = "fetched" // answers, of that to one replica
	kindLeads    = "leads"   // another replica leads
	kindVacated  = "vacated" // and none does
	kindLedger   = "ledger"  // the ledger has changed
)

// ledgerNews is the body of a message of kindLedger.
type ledgerNews struct {
	mark
	Snapshot []byte `json:"snapshot,omitempty"` // none if it is long: it is fetched with the next beat
}

// longSnapshot is the length from which a snapshot is not told to everybody.
const longSnapshot = 64 << 10

var (
	//go:embed scripts/beat.lua
	beatSource string
	//go:embed scripts/write.lua
	writeSource string
	//go:embed scripts/leave.lua
	leaveSource string

	beatScript, writeScript, leaveScript = valkey.NewScript(beatSource), valkey.NewScript(writeSource), valkey.NewScript(leaveSource)
)

// shared is the store on a server. Its keys, which have a Cluster hash tag in common:
//
//	leader    hash: replica, term, and until when its lease lasts
//	state     hash: the latest term; led: when that one was heard from; run: the process of the server; since: when that
//	          was seen first; known: the term of the latest ledger that any replica
//	          knows
//	replicas  sorted set: when each was heard from
//	ledger    hash: snapshot, with the mark and when it was written, in which process
type shared struct {
	client                         *valkey.Client
	leader, state, members, ledger string
}

func newShared(c *valkey.Client, namespace string) *shared {
	key := func(what string) string { return "perigee:{" + namespace + ":cluster}:" + what }
	return &shared{c, key("leader"), key("state"), key("replicas"), key("ledger")}
}

// args are the arguments of a beat of a replica.
func (b beat) args(replica string) []any {
	candidate := "0"
	if b.candidate {
		candidate = "1"
	}
	return []any{
		replica, b.term, candidate, b.known.Term, strconv.FormatUint(b.known.Seq, 10),
		b.silent.Milliseconds(), b.lease.Milliseconds(), (silentBeats * b.lease / beatsPerLease).Milliseconds(), b.forget.Milliseconds(),
	}
}

func (s *shared) beat(ctx context.Context, b beat) (reply, error) {
	raw, err := s.client.Run(ctx, beatScript, 0, []string{s.leader, s.state, s.members, s.ledger}, b.args(s.client.Replica())...)
	if err != nil {
		return reply{}, err
	}
	return parseReply(raw)
}

var errReply = errors.New("cluster: the server answers what makes no sense")

func parseReply(raw any) (r reply, err error) {
	list, _ := raw.([]any)
	if len(list) != 13 {
		return r, errReply
	}
	text := func(i int) string { s, _ := list[i].(string); return s }
	number := func(i int) int64 {
		if n, ok := list[i].(int64); ok {
			return n
		}
		n, parseErr := strconv.ParseInt(text(i), 10, 64)
		err = errors.Join(err, parseErr)
		return n
	}
	r.outcome, r.leader, r.condition = outcome(text(0)), text(2), condition(text(8))
	r.term, r.left = number(1), time.Duration(max(number(3), 0))*time.Millisecond
	r.live, r.missing = int(number(4)), int(number(5))
	long := func(i int) time.Duration {
		return time.Duration(min(max(number(i), 0), int64(math.MaxInt64/time.Millisecond))) * time.Millisecond
	}
	r.memory, r.gap = long(6), long(7)
	r.mark = mark{number(9), uint64(number(10))}
	r.age, r.snapshot = long(11), []byte(text(12))
	if err != nil {
		return reply{}, fmt.Errorf("%w: %w", errReply, err)
	}
	return r, nil
}

func (s *shared) write(ctx context.Context, m mark, snapshot []byte) (bool, error) {
	news := ledgerNews{mark: m}
	if len(snapshot) < longSnapshot {
		news.Snapshot = snapshot
	}
	message, err := s.client.Message(kindLedger, news)
	if err != nil {
		return false, err
	}
	raw, err := s.client.Run(ctx, writeScript, 2*len(snapshot), []string{s.leader, s.state, s.ledger},
		m.Term, strconv.FormatUint(m.Seq, 10), snapshot, s.client.Channel(), message)
	return raw == int64(1), err
}

func (s *shared) leave(ctx context.Context, term int64) error {
	_, err := s.client.Run(ctx, leaveScript, 0, []string{s.leader, s.members}, s.client.Replica(), term)
	return err
}

func (s *shared) publish(ctx context.Context, kind string, v any) error {
	return s.client.Publish(ctx, kind, v)
}

// parse reads the body of a message.
func parse(body []byte, v any) bool { return json.Unmarshal(body, v) == nil }
