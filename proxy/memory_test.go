package proxy_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"perigee/proxy"
)

// largePage is a list whose elements come to some megabytes, each with a link.
func largePage() string {
	var b strings.Builder
	b.WriteString(`{"count":100,"next":null,"previous":null,"results":[`)
	for n := range 100 {
		if n > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"url":%q,"text":%q}`, n, inProcessBase+"/2.3.0/spacecraft/"+fmt.Sprint(n)+"/", strings.Repeat("x", 40_000))
	}
	b.WriteString(`]}`)
	return b.String()
}

func newLargeRig(t *testing.T) *proxy.Handler {
	t.Helper()
	r := newClockRig(t, says(200, "application/json", largePage()), withWindows)
	if got := r.get(largeTarget); got.status != 200 || len(got.body) < 4_000_000 {
		t.Fatalf("%d, %d bytes", got.status, len(got.body))
	}
	return r.h
}

const largeTarget = "/2.3.0/spacecraft/?mode=detailed&limit=100"

func largeRequest(method string, n int, fields ...string) *http.Request {
	r := httptest.NewRequest(method, fmt.Sprintf("http://host%d.test%s", n, largeTarget), nil)
	r.RequestURI = largeTarget
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	return r
}

// slowReader is a client that takes nothing before it is released.
type slowReader struct {
	header  http.Header
	waiting *sync.WaitGroup
	release <-chan struct{}
	once    sync.Once
	n       int
}

func (s *slowReader) Header() http.Header { return s.header }
func (s *slowReader) WriteHeader(int)     {}
func (s *slowReader) Write(b []byte) (int, error) {
	s.once.Do(s.waiting.Done)
	<-s.release
	s.n += len(b)
	return len(b), nil
}

// Each client with a Host of its own got a copy of a large page for itself, which was
// there for as long as it took to read it: 500 slow ones held 1.9 GB.
func TestSlowReadersOfALargePageShareIt(t *testing.T) {
	const clients = 300
	h := newLargeRig(t)
	before := heap()
	var waiting, done sync.WaitGroup
	release := make(chan struct{})
	waiting.Add(clients)
	readers := make([]*slowReader, clients)
	for n := range clients {
		readers[n] = &slowReader{header: http.Header{}, waiting: &waiting, release: release}
		done.Go(func() { h.ServeHTTP(readers[n], largeRequest(http.MethodGet, n)) })
	}
	waiting.Wait()
	if grown := heap() - before; grown > clients*100_000 {
		t.Errorf("%d clients hold %d bytes", clients, grown)
	}
	close(release)
	done.Wait()
	for _, r := range readers {
		if r.n < 4_000_000 {
			t.Errorf("a client got %d bytes", r.n)
		}
	}
}

// heap is how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// HEAD, 304 and small ranges of a large page put the whole of it together first.
func TestAPartOfALargePageIsNotAllOfIt(t *testing.T) {
	h := newLargeRig(t)
	full := httptest.NewRecorder()
	h.ServeHTTP(full, largeRequest(http.MethodGet, 0))
	for _, tt := range []struct {
		name, method  string
		field, value  string
		status, bytes int
	}{
		{"HEAD", http.MethodHead, "Accept", "*/*", 200, 0},
		{"304", http.MethodGet, "If-None-Match", "*", 304, 0},
		{"a range", http.MethodGet, "Range", "bytes=2000000-2000099", 206, 100},
		{"two ranges", http.MethodGet, "Range", "bytes=0-9,3000000-3000009", 206, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const rounds = 50
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			before := m.TotalAlloc
			for n := range rounds {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, largeRequest(tt.method, 1000+n, tt.field, tt.value))
				if w.Code != tt.status || tt.bytes >= 0 && w.Body.Len() != tt.bytes {
					t.Fatalf("%d with %d bytes", w.Code, w.Body.Len())
				}
				if tt.name == "a range" && w.Body.String() != strings.ReplaceAll(full.Body.String(), "host0.", fmt.Sprintf("host%d.", 1000+n))[2000000:2000100] {
					t.Error("not the bytes that were asked for")
				}
			}
			runtime.ReadMemStats(&m)
			if each := (m.TotalAlloc - before) / rounds; each > 1_000_000 && tt.name != "a range" {
				t.Errorf("%d bytes are allocated for each", each)
			}
		})
	}
}
