package httpcache_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"perigee/cache"
	"perigee/proxy/httpcache"
)

// discard is a ResponseWriter that costs nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkHit is a fresh answer of 22 KB, without a socket.
func BenchmarkHit(b *testing.B) {
	store, err := cache.NewMemory(cache.MemoryOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	up := &origin{steps: []http.HandlerFunc{says(200, strings.Repeat("x", 22<<10), "Cache-Control", "max-age=3600", "Etag", `"v"`)}}
	h, err := httpcache.New(httpcache.Options{UpstreamURL: &url.URL{Scheme: "http", Host: "upstream.test"}, Store: store, Transport: up})
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	req := httptest.NewRequest(http.MethodGet, "/a", nil)
	h.ServeHTTP(httptest.NewRecorder(), req)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(&discard{header: make(http.Header, 8)}, req)
	}
	if up.asked() != 1 {
		b.Errorf("upstream was asked %d times", up.asked())
	}
}
