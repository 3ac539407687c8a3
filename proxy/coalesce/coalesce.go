// Package coalesce runs one call for all who want its result at the same time.
//
// It is x/sync/singleflight for calls that belong to no caller. A call has a
// context of its own, so that no caller ends it for the others by leaving; callers
// share state with it, such as how urgent it is; a panic becomes an error; and
// Close ends all calls and waits for them.
package coalesce

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"golang.org/x/sync/singleflight"
)

// ErrClosed is why a closed Group runs nothing. The error of a call that Close
// ended wraps it.
var ErrClosed = errors.New("coalesce: closed")

// errExited is the result of a call whose function ended its goroutine.
var errExited = errors.New("coalesce: the call exited without a result")

// Options tell what a Group does. The functions are called with the Group locked,
// but for Panicked: they must be quick and must not use the Group.
type Options struct {
	// Started and Ended are called for each call. Either may be nil.
	Started, Ended func()
	// Panicked gets what a call panicked with. It may be nil.
	Panicked func(key string, value any, stack []byte)
}

// Group runs calls, at most one for each key at a time. S is what a call shares
// with its callers, R its result. It is safe for concurrent use.
type Group[S, R any] struct {
	options Options
	life    context.Context // of every call; ends with Close
	end     context.CancelFunc
	running sync.WaitGroup
	single  singleflight.Group

	mu     sync.Mutex // guards the fields below, and keeps them in step with single
	calls  map[string]*shared[S]
	closed bool
}

// shared is the part of a call that all its callers have in common.
type shared[S any] struct {
	state  S
	done   chan struct{} // closed when it has ended
	exited bool          // it ended without a result; written before done is closed
}

// Call is one caller's handle of a call. It is safe for concurrent use.
type Call[S, R any] struct {
	shared *shared[S]
	result func() (R, error)
}

// NewGroup returns a Group without calls.
func NewGroup[S, R any](o Options) *Group[S, R] {
	g := &Group[S, R]{options: o, calls: make(map[string]*shared[S])}
	g.life, g.end = context.WithCancel(context.Background())
	return g
}

// Join joins the call under way for key, or starts one with run, and reports
// whether it did. It does not wait. The error is ErrClosed or nil.
//
// Before that, and before the call can end, enter gets the call's state, which of a
// new call is the zero value: there a caller makes known what it wants. If nil,
// there is nothing to make known. Calls of enter never overlap, but they may
// overlap with run, so that what both use in the state needs its own lock. Enter
// must be quick and must not use the Group.
//
// Run gets a context that ends with Close. What it returns is shared by all
// callers.
func (g *Group[S, R]) Join(
	key string, enter func(state *S), run func(ctx context.Context, state *S) (R, error),
) (c *Call[S, R], started bool, err error) {
	// Joining and ending both happen under this lock: who does not find the call
	// here starts a new one, and never gets the result of one that had ended.
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, false, ErrClosed
	}
	s := g.calls[key]
	if s == nil {
		started = true
		s = &shared[S]{done: make(chan struct{}), exited: true}
		g.calls[key] = s
		g.running.Add(1)
		if g.options.Started != nil {
			g.options.Started()
		}
	}
	if enter != nil {
		enter(&s.state)
	}
	results := g.single.DoChan(key, func() (any, error) {
		defer g.leave(key, s)
		r, err := g.contain(key, func() (R, error) { return run(g.life, &s.state) })
		s.exited = false
		return r, err
	})
	return &Call[S, R]{s, sync.OnceValues(func() (R, error) { return await[R](s.done, &s.exited, results) })}, started, nil
}

// contain makes a panic in f an error: singleflight would raise it again on a
// goroutine of its own, where it ends the process.
func (g *Group[S, R]) contain(key string, f func() (R, error)) (r R, err error) {
	defer func() {
		if p := recover(); p != nil {
			if g.options.Panicked != nil {
				g.options.Panicked(key, p, debug.Stack())
			}
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if r, err = f(); err != nil && g.life.Err() != nil {
		err = fmt.Errorf("%w: %w", ErrClosed, err)
	}
	return r, err
}

// leave takes the call of key out, so that nobody joins it any more.
func (g *Group[S, R]) leave(key string, s *shared[S]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.calls, key)
	g.single.Forget(key)
	close(s.done)
	if g.options.Ended != nil {
		g.options.Ended()
	}
	g.running.Done()
}

// await returns the result of a call that has ended or will.
func await[R any](done <-chan struct{}, exited *bool, results <-chan singleflight.Result) (r R, err error) {
	<-done
	if *exited {
		return r, errExited // singleflight hands out nothing then
	}
	result := <-results
	r, _ = result.Val.(R)
	return r, result.Err
}

// Close ends the contexts of all calls and waits for them. Nothing is joined or
// started any more.
func (g *Group[S, R]) Close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.end()
	g.running.Wait()
}

// State is what the call shares with its callers.
func (c *Call[S, R]) State() *S { return &c.shared.state }

// Done is closed when the call has ended.
func (c *Call[S, R]) Done() <-chan struct{} { return c.shared.done }

// Result returns what the call returned. It waits for the end of the call. Of one
// that panicked the result is an error.
func (c *Call[S, R]) Result() (R, error) { return c.result() }

// Wait returns the result, or the error of ctx when that ends first. The call goes
// on then.
func (c *Call[S, R]) Wait(ctx context.Context) (r R, err error) {
	select {
	case <-c.Done():
		return c.Result()
	case <-ctx.Done():
		return r, ctx.Err()
	}
}
