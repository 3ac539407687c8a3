package quota

import (
	"cmp"
	"container/list"
	"time"
)

const (
	// maxUnspent is how many clients are remembered that have asked and spent
	// nothing. So many leave each other no share to speak of.
	maxUnspent = 4096
	// retryGrace is how long a slot that has returned is kept for the clients that
	// were told to retry then, if they come first by right. Without it, a client that
	// ignores Retry-After and asks all the time would find every slot before they do.
	// It is counted from the return, so that those who never come back cost no more.
	retryGrace = 5 * time.Second
)

// usage is what each client has spent in the period, and which clients ask. Its
// size is bounded: clients that have spent by the slots of the period, the others
// by maxUnspent.
type usage struct {
	accounts map[string]*account
	asked    *list.List // of the *account that asked within the retention, the latest last
	unspent  int        // accounts that have spent nothing
}

// account is one client's. It is deleted when the client has neither spent within
// the period nor asked within the retention.
type account struct {
	client   string
	spent    int64         // micro-requests in the period
	underWay int           // requests under way that it is charged for
	seen     time.Time     // when it asked last
	place    *list.Element // in usage.asked; nil: it has not asked lately

	retryAt       time.Time // what it was told when it was rejected; zero: it was not, or has retried
	retryPriority Priority  // of what was rejected
	rejectedSince time.Time // when it was rejected first without a slot since; zero: it was not
}

func newUsage() *usage { return &usage{accounts: map[string]*account{}, asked: list.New()} }

// touch notes that a client asked. Hits do not count: only a fetch costs anything.
func (u *usage) touch(client string, now time.Time) {
	if client == "" {
		return
	}
	a := u.account(client)
	a.seen, a.retryAt = now, time.Time{}
	if a.place == nil {
		a.place = u.asked.PushBack(a)
	} else {
		u.asked.MoveToBack(a.place)
	}
	u.limitUnspent()
}

func (u *usage) account(client string) *account {
	a := u.accounts[client]
	if a == nil {
		a = &account{client: client}
		u.accounts[client] = a
		u.unspent++
	}
	return a
}

// limitUnspent forgets the clients that asked longest ago and spent nothing.
func (u *usage) limitUnspent() {
	for e := u.asked.Front(); e != nil && u.unspent > maxUnspent; e = u.asked.Front() {
		u.forget(e.Value.(*account))
	}
}

// expire forgets the clients that have not asked since.
func (u *usage) expire(since time.Time) {
	for e := u.asked.Front(); e != nil && !e.Value.(*account).seen.After(since); e = u.asked.Front() {
		u.forget(e.Value.(*account))
	}
}

// forget forgets that a client has asked.
func (u *usage) forget(a *account) {
	u.asked.Remove(a.place)
	a.place = nil
	u.deleteIfBlank(a)
}

func (u *usage) deleteIfBlank(a *account) {
	if a.spent == 0 && a.place == nil {
		delete(u.accounts, a.client)
		u.unspent--
	}
}

// oldest is when the client asked that has not asked for the longest time; zero if
// none is remembered.
func (u *usage) oldest() time.Time {
	if e := u.asked.Front(); e != nil {
		return e.Value.(*account).seen
	}
	return time.Time{}
}

// add counts charges of a request. underWay is 1 if it is under way, 0 if it has
// ended.
func (u *usage) add(charges []charge, underWay int) {
	for _, c := range charges {
		a := u.account(c.client)
		if a.spent == 0 {
			u.unspent--
		}
		a.spent += c.micro
		a.underWay += underWay
	}
}

// remove takes charges back: their slot has returned, nothing was sent, or the
// request has ended and is charged anew.
func (u *usage) remove(charges []charge, underWay int) {
	for _, c := range charges {
		a := u.accounts[c.client]
		if a == nil {
			continue
		}
		a.spent -= c.micro
		a.underWay -= underWay
		if a.spent == 0 {
			u.unspent++
			u.deleteIfBlank(a)
		}
	}
	u.limitUnspent()
}

// of returns the account of a client, a blank one if none is kept.
func (u *usage) of(client string) account {
	if a := u.accounts[client]; a != nil {
		return *a
	}
	return account{}
}

// active is how many clients have asked or spent. client counts in any case.
func (u *usage) active(client string) int {
	n := len(u.accounts)
	if client != "" && u.accounts[client] == nil {
		n++
	}
	return n
}

// rejected notes that a client was told to retry at that time.
func (u *usage) rejected(client string, retryAt, now time.Time, p Priority) {
	a := u.accounts[client]
	if a == nil {
		return
	}
	a.retryAt, a.retryPriority = retryAt, p
	if a.rejectedSince.IsZero() {
		a.rejectedSince = now
	}
}

// served notes that clients got what they asked for.
func (u *usage) served(charges []charge) {
	for _, c := range charges {
		a := u.accounts[c.client]
		a.retryAt, a.rejectedSince = time.Time{}, time.Time{}
	}
}

// claim decides who comes first: the more urgent, then who has spent least in the
// period (max-min fairness), then who was rejected or has waited for longest.
type claim struct {
	priority Priority
	spent    int64
	since    time.Time
}

// compare is negative if c comes before d.
func (c claim) compare(d claim) int {
	return cmp.Or(cmp.Compare(c.priority, d.priority), cmp.Compare(c.spent, d.spent), c.since.Compare(d.since))
}

// claim is the best that any client has that waits for r.
func (u *usage) claim(r *fetchRequest) claim {
	best := claim{priority: r.priority, since: r.asked}
	for i, client := range r.clients.charged() {
		c := claim{priority: r.priority, since: r.asked}
		if a := u.accounts[client]; a != nil {
			c.spent = a.spent
			if !a.rejectedSince.IsZero() {
				c.since = a.rejectedSince
			}
		}
		if i == 0 || c.compare(best) < 0 {
			best = c
		}
	}
	return best
}

// retrying counts the clients that were told to retry after from and not after to,
// have not done so, and come before mine. It counts to most at most.
func (u *usage) retrying(mine claim, from, to time.Time, most int) int {
	n := 0
	for e := u.asked.Front(); e != nil && n < most; e = e.Next() {
		a := e.Value.(*account)
		if !a.retryAt.After(from) || a.retryAt.After(to) {
			continue
		}
		if (claim{priority: a.retryPriority, spent: a.spent, since: a.rejectedSince}).compare(mine) <= 0 {
			n++
		}
	}
	return n
}
