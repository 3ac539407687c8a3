package disk

import (
	"errors"
	"sync"
	"time"
)

// MaxCalls is how many calls may be in the file system at once. Each can take a
// thread of the operating system, and a medium that hangs keeps it.
const MaxCalls = 64

// errSlow is the error of a call that the medium did not answer in time.
var errSlow = errors.New("no answer in time")

// calls bounds how long anybody waits for the file system. A call into it cannot
// be interrupted, it can only be left behind: a bounded number of them.
type calls struct {
	timeout time.Duration
	slots   chan struct{}
	running sync.WaitGroup
}

func newCalls(timeout time.Duration, most int) *calls {
	return &calls{timeout: timeout, slots: make(chan struct{}, most)}
}

// within returns what f returns, or false when that takes too long: f may still
// run then, or may never have begun.
func within[T any](c *calls, f func() T) (result T, ok bool) {
	timer := time.NewTimer(c.timeout)
	defer timer.Stop()
	select {
	case c.slots <- struct{}{}:
	case <-timer.C:
		return result, false
	}
	done := make(chan T, 1)
	c.running.Go(func() {
		defer func() { <-c.slots }()
		done <- f()
	})
	select {
	case result = <-done:
		return result, true
	case <-timer.C:
		return result, false
	}
}

// wait waits for calls that were left behind. It reports false if there are some
// even then.
func (c *calls) wait() bool {
	done := make(chan struct{})
	go func() { // ends with the last of them
		c.running.Wait()
		close(done)
	}()
	timer := time.NewTimer(c.timeout)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
