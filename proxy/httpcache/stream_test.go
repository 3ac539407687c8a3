package httpcache_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy/httpcache"
)

// trickle is an upstream whose bodies come in pieces, one after each pause, as long as
// the request lasts. It is a transport.
type trickle struct {
	pieces []string
	pause  time.Duration
	length bool  // it is announced
	fails  error // in place of the end
	fields []string
	asked  atomic.Int32
	ended  atomic.Int32 // bodies that came to an end of any kind
}

func (u *trickle) RoundTrip(r *http.Request) (*http.Response, error) {
	u.asked.Add(1)
	pieces, pause := u.pieces, u.pause
	body, w := io.Pipe()
	context.AfterFunc(r.Context(), func() { w.CloseWithError(r.Context().Err()) })
	go func() {
		defer u.ended.Add(1)
		for i, piece := range pieces {
			if i > 0 {
				select {
				case <-time.After(pause):
				case <-r.Context().Done():
					return
				}
			}
			if _, err := io.WriteString(w, piece); err != nil {
				return
			}
		}
		w.CloseWithError(u.fails)
	}()
	rec := httptest.NewRecorder()
	says(200, "", u.fields...)(rec, r)
	resp := rec.Result()
	resp.Request, resp.Body, resp.ContentLength = r, body, -1
	if u.length {
		resp.ContentLength = int64(len(strings.Join(u.pieces, "")))
	}
	return resp, nil
}

// client is one that notes when what comes, and takes its time for each piece.
type client struct {
	mu     sync.Mutex // guards the fields below
	header http.Header
	status int
	body   bytes.Buffer
	first  time.Duration // until the first byte
	last   time.Duration
	start  time.Time
	slow   time.Duration
}

func (c *client) Header() http.Header { return c.header }
func (c *client) WriteHeader(s int)   { c.status = s }
func (c *client) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.body.Len() > 100_000 { // by then ReverseProxy waits for no lock: simulated time would stand still
		time.Sleep(c.slow)
	}
	if c.last = time.Since(c.start); c.body.Len() == 0 {
		c.first = c.last
	}
	return c.body.Write(b)
}

// ask has a client ask, and returns it when it has its answer.
func (r *rig) ask(ctx context.Context, slow time.Duration, fields ...string) *client {
	c := &client{header: http.Header{}, start: time.Now(), slow: slow}
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/a?b=1", nil)
	for i := 0; i < len(fields); i += 2 {
		req.Header.Add(fields[i], fields[i+1])
	}
	r.h.ServeHTTP(c, req)
	return c
}

func pieces(n, length int) []string {
	p := make([]string, n)
	for i := range p {
		p[i] = strings.Repeat(string(rune('a'+i%26)), length)
	}
	return p
}

var storable = []string{"Cache-Control", "max-age=3600"}

// A body that might be stored was read whole before a byte of it went out, and had to
// come within the timeout: a slow and healthy file was a 504 for ever. Whoever asks
// meanwhile shares it.
func TestASlowBodyIsStreamedAndStored(t *testing.T) {
	for _, length := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			up := &trickle{pieces: pieces(10, 1000), pause: 20 * time.Second, length: length, fields: storable}
			want := strings.Join(up.pieces, "")
			r := newRig(t, httpcache.Options{Timeout: 30 * time.Second, Transport: up})
			var both sync.WaitGroup
			for i := range 2 {
				both.Go(func() {
					time.Sleep(time.Duration(i) * 90 * time.Second)
					c := r.ask(t.Context(), 0)
					if c.status != 200 || c.body.String() != want || c.first > time.Second || c.last != time.Duration(2-i)*90*time.Second {
						t.Errorf("client %d: %d, %d bytes from %v to %v", i, c.status, c.body.Len(), c.first, c.last)
					}
					if got := c.header.Get("Content-Length"); (got != "") != length {
						t.Errorf("client %d: Content-Length %q", i, got)
					}
				})
			}
			both.Wait()
			r.want(r.get(), 200, want, "hit")
			if up.asked.Load() != 1 {
				t.Errorf("upstream was asked %d times", up.asked.Load())
			}
		})
	}
}

// Conditions and ranges hold for a body that is still coming, where its length is known.
func TestARangeOfABodyThatIsComing(t *testing.T) {
	for _, tt := range []struct {
		length bool
		fields []string
		status int
		from   int
		to     int
	}{
		{true, []string{"Range", "bytes=1500-3499"}, 206, 1500, 3500},
		{true, []string{"Range", "bytes=0-1,5000-5001"}, 200, 0, 10000},
		{false, []string{"Range", "bytes=1500-3499"}, 200, 0, 10000},
		{false, []string{"If-None-Match", `"v"`}, 304, 0, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			up := &trickle{pieces: pieces(10, 1000), pause: time.Second, length: tt.length, fields: append([]string{"Etag", `"v"`}, storable...)}
			r := newRig(t, httpcache.Options{Transport: up})
			c := r.ask(t.Context(), 0, tt.fields...)
			if want := strings.Join(up.pieces, "")[tt.from:tt.to]; c.status != tt.status || c.body.String() != want {
				t.Errorf("%v: got %d with %d bytes, want %d with %d", tt.fields, c.status, c.body.Len(), tt.status, len(want))
			}
		})
	}
}

// A body that breaks off, or is silent for longer than the timeout, is never stored.
func TestABrokenOffBodyIsNeverStored(t *testing.T) {
	for name, up := range map[string]*trickle{
		"breaks off": {pieces: pieces(3, 1000), pause: time.Second, fails: io.ErrUnexpectedEOF},
		"is silent":  {pieces: pieces(3, 1000), pause: time.Minute},
	} {
		for _, up.length = range []bool{true, false} {
			t.Run(fmt.Sprint(name, up.length), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					up.asked.Store(0)
					up.fields = storable
					r := newRig(t, httpcache.Options{Timeout: 30 * time.Second, Transport: up})
					for range 2 {
						if c := r.ask(t.Context(), 0); c.body.Len() == 0 || c.body.Len() == 3000 && up.fails == nil {
							t.Errorf("got %d bytes", c.body.Len())
						}
					}
					if up.asked.Load() != 2 {
						t.Errorf("upstream was asked %d times", up.asked.Load())
					}
				})
			})
		}
	}
}

// A stream of events with a validator was kept until its end, which never comes.
func TestAStreamOfEventsIsForEachByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &trickle{pieces: pieces(5, 10), pause: time.Minute,
			fields: append([]string{"Content-Type", "text/event-stream; charset=utf-8", "Etag", `"v"`}, storable...)}
		r := newRig(t, httpcache.Options{Timeout: 10 * time.Second, Transport: up})
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if c := r.ask(t.Context(), 0); c.body.Len() != 50 || c.first > time.Second || !strings.Contains(c.header.Get("Cache-Status"), "event-stream") {
					t.Errorf("got %d bytes, the first after %v, %v", c.body.Len(), c.first, c.header)
				}
			})
			time.Sleep(time.Second)
		}
		all.Wait()
		if up.asked.Load() != 3 {
			t.Errorf("upstream was asked %d times", up.asked.Load())
		}
	})
}

// A body whose end nobody would notice ends when nobody reads it any more; one whose
// end is known is stored.
func TestABodyThatNobodyReads(t *testing.T) {
	for _, length := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			up := &trickle{pieces: pieces(100, 10), pause: 10 * time.Second, length: length, fields: storable}
			r := newRig(t, httpcache.Options{Timeout: 30 * time.Second, Transport: up})
			ctx, leave := context.WithTimeout(t.Context(), 15*time.Second)
			defer leave()
			r.ask(ctx, 0)
			time.Sleep(2 * time.Minute)
			if ended := up.ended.Load() == 1; ended == length {
				t.Errorf("two minutes after its client left a body has ended: %t, its length is known: %t", ended, length)
			}
			if time.Sleep(time.Hour); length {
				up.fields = nil // from here on nothing could be stored
				if c := r.ask(t.Context(), 0); !strings.Contains(c.header.Get("Cache-Status"), "fwd=stale") && up.asked.Load() != 1 {
					t.Errorf("upstream was asked %d times, %v", up.asked.Load(), c.header)
				}
			}
		})
	}
}

// Eighty storable bodies of 20 MB at once took gigabytes.
func TestBodiesUnderWayAreBoundedInSum(t *testing.T) {
	for _, length := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			up := &trickle{pieces: pieces(100, 10_000), pause: time.Second, length: length, fields: storable}
			r := newRig(t, httpcache.Options{Transport: up, MaxUnderway: 4_000_000})
			var all sync.WaitGroup
			stored := 0
			for i := range 6 {
				target := fmt.Sprintf("/%d", i)
				all.Go(func() {
					c := &client{header: http.Header{}, start: time.Now()}
					r.h.ServeHTTP(c, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
					if c.body.Len() != 1_000_000 || c.first > time.Second {
						t.Errorf("%s: %d bytes, the first after %v", target, c.body.Len(), c.first)
					}
				})
			}
			all.Wait()
			asked := up.asked.Load()
			for i := range 6 {
				if got := r.do(t.Context(), http.MethodGet, fmt.Sprintf("/%d", i), "Cache-Control", "only-if-cached"); got.status == 200 {
					stored++
				}
			}
			if stored > 3 || length && stored != 3 || asked != 6 {
				t.Errorf("known %t: %d of 6 were stored, upstream was asked %d times", length, stored, asked)
			}
			if got := r.do(t.Context(), http.MethodGet, "/later"); len(got.body) != 1_000_000 { // there is room again
				t.Errorf("then: %d bytes", len(got.body))
			}
			r.want(r.do(t.Context(), http.MethodGet, "/later"), 200, strings.Join(up.pieces, ""), "hit")
		})
	}
}

// Those who read long bodies slowly kept pages from being stored and shared.
func TestLongBodiesLeaveMemoryForPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &trickle{pieces: pieces(2, 1_000_000), pause: time.Hour, length: true, fields: storable}
		r := newRig(t, httpcache.Options{Timeout: 2 * time.Hour, Transport: up, MaxUnderway: 4_000_000})
		ctx, leave := context.WithCancel(t.Context())
		var slow sync.WaitGroup
		for i := range 3 {
			slow.Go(func() { r.do(ctx, http.MethodGet, fmt.Sprintf("/long/%d", i)) })
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		up.pieces = pieces(2, 1000)
		up.pause = time.Second
		r.want(r.get(), 200, strings.Join(up.pieces, ""), "stored")
		r.want(r.get(), 200, strings.Join(up.pieces, ""), "hit")
		leave()
		slow.Wait()
	})
}

// Of those who share a body one reads slowly. While the body is kept, it holds up
// nobody; where it is too long for that, not for long.
func TestASlowReaderHoldsUpNobody(t *testing.T) {
	for _, maxBody := range []int64{10 << 20, 1 << 20} {
		synctest.Test(t, func(t *testing.T) {
			up := &trickle{pieces: pieces(50, 100_000), pause: 100 * time.Millisecond, fields: storable}
			want := strings.Join(up.pieces, "")
			r := newRig(t, httpcache.Options{Transport: up, MaxBody: maxBody})
			ctx, leave := context.WithCancel(t.Context())
			var slow sync.WaitGroup
			slow.Go(func() { r.ask(ctx, time.Hour) })
			time.Sleep(250 * time.Millisecond)
			c := r.ask(t.Context(), 0)
			if c.body.String() != want || c.last > 30*time.Second {
				t.Errorf("got %d of %d bytes after %v", c.body.Len(), len(want), c.last)
			}
			leave()
			slow.Wait()
		})
	}
}

// The response to a POST that serves as one to GET goes out as it comes, too.
func TestTheAnswerToAPostIsStreamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &trickle{pieces: pieces(4, 10), pause: time.Minute, fields: append([]string{"Content-Location", "/a?b=1"}, storable...)}
		r := newRig(t, httpcache.Options{Timeout: 10 * time.Second, Transport: up})
		c := &client{header: http.Header{}, start: time.Now()}
		r.h.ServeHTTP(c, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/a?b=1", nil))
		if c.first > time.Second || c.last != 3*time.Minute {
			t.Errorf("got %d bytes from %v to %v", c.body.Len(), c.first, c.last)
		}
		r.want(r.get(), 200, strings.Join(up.pieces, ""), "hit")
	})
}

// Dials outlived their requests, and with an upstream that did not answer at all they
// piled up.
func TestADialEndsWithItsRequest(t *testing.T) {
	for _, tt := range []struct {
		method  string
		timeout time.Duration // of the proxy
		leaves  time.Duration // the client
	}{{"GET", time.Second, time.Hour}, {"POST", time.Second, time.Hour}, {"HEAD", time.Minute, time.Second}, {"POST", time.Minute, time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			var dialling, most atomic.Int32
			r := newRig(t, httpcache.Options{
				Timeout: tt.timeout,
				DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
					most.Store(max(most.Load(), dialling.Add(1)))
					defer dialling.Add(-1)
					<-ctx.Done()
					return nil, ctx.Err()
				},
			})
			ctx, cancel := context.WithTimeout(t.Context(), tt.leaves)
			defer cancel()
			var all sync.WaitGroup
			for i := range 400 {
				all.Go(func() {
					defer func() { _ = recover() }() // the client has left
					r.do(ctx, tt.method, fmt.Sprintf("/%d", i))
				})
			}
			time.Sleep(time.Second + time.Millisecond)
			synctest.Wait()
			if n := dialling.Load(); n > 0 || most.Load() > 256 {
				t.Errorf("%s: %d dials are under way after a second, at most there were %d", tt.method, n, most.Load())
			}
			all.Wait()
		})
	}
}

// That there is no descriptor for a connection to upstream is no 502.
func TestNoDescriptorIsAnswered(t *testing.T) {
	r := newRig(t, httpcache.Options{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: syscall.EMFILE}
	}})
	for _, method := range []string{"GET", "POST"} {
		if got := r.do(t.Context(), method, "/"); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
			t.Errorf("%s: got %d %q", method, got.status, got.header)
		}
	}
}
