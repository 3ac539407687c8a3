package fetch

import (
	"sync"

	"perigee/proxy/quota"
)

// call is one fetch under way, as those see it who wait for it. The group's lock
// guards it until enter has returned for the first time.
type call struct {
	request *quota.FetchRequest
	granted chan struct{} // closed when it has its slot of the quota: waiting is worth it now
	once    sync.Once     // closes granted
}

// enter adds a waiter, to the quota's queue as well.
func (c *call) enter(gate *quota.Gate, w quota.Waiter) (leave func()) {
	if c.request == nil {
		c.request, c.granted = gate.NewFetchRequest(), make(chan struct{})
	}
	return c.request.Join(w)
}

// grant tells the waiters that the call has its slot: the patience of none ends it
// any more.
func (c *call) grant() { c.once.Do(func() { close(c.granted) }) }
