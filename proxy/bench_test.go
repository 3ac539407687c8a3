package proxy_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"perigee/cache"
	"perigee/proxy"
	"perigee/proxy/ll2sim"
)

const benchTarget = "/2.3.0/spacecraft/?limit=10"

// benchHandler returns a Handler that holds benchTarget.
func benchHandler(b *testing.B) *proxy.Handler {
	b.Helper()
	sim := ll2sim.New(ll2sim.Options{Limit: -1})
	store, err := cache.NewMemory(cache.MemoryOptions{MaxBytes: 64 << 20})
	if err != nil {
		b.Fatal(err)
	}
	base, err := url.Parse(inProcessBase)
	if err != nil {
		b.Fatal(err)
	}
	h, err := proxy.New(proxy.Options{
		Upstream: &inProcess{handler: sim}, UpstreamURL: base, Store: store,
		Policy: usualPolicy(), CORSOrigins: []string{"*"},
		Gate: openGate(b), RateLimitFields: true,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { h.Close(); store.Close() })
	first := httptest.NewRecorder()
	h.ServeHTTP(first, benchRequest())
	if first.Code != http.StatusOK {
		b.Fatalf("status %d: %s", first.Code, first.Body)
	}
	return h
}

func benchRequest() *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://perigee.test"+benchTarget, nil)
	r.RequestURI = benchTarget
	return r
}

// BenchmarkHit measures a fresh hit by itself: its time and its allocations. The
// program's benchmark has it beside a bare handler.
func BenchmarkHit(b *testing.B) {
	h := benchHandler(b)
	b.ReportAllocs()
	r, w := benchRequest(), &discard{header: make(http.Header)}
	for b.Loop() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}
}

// discard is a ResponseWriter that keeps nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}
