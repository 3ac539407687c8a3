package spool

import (
	"context"
	"io"
	"maps"
	"net/http"
)

// Reader is one reader of a spool. It belongs to one goroutine. It must be
// closed.
type Reader struct {
	spool  *Spool
	ctx    context.Context // of the one who reads
	offset int64           // guarded by spool.mu, like the fields below
	end    int64           // -1: that of the body
	err    error           // why it reads no more
	resp   *http.Response  // that gets the trailer; may be nil
}

// Join returns a reader for a client whose context is ctx, false if the beginning of
// the body is gone.
func (s *Spool) Join(ctx context.Context) (*Reader, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != Coming && s.state != Whole {
		return nil, false
	}
	r := &Reader{spool: s, ctx: ctx, end: -1}
	s.readers[r] = struct{}{}
	return r, true
}

// Response is resp with a reader in place of its body, and a header of its own.
func (s *Spool) Response(ctx context.Context, resp *http.Response) *http.Response {
	r, _ := s.Join(ctx)
	copied := *resp
	copied.Header = maps.Clone(resp.Header)
	r.resp, copied.Body = &copied, r
	return &copied
}

// Spool is what it reads.
func (r *Reader) Spool() *Spool { return r.spool }

// Answers says which response gets the trailer when all has been read.
func (r *Reader) Answers(resp *http.Response) { r.resp = resp }

// Cut leaves only the bytes from start up to end.
func (r *Reader) Cut(start, end int64) {
	r.spool.mu.Lock()
	defer r.spool.mu.Unlock()
	r.offset, r.end = start, end
}

// Read reads what has come, and waits if that is nothing.
func (r *Reader) Read(p []byte) (int, error) {
	s := r.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case r.err != nil:
			return 0, r.err
		case r.offset == r.end:
			return 0, io.EOF
		case r.offset < s.size:
			return r.copy(p), nil
		case s.state == Broken:
			return 0, s.err
		case s.state >= Whole:
			if r.resp != nil {
				r.resp.Trailer = s.trailer
			}
			return 0, io.EOF
		}
		changed := s.wait()
		s.mu.Unlock()
		select {
		case <-changed:
		case <-r.ctx.Done():
		}
		s.mu.Lock()
		if err := r.ctx.Err(); err != nil && r.err == nil {
			r.err = err
		}
	}
}

// copy copies what is there into p.
func (r *Reader) copy(p []byte) int {
	s := r.spool
	if r.end >= 0 {
		p = p[:min(int64(len(p)), r.end-r.offset)]
	}
	at := s.first
	for _, b := range s.blocks {
		if r.offset < at+int64(len(b)) {
			n := copy(p, b[r.offset-at:])
			r.offset += int64(n)
			if s.state == Streaming {
				s.trim()
				s.notify()
			}
			return n
		}
		at += int64(len(b))
	}
	return 0
}

// Close ends the reading.
func (r *Reader) Close() error {
	s := r.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.readers[r]; ok {
		delete(s.readers, r)
		r.err = errClosed
		if s.state == Streaming {
			s.trim()
		}
		s.notify()
		s.release()
	}
	return nil
}
