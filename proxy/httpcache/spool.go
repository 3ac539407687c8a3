package httpcache

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

var (
	errAbandoned = errors.New("nobody reads the body, and it is too long to be stored")
	errTooSlow   = errors.New("a reader held up others")
	errTooLong   = errors.New("the body is longer than its Content-Length")
	errClosed    = errors.New("the body was closed")
)

// smallBody is how long bodies are that have a part of the memory for themselves, so
// that those who read long ones slowly do not keep pages from being stored and shared.
const smallBody = 256 << 10

// budgets bound, in bytes, what is kept on the side of all bodies on their way
// together.
type budgets struct {
	small, large budget
	joining      sync.Mutex // held by the one who makes one piece of a body
}

// set divides n bytes among them. It is called once.
func (b *budgets) set(n int64) {
	b.small.give(n / 4)
	b.large.give(n - n/4)
}

// of is the budget for a body that is so long.
func (b *budgets) of(length int64) *budget {
	if length <= smallBody {
		return &b.small
	}
	return &b.large
}

// budget is a number of bytes that may be taken. It is safe for concurrent use.
type budget struct{ left atomic.Int64 }

// take takes n bytes, or nothing if there are not so many left.
func (b *budget) take(n int64) bool {
	if b.left.Add(-n) >= 0 {
		return true
	}
	b.left.Add(n)
	return false
}

func (b *budget) give(n int64) { b.left.Add(n) }

// spool is a body on its way from upstream. One goroutine writes it, and all whom it
// answers read along, each at its own pace and from its beginning: while all of it is
// kept, nobody waits for anybody. What turns out to be longer than may be kept goes
// on as a stream with a window, as fast as the slowest of its readers. It is safe for
// concurrent use.
type spool struct {
	budgets *budgets
	length  int64 // -1: not known
	limit   int64 // of what is kept

	mu      sync.Mutex    // guards the fields below
	changed chan struct{} // closed when one of them changes; nil: nobody waits for that
	blocks  [][]byte      // what has come and is kept; the last is written to, behind its length
	first   int64         // the offset of blocks
	size    int64         // how much has come
	budget  *budget       // of a body that is as long as this one is by now
	taken   int64         // of the budget
	readers map[*spoolReader]struct{}
	state   spoolState
	err     error // why it is broken
	trailer http.Header
}

// spoolState is how far a body has come.
type spoolState uint8

const (
	coming    spoolState = iota // and all of it is kept
	streaming                   // and it is not kept
	whole                       // all of it is there, and stored if it may be
	passed                      // all of it has come, and it was not kept
	broken
)

// newSpool returns an empty spool, nil if the body is known to be too long or there
// is no memory for it. Length is -1 if it is not known.
func newSpool(b *budgets, length, limit int64) *spool {
	s := &spool{budgets: b, length: length, limit: limit, budget: b.of(length), readers: make(map[*spoolReader]struct{})}
	if length > limit || length > 0 && !s.budget.take(length) {
		return nil
	}
	if length > 0 {
		s.taken, s.blocks = length, [][]byte{make([]byte, 0, length)}
	}
	return s
}

// room returns where to read more of the body into. It waits only while the body is
// not kept and has readers that are behind.
func (s *spool) room(ctx context.Context) ([]byte, error) {
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
		if s.state == coming && !s.grow() {
			s.state = streaming
			s.trim()
			s.notify()
		}
		if s.state == streaming {
			if err := s.awaitReaders(ctx); err != nil {
				return nil, err
			}
			s.blocks = append(s.blocks, make([]byte, 0, window/4))
		}
	}
}

// grow makes room for more that is kept, and reports whether it may.
func (s *spool) grow() bool {
	n := min(max(s.size, minBlock), maxBlock, s.limit+1-s.size)
	if s.size > s.limit || !s.take(s.taken+n) {
		return false
	}
	s.blocks = append(s.blocks, make([]byte, 0, n))
	return true
}

// awaitReaders waits until the slowest reader is near. One that holds up others for
// long is cut off.
func (s *spool) awaitReaders(ctx context.Context) error {
	timer := time.NewTimer(maxHoldUp)
	defer timer.Stop()
	for {
		if len(s.readers) == 0 {
			return errAbandoned
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
func (s *spool) slowest() int64 {
	at := s.size
	for r := range s.readers {
		at = min(at, r.offset)
	}
	return at
}

// cutOff removes the readers that are behind, if another has read all there is.
func (s *spool) cutOff() {
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
func (s *spool) trim() {
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
		s.budget.give(n)
	}
}

// wrote says that n bytes were read into the room.
func (s *spool) wrote(n int) error {
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

// body returns the whole body once it has come, false if it was not kept.
func (s *spool) body() ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != coming || s.size > s.limit {
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
	s.budget.give(s.taken - s.size)
	s.taken, s.blocks = s.size, [][]byte{all}
	return all, true
}

// take takes from the budgets until n bytes are taken, all from the one for so many.
func (s *spool) take(n int64) bool {
	b := s.budgets.of(n)
	if b == s.budget {
		if !b.take(n - s.taken) {
			return false
		}
	} else {
		if !b.take(n) {
			return false
		}
		s.budget.give(s.taken)
	}
	s.budget, s.taken = b, n
	return true
}

// end says that no more comes: all of it is there, or err says what is wrong.
func (s *spool) end(state spoolState, err error, trailer http.Header) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.err, s.trailer = state, err, trailer
	s.notify()
	s.release()
}

// release gives back what is of no use to anybody.
func (s *spool) release() {
	if s.state >= whole && len(s.readers) == 0 {
		s.budget.give(s.taken)
		s.taken, s.blocks = 0, nil
	}
}

// watched reports whether the body is waited for, or has an end that will come: else
// nobody would notice if it never ended.
func (s *spool) watched() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.length >= 0 || len(s.readers) > 0
}

// settle waits until it is known what becomes of the body, or enough has come, or
// patience has ended, and returns how far it is.
func (s *spool) settle(ctx context.Context, patience time.Duration, enough int64) spoolState {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.state == coming && s.size < enough {
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

// passes says why the body is not kept.
func (s *spool) passes() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.trailer) > 0 {
		return "trailers"
	}
	return "too-large"
}

// wait returns what is closed when something changes.
func (s *spool) wait() <-chan struct{} {
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

func (s *spool) notify() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}
