package cluster

import (
	"context"
	"errors"
	"time"

	"perigee/cache/record"
	"perigee/proxy/quota"
)

// origin is one request of another replica.
type origin struct {
	replica string
	id      uint64
}

// served is what this replica fetches for others while it leads. It is a plain state
// machine.
type served struct{ all map[origin]*serving }

// serving is one request of another replica.
type serving struct {
	heard  time.Time // when it was asked for last
	cancel context.CancelFunc
	answer *answer // nil: it is under way
}

const (
	// forgottenAfter is how long a request is believed in that is not sent again.
	forgottenAfter = 5 * time.Second
	// rememberedFor is how long an answer is sent again to who asks again.
	rememberedFor = 30 * time.Second
	// mostServed bounds the requests of others.
	mostServed = 8192
)

// begin takes up a request, with what ends it. If it is one that was answered, the
// answer is returned, and if it is to be carried out, fresh is true.
func (s *served) begin(o origin, cancel context.CancelFunc, now time.Time) (again *answer, fresh bool) {
	if v := s.all[o]; v != nil {
		v.heard = now
		return v.answer, false
	}
	if len(s.all) >= mostServed {
		return nil, false // it is sent again
	}
	s.all[o] = &serving{heard: now, cancel: cancel}
	return nil, true
}

// end notes the answer.
func (s *served) end(o origin, a answer, now time.Time) {
	if v := s.all[o]; v != nil {
		v.answer, v.heard = &a, now
	}
}

// leave ends a request for which nobody waits any more.
func (s *served) leave(o origin) {
	if v := s.all[o]; v != nil {
		v.cancel()
		delete(s.all, o)
	}
}

// sweep forgets those whose replica is gone, and answers that have arrived by now.
func (s *served) sweep(now time.Time) {
	for o, v := range s.all {
		limit := forgottenAfter
		if v.answer != nil {
			limit = rememberedFor
		}
		if now.Sub(v.heard) > limit {
			s.leave(o)
		}
	}
}

// clear forgets everything: this replica does not lead any more.
func (s *served) clear() {
	for _, v := range s.all {
		v.cancel()
	}
	s.all = make(map[origin]*serving)
}

// hearRequests takes up what another replica asks for. It is called by the
// goroutine that reads from the server.
func (n *Node) hearRequests(from string, body []byte) {
	var m requests
	if !parse(body, &m) {
		return
	}
	now := time.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.role.kind != leading || !n.election.leads(now) {
		return // who leads next is asked again
	}
	for _, r := range m.Fetch {
		o := origin{from, r.ID}
		ctx, cancel := context.WithCancel(n.role.ctx)
		again, fresh := n.served.begin(o, cancel, now)
		switch {
		case fresh:
			n.running.Go(func() { n.serve(ctx, o, r, now) })
			continue
		case again != nil:
			n.outbox.add(from, *again)
			signal(n.send)
		}
		cancel()
	}
	for _, id := range m.Left {
		n.served.leave(origin{from, id})
	}
}

// serve fetches for a waiter of another replica as for one of this.
func (n *Node) serve(ctx context.Context, o origin, r request, asked time.Time) {
	w := quota.Waiter{
		Client: r.Client, Priority: min(r.Priority, quota.Speculative),
		Deadline: asked.Add(time.Duration(min(max(r.Wait, 0), longestPause.Milliseconds())) * time.Millisecond),
	}
	var newer time.Time
	if r.Age != nil {
		newer = asked.Add(-time.Duration(max(*r.Age, 0)) * time.Millisecond)
	}
	f, err := n.fetch(ctx, Resource{string(r.Key), string(r.Target), string(r.Accept)}, w, newer)
	a := answer{ID: o.id, Fetched: err == nil, Asked: f.Asked, Led: f.Led}
	var refused *quota.RefusedError
	var failed *FailedError
	switch {
	case err == nil:
		if r.Whole && f.Entry != nil {
			a.Page = record.Encode(f.Entry)
		}
	case errors.As(err, &refused):
		a.Refused, a.After = refused.Reason, refused.RetryAfter.Milliseconds()
	case errors.As(err, &failed):
		a.Failed, a.After = failed.Reason, failed.Pause.Milliseconds()
	default:
		if _, sends := n.Sends(); ctx.Err() != nil || !sends {
			return // nobody waits, or who leads next is asked again
		}
		a.Failed = "internal"
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.served.end(o, a, time.Now())
	n.outbox.add(o.replica, a)
	signal(n.send)
}
