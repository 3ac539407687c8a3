package cluster

import (
	"math/rand/v2"
	"time"

	"perigee/cache"
	"perigee/cache/record"
	"perigee/proxy/quota"
)

// request is a fetch that a replica asks of the one that leads, for one waiter.
// Times are relative, in ms: no two clocks need agree.
type request struct {
	ID       uint64         `json:"id"`
	Key      []byte         `json:"key"` // it need not be UTF-8, nor do the next two
	Target   []byte         `json:"target"`
	Accept   []byte         `json:"accept,omitempty"`
	Client   string         `json:"client,omitempty"`
	Priority quota.Priority `json:"priority,omitempty"`
	Wait     int64          `json:"wait"`            // how long its patience lasts
	Age      *int64         `json:"age,omitempty"`   // what was answered before so long ago will not do
	Whole    bool           `json:"whole,omitempty"` // the page is to come with the answer
}

// requests is the body of a message of a replica to the one that leads.
type requests struct {
	Fetch []request `json:"fetch,omitempty"`
	Left  []uint64  `json:"left,omitempty"` // nobody waits for these any more
}

// answer is what has come of a request. One of Fetched, Refused and Failed is true
// or not empty.
type answer struct {
	ID      uint64       `json:"id"`
	Fetched bool         `json:"fetched,omitempty"` // the page is in the tier that all share
	Asked   bool         `json:"asked,omitempty"`   // upstream was
	Led     bool         `json:"led,omitempty"`     // for this waiter
	Page    []byte       `json:"page,omitempty"`    // its record, if it was asked for
	Refused quota.Reason `json:"refused,omitempty"`
	Failed  string       `json:"failed,omitempty"` // why upstream did
	After   int64        `json:"after,omitempty"`  // when to try again, in ms
}

// answers is the body of a message of the replica that leads to another.
type answers struct {
	To      string   `json:"to"`
	Answers []answer `json:"answers"`
}

// result is an answer to who waits for it.
func (a answer) result() (Fetched, error) {
	after := time.Duration(max(a.After, 0)) * time.Millisecond
	switch {
	case a.Refused != "":
		return Fetched{}, &quota.RefusedError{Reason: a.Refused, RetryAfter: max(after, time.Second)}
	case !a.Fetched:
		return Fetched{}, &FailedError{Reason: a.Failed, Pause: min(after, longestPause)}
	}
	f := Fetched{Asked: a.Asked, Led: a.Led}
	if len(a.Page) > 0 {
		f.Entry = decode(a.Page)
	}
	return f, nil
}

func decode(page []byte) *cache.Entry {
	e, err := record.Decode(page)
	if err != nil {
		return nil
	}
	return e
}

// longestPause bounds what another replica can have this one wait for.
const longestPause = time.Hour

// pending is what this replica has asked and was not answered. Each request is sent
// again now and then until it is: so whoever leads knows that somebody still waits,
// and who leads next hears of it. It is a plain state machine.
type pending struct {
	last uint64
	all  map[uint64]*waiting
	left []uint64
}

// waiting is one request that is not answered.
type waiting struct {
	request
	deadline time.Time
	newer    time.Time // zero: whatever is fresh will do
	sent     time.Time // zero: it is to be sent
	answered chan answer
}

// resendAfter is how long a request waits before it is sent again.
const resendAfter = time.Second

// batch is how many requests one message has at most.
const batch = 64

// newPending begins with a number that no earlier process of this replica has used.
func newPending() pending { return pending{last: rand.Uint64() >> 16, all: make(map[uint64]*waiting)} }

func (p *pending) add(page Resource, w quota.Waiter, newer time.Time, whole bool) *waiting {
	p.last++
	r := &waiting{
		request: request{
			ID: p.last, Key: []byte(page.Key), Target: []byte(page.Target), Accept: []byte(page.Accept),
			Client: w.Client, Priority: w.Priority, Whole: whole,
		},
		deadline: w.Deadline, newer: newer, answered: make(chan answer, 1),
	}
	p.all[r.ID] = r
	return r
}

// remove forgets a request for which nobody waits any more.
func (p *pending) remove(r *waiting) {
	if p.all[r.ID] != r {
		return // it was answered
	}
	delete(p.all, r.ID)
	if !r.sent.IsZero() {
		p.left = append(p.left, r.ID)
	}
}

// again has everything sent once more: somebody else leads.
func (p *pending) again() {
	for _, r := range p.all {
		r.sent = time.Time{}
	}
}

// take returns what is to be sent now, one message at most.
func (p *pending) take(now time.Time) (m requests) {
	for _, r := range p.all {
		if len(m.Fetch) == batch {
			break
		}
		if r.sent.IsZero() || now.Sub(r.sent) >= resendAfter {
			r.sent = now
			r.Wait = max(r.deadline.Sub(now).Milliseconds(), 0)
			if !r.newer.IsZero() {
				age := now.Sub(r.newer).Milliseconds()
				r.Age = &age
			}
			m.Fetch = append(m.Fetch, r.request)
		}
	}
	m.Left, p.left = p.left, nil
	return m
}

// answer hands an answer to who waits for it, if anybody does.
func (p *pending) answer(a answer) {
	if r := p.all[a.ID]; r != nil {
		delete(p.all, a.ID)
		r.answered <- a
	}
}
