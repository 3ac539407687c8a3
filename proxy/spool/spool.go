// Package spool is for bodies on their way from upstream that many clients read, each
// at its own pace, while they are kept to be stored. It bounds what is kept.
package spool

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of bodies on their way.
const (
	minBlock   = 4 << 10
	maxBlock   = 1 << 20
	window     = 256 << 10        // what is under way of a body that is not kept
	maxHoldUp  = 10 * time.Second // how long one who reads such a body holds up others
	scratchLen = 512
)

// ErrAbandoned is why there is no room for more of a body that is not kept.
var ErrAbandoned = errors.New("nobody reads the body, and it is too long to be stored")

var (
	errTooSlow = errors.New("a reader held up others")
	errTooLong = errors.New("the body is longer than its Content-Length")
	errClosed  = errors.New("the body was closed")
)

// smallBody is how long bodies are that have a part of the memory for themselves, so
// that those who read long ones slowly do not keep pages from being stored and shared.
const smallBody = 256 << 10

// Budgets bound, in bytes, what is kept on the side of all bodies on their way
// together.
type Budgets struct {
	small, large Budget
	joining      sync.Mutex // held by the one who makes one piece of a body
}

// Set divides n bytes among them. It is called once.
func (b *Budgets) Set(n int64) {
	b.small.Give(n / 4)
	b.large.Give(n - n/4)
}

// Of is the budget for a body that is so long.
func (b *Budgets) Of(length int64) *Budget {
	if length <= smallBody {
		return &b.small
	}
	return &b.large
}

// Budget is a number of bytes that may be taken. It is safe for concurrent use.
type Budget struct{ left atomic.Int64 }

// Take takes n bytes, or nothing if there are not so many left.
func (b *Budget) Take(n int64) bool {
	if b.left.Add(-n) >= 0 {
		return true
	}
	b.left.Add(n)
	return false
}

// Give gives n bytes back, or for the first time.
func (b *Budget) Give(n int64) { b.left.Add(n) }

// Spool is a body on its way from upstream. One goroutine writes it, and all whom it
// answers read along, each at its own pace and from its beginning: while all of it is
// kept, nobody waits for anybody. What turns out to be longer than may be kept goes
// on as a stream with a window, as fast as the slowest of its readers. It is safe for
// concurrent use.
type Spool struct {
	budgets *Budgets
	length  int64 // -1: not known
	limit   int64 // of what is kept

	mu      sync.Mutex    // guards the fields below
	changed chan struct{} // closed when one of them changes; nil: nobody waits for that
	blocks  [][]byte      // what has come and is kept; the last is written to, behind its length
	first   int64         // the offset of blocks
	size    int64         // how much has come
	budget  *Budget       // of a body that is as long as this one is by now
	taken   int64         // of the budget
	readers map[*Reader]struct{}
	state   State
	err     error // why it is broken
	trailer http.Header
}

// State is how far a body has come.
type State uint8

// The states.
const (
	Coming    State = iota // and all of it is kept
	Streaming              // and it is not kept
	Whole                  // all of it is there, and stored if it may be
	Passed                 // all of it has come, and it was not kept
	Broken                 // it has broken off
)

// New returns an empty spool, nil if the body is known to be too long or there
// is no memory for it. Length is -1 if it is not known.
func New(b *Budgets, length, limit int64) *Spool {
	s := &Spool{budgets: b, length: length, limit: limit, budget: b.Of(length), readers: make(map[*Reader]struct{})}
	if length > limit || length > 0 && !s.budget.Take(length) {
		return nil
	}
	if length > 0 {
		s.taken, s.blocks = length, [][]byte{make([]byte, 0, length)}
	}
	return s
}

// Room returns where to read more of the body into. It waits only while the body is
// not kept and has readers that are behind.
func (s *Spool) Room(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if n := len(s.blocks); n > 0 {
			if last := s.blocks[n-1]; len(last) < cap(last) {
				return last[len(last):cap(last)], nil
			}
		}
		if s.length >= 0 {
			return make([]byte, scratchLen), nil // for the end, which is all that comes
		}
		if s.state == Coming && !s.grow() {
			s.state = Streaming
			s.trim()
			s.notify()
		}
		if s.state == Streaming {
			if err := s.awaitReaders(ctx); err != nil {
				return nil, err
			}
			s.blocks = append(s.blocks, make([]byte, 0, window/4))
		}
	}
}

// grow makes room for more that is kept, and reports whether it may.
func (s *Spool) grow() bool {
	n := min(max(s.size, minBlock), maxBlock, s.limit+1-s.size)
	if s.size > s.limit || !s.take(s.taken+n) {
		return false
	}
	s.blocks = append(s.blocks, make([]byte, 0, n))
	return true
}

// awaitReaders waits until the slowest reader is near. One that holds up others for
// long is cut off.
func (s *Spool) awaitReaders(ctx context.Context) error {
	timer := time.NewTimer(maxHoldUp)
	defer timer.Stop()
	for {
		if len(s.readers) == 0 {
			return ErrAbandoned
		}
		if s.size-s.slowest() < window {
			return nil
		}
		changed := s.wait()
		s.mu.Unlock()
		slow := false
		select {
		case <-changed:
		case <-timer.C:
			slow = true
		case <-ctx.Done():
		}
		s.mu.Lock()
		if err := ctx.Err(); err != nil {
			return err
		}
		if slow {
			s.cutOff()
			timer.Reset(maxHoldUp)
		}
	}
}

// slowest is the offset of the slowest reader.
func (s *Spool) slowest() int64 {
	at := s.size
	for r := range s.readers {
		at = min(at, r.offset)
	}
	return at
}

// cutOff removes the readers that are behind, if another has read all there is.
func (s *Spool) cutOff() {
	waits := false
	for r := range s.readers {
		waits = waits || r.offset == s.size
	}
	for r := range s.readers {
		if waits && s.size-r.offset >= window {
			r.err = errTooSlow
			delete(s.readers, r)
		}
	}
	s.trim()
	s.notify()
}

// trim drops the blocks that all readers have, of a body that is not kept.
func (s *Spool) trim() {
	at := s.slowest()
	for len(s.blocks) > 0 {
		b := s.blocks[0]
		if len(b) < cap(b) || s.first+int64(len(b)) > at {
			return
		}
		s.first += int64(len(b))
		s.blocks[0] = nil
		s.blocks = s.blocks[1:]
		n := min(s.taken, int64(cap(b)))
		s.taken -= n
		s.budget.Give(n)
	}
}

// Length is that of the body, -1 if it is not known.
func (s *Spool) Length() int64 { return s.length }

// Wrote says that n bytes were read into the room.
func (s *Spool) Wrote(n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n == 0 {
		return nil
	}
	last := len(s.blocks) - 1
	if last < 0 || len(s.blocks[last])+n > cap(s.blocks[last]) {
		return errTooLong
	}
	s.blocks[last] = s.blocks[last][:len(s.blocks[last])+n]
	s.size += int64(n)
	s.notify()
	return nil
}

// Body returns the whole body once it has come, false if it was not kept.
func (s *Spool) Body() ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != Coming || s.size > s.limit {
		return nil, false
	}
	if len(s.blocks) == 1 && len(s.blocks[0]) == cap(s.blocks[0]) {
		return s.blocks[0], true
	}
	s.budgets.joining.Lock() // for a moment both are there, of one body at a time
	defer s.budgets.joining.Unlock()
	all := make([]byte, 0, s.size)
	for _, b := range s.blocks {
		all = append(all, b...)
	}
	s.budget.Give(s.taken - s.size)
	s.taken, s.blocks = s.size, [][]byte{all}
	return all, true
}

// take takes from the budgets until n bytes are taken, all from the one for so many.
func (s *Spool) take(n int64) bool {
	b := s.budgets.Of(n)
	if b == s.budget {
		if !b.Take(n - s.taken) {
			return false
		}
	} else {
		if !b.Take(n) {
			return false
		}
		s.budget.Give(s.taken)
	}
	s.budget, s.taken = b, n
	return true
}

// End says that no more comes: all of it is there, or err says what is wrong.
func (s *Spool) End(state State, err error, trailer http.Header) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.err, s.trailer = state, err, trailer
	s.notify()
	s.release()
}

// release gives back what is of no use to anybody.
func (s *Spool) release() {
	if s.state >= Whole && len(s.readers) == 0 {
		s.budget.Give(s.taken)
		s.taken, s.blocks = 0, nil
	}
}

// Watched reports whether the body is waited for, or has an end that will come: else
// nobody would notice if it never ended.
func (s *Spool) Watched() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.length >= 0 || len(s.readers) > 0
}

// Settle waits until it is known what becomes of the body, or enough has come, or
// patience has ended, and returns how far it is.
func (s *Spool) Settle(ctx context.Context, patience time.Duration, enough int64) State {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.state == Coming && s.size < enough {
		changed := s.wait()
		s.mu.Unlock()
		ended := false
		select {
		case <-changed:
		case <-timer.C:
			ended = true
		case <-ctx.Done():
			ended = true
		}
		s.mu.Lock()
		if ended {
			break
		}
	}
	return s.state
}

// Passes says why the body is not kept.
func (s *Spool) Passes() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.trailer) > 0 {
		return "trailers"
	}
	return "too-large"
}

// wait returns what is closed when something changes.
func (s *Spool) wait() <-chan struct{} {
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

func (s *Spool) notify() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}
