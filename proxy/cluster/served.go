package cluster

import (
	"context"
	"time"
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
