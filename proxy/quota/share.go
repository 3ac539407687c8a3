package quota

import (
	"container/list"
	"time"
)

const (
	// unit is one request. It is charged in parts, so that the sums stay whole.
	unit = 1_000_000
	// maxCharged is how many clients pay for one request at most, and decide about
	// its rank. Where more wait, each owes so little that the rest is forgiven.
	maxCharged = 64
	// maxIdle is how many clients are remembered that have asked and spent
	// nothing. So many leave each other no share to speak of.
	maxIdle = 4096
)

// share knows what each client has spent in the window, and who has asked for
// anything. What it holds is bounded: those who have spent by the slots of the
// window, the others by maxIdle.
type share struct {
	clients map[string]*account
	asked   *list.List // of *account that asked lately, the latest last
	idle    int        // accounts that have spent nothing
}

// account is one client. It goes when it has neither spent nor asked within the
// window (or a little longer, see memory).
type account struct {
	client string
	parts  int64         // spent in the window
	open   int           // requests under way that it pays for
	seen   time.Time     // when it asked last
	turned time.Time     // until when it was turned away; zero: it was not, or is here again
	kind   Priority      // of what it was turned away with
	since  time.Time     // when it was turned away first, without a grant since
	place  *list.Element // in asked; nil: it has not asked lately
}

func newShare() *share {
	return &share{clients: map[string]*account{}, asked: list.New()}
}

// touch notes that a client asked. Hits do not count: only a fetch costs anything.
func (s *share) touch(client string, now time.Time) {
	if client == "" {
		return
	}
	a := s.account(client)
	a.seen, a.turned = now, time.Time{} // it is here again
	if a.place == nil {
		a.place = s.asked.PushBack(a)
	} else {
		s.asked.MoveToBack(a.place)
	}
	s.limitIdle()
}

func (s *share) account(client string) *account {
	a := s.clients[client]
	if a == nil {
		a = &account{client: client}
		s.clients[client] = a
		s.idle++
	}
	return a
}

// limitIdle forgets who asked longest ago and spent nothing.
func (s *share) limitIdle() {
	for e := s.asked.Front(); e != nil && s.idle > maxIdle; {
		a := e.Value.(*account)
		e = e.Next()
		s.unlist(a)
		s.settle(a)
	}
}

// expire forgets who asked before since.
func (s *share) expire(since time.Time) {
	for e := s.asked.Front(); e != nil; {
		a := e.Value.(*account)
		if a.seen.After(since) {
			return
		}
		e = e.Next()
		s.unlist(a)
		s.settle(a)
	}
}

func (s *share) unlist(a *account) {
	if a.place != nil {
		s.asked.Remove(a.place)
		a.place = nil
	}
}

// settle forgets an account that nothing is known of any more.
func (s *share) settle(a *account) {
	if a.parts == 0 && a.place == nil && s.clients[a.client] == a {
		delete(s.clients, a.client)
		s.idle--
	}
}

// charge has n who waited pay for one request in equal parts. Of these, clients
// are known by name.
func (s *share) charge(clients []string, n int) []charge {
	if len(clients) == 0 {
		return nil
	}
	clients = clients[:min(len(clients), maxCharged)]
	charges := make([]charge, len(clients))
	for i, client := range clients {
		charges[i] = charge{client: client, parts: max(unit/int64(n), 1)}
	}
	s.add(charges)
	return charges
}

// add counts what is charged.
func (s *share) add(charges []charge) {
	for _, c := range charges {
		a := s.account(c.client)
		if a.parts == 0 {
			s.idle--
		}
		a.parts += c.parts
	}
}

// credit takes charges back: their slot has returned, or nothing was sent.
func (s *share) credit(charges []charge) {
	for _, c := range charges {
		a := s.clients[c.client]
		if a == nil {
			continue
		}
		a.parts -= c.parts
		if a.parts == 0 {
			s.idle++
			s.settle(a)
		}
	}
	s.limitIdle()
}

// under counts the requests under way that a client pays for.
func (s *share) under(charges []charge, by int) {
	for _, c := range charges {
		if a := s.clients[c.client]; a != nil {
			a.open += by
		}
	}
}

// used is what client has spent in the window, in parts.
func (s *share) used(client string) int64 {
	if a := s.clients[client]; a != nil {
		return a.parts
	}
	return 0
}

// active is how many clients have asked or spent in the window. client counts in
// any case.
func (s *share) active(client string) int {
	n := len(s.clients)
	if client != "" && s.clients[client] == nil {
		n++
	}
	return n
}

// may reports whether a client that has spent parts may spend more while free
// slots are left: a threshold that follows what is left, as switches share
// buffers. It leaves something for whoever comes next, and with few competitors
// wastes little. A client that is alone may spend everything.
func may(parts int64, active, free, limit int) bool {
	if active <= 1 {
		return true
	}
	return parts < int64(free)*unit || parts*int64(active) < int64(limit)*unit
}
