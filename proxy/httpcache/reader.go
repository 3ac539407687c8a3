package httpcache

import (
	"context"
	"io"
	"maps"
	"net/http"
)

// spoolReader is one reader of a spool. It belongs to one goroutine. It must be
// closed.
type spoolReader struct {
	spool  *spool
	ctx    context.Context // of the one who reads
	offset int64           // guarded by spool.mu, like the fields below
	end    int64           // -1: that of the body
	err    error           // why it reads no more
	resp   *http.Response  // that gets the trailer; may be nil
}

// read returns a reader for a client whose context is ctx, false if the beginning of
// the body is gone.
func (s *spool) read(ctx context.Context) (*spoolReader, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != coming && s.state != whole {
		return nil, false
	}
	r := &spoolReader{spool: s, ctx: ctx, end: -1}
	s.readers[r] = struct{}{}
	return r, true
}

// response is resp with a reader in place of its body, and a header of its own.
func (s *spool) response(ctx context.Context, resp *http.Response) *http.Response {
	r, _ := s.read(ctx)
	copied := *resp
	copied.Header = maps.Clone(resp.Header)
	r.resp, copied.Body = &copied, r
	return &copied
}

// cut leaves only the bytes from start up to end.
func (r *spoolReader) cut(start, end int64) {
	r.spool.mu.Lock()
	defer r.spool.mu.Unlock()
	r.offset, r.end = start, end
}

// Read reads what has come, and waits if that is nothing.
func (r *spoolReader) Read(p []byte) (int, error) {
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
		case s.state == broken:
			return 0, s.err
		case s.state >= whole:
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
func (r *spoolReader) copy(p []byte) int {
	s := r.spool
	if r.end >= 0 {
		p = p[:min(int64(len(p)), r.end-r.offset)]
	}
	at := s.first
	for _, b := range s.blocks {
		if r.offset < at+int64(len(b)) {
			n := copy(p, b[r.offset-at:])
			r.offset += int64(n)
			if s.state == streaming {
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
func (r *spoolReader) Close() error {
	s := r.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.readers[r]; ok {
		delete(s.readers, r)
		r.err = errClosed
		if s.state == streaming {
			s.trim()
		}
		s.notify()
		s.release()
	}
	return nil
}
