package cluster

import (
	"context"
	"errors"
	"time"

	"perigee/proxy/quota"
)

// Delegate has the replica that leads fetch a page for a waiter, and waits for it:
// see Fetch. If whole, the page is to come with the answer, since it is not in the
// tier that all share. The error is ErrSends if this replica is to send its own
// requests by now.
func (n *Node) Delegate(ctx context.Context, page Resource, w quota.Waiter, newer time.Time, whole bool) (f Fetched, err error) {
	begun := time.Now()
	n.mu.Lock()
	r := n.pending.add(page, w, newer, whole)
	n.mu.Unlock()
	signal(n.send)
	defer func() {
		n.mu.Lock()
		n.pending.remove(r)
		n.mu.Unlock()
		signal(n.send)
		n.o.Observer.FetchDelegated(outcomeOf(err), time.Since(begun))
	}()
	// Whoever leads heeds the patience of the waiter. Here it counts only if nobody does.
	patience := time.NewTimer(time.Until(w.Deadline))
	defer patience.Stop()
	for {
		if _, sends := n.Sends(); sends {
			return Fetched{}, ErrSends
		}
		n.mu.Lock()
		over := n.role.over
		n.mu.Unlock()
		select {
		case a := <-r.answered:
			return a.result()
		case <-ctx.Done():
			return Fetched{}, ctx.Err()
		case <-n.life.Done():
			return Fetched{}, context.Canceled
		case <-over:
		case <-patience.C:
			n.mu.Lock()
			hasLeader, retry := n.election.hasLeader(time.Now()), n.o.Lease
			n.mu.Unlock()
			if !hasLeader {
				return Fetched{}, &quota.RefusedError{Reason: quota.Learning, RetryAfter: max(retry, time.Second)}
			}
			patience.Reset(resendAfter)
		}
	}
}

func outcomeOf(err error) string {
	var refused *quota.RefusedError
	var failed *FailedError
	switch {
	case err == nil:
		return "fetched"
	case errors.As(err, &refused):
		return "refused"
	case errors.As(err, &failed):
		return "failed"
	}
	return "left"
}

// hearAnswers wakes those who wait. It is called by the goroutine that reads from
// the server.
func (n *Node) hearAnswers(_ string, body []byte) {
	var m answers
	if !parse(body, &m) || m.To != n.self {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, a := range m.Answers {
		n.pending.answer(a)
	}
}

// outbox is what is to be told to other replicas.
type outbox struct{ answers map[string][]answer }

func (o *outbox) add(to string, a answer) {
	if o.answers == nil {
		o.answers = make(map[string][]answer)
	}
	o.answers[to] = append(o.answers[to], a)
}

// take returns one message, if there is any.
func (o *outbox) take() (answers, bool) {
	for to, all := range o.answers {
		n := min(len(all), batch)
		if len(all) == n {
			delete(o.answers, to)
		} else {
			o.answers[to] = all[n:]
		}
		return answers{To: to, Answers: all[:n]}, true
	}
	return answers{}, false
}

// deliver sends requests and answers: while one message is on its way the next
// gathers. What does not arrive is sent again, since it is asked for again.
func (n *Node) deliver() {
	ticker := time.NewTicker(resendAfter)
	defer ticker.Stop()
	for {
		select {
		case <-n.life.Done():
			return
		case <-n.send:
		case <-ticker.C:
		}
		for n.deliverOne() {
		}
	}
}

// deliverOne sends one message of each kind, and reports whether there was any.
func (n *Node) deliverOne() bool {
	n.mu.Lock()
	out, some := n.outbox.take()
	var in requests
	if n.role.kind == following {
		in = n.pending.take(time.Now())
	}
	n.mu.Unlock()
	if some {
		_ = n.store.publish(n.life, kindAnswers, out)
	}
	if len(in.Fetch)+len(in.Left) > 0 {
		_ = n.store.publish(n.life, kindRequests, in)
		some = true
	}
	return some
}
