package proxy_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"

	"perigee/cache"
	"perigee/proxy"
	"perigee/proxy/ll2sim"
)

const benchTarget = "/2.3.0/spacecraft/?limit=10"

// benchHandler returns a Handler that holds benchTarget, and that answer.
func benchHandler(b *testing.B) (h *proxy.Handler, held *httptest.ResponseRecorder) {
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
	h, err = proxy.New(proxy.Options{
		Upstream: &inProcess{handler: sim}, UpstreamURL: base, Store: store,
		Policy: usualPolicy(), CORSOrigins: []string{"*"},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { h.Close(); store.Close() })
	for range 2 { // the miss, then a hit
		held = httptest.NewRecorder()
		h.ServeHTTP(held, benchRequest())
	}
	if held.Code != http.StatusOK {
		b.Fatalf("status %d: %s", held.Code, held.Body)
	}
	return h, held
}

func benchRequest() *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://perigee.test"+benchTarget, nil)
	r.RequestURI = benchTarget
	return r
}

// bare writes the same bytes with nothing of ours in the way.
func bare(held *httptest.ResponseRecorder) http.Handler {
	header, body := held.Header().Clone(), held.Body.Bytes()
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		for name, values := range header {
			h[name] = values
		}
		_, _ = w.Write(body)
	})
}

// BenchmarkHit measures a fresh hit by itself: its time and its allocations.
func BenchmarkHit(b *testing.B) {
	h, held := benchHandler(b)
	for _, bm := range []struct {
		name    string
		handler http.Handler
	}{{"bare", bare(held)}, {"perigee", h}} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			r, w := benchRequest(), &discard{header: make(http.Header)}
			for b.Loop() {
				clear(w.header)
				bm.handler.ServeHTTP(w, r)
			}
		})
	}
}

// BenchmarkHitOnTheWire measures hits a second through net/http and loopback
// sockets, beside a bare handler that writes the same bytes.
func BenchmarkHitOnTheWire(b *testing.B) {
	h, held := benchHandler(b)
	for _, bm := range []struct {
		name    string
		handler http.Handler
	}{{"bare", bare(held)}, {"perigee", h}} {
		b.Run(bm.name, func(b *testing.B) {
			server := httptest.NewServer(bm.handler)
			defer server.Close()
			b.ReportAllocs()
			b.SetParallelism(8)
			b.RunParallel(func(pb *testing.PB) {
				c, err := dialClient(server.Listener.Addr().String())
				if err != nil {
					b.Error(err)
					return
				}
				defer c.conn.Close()
				for pb.Next() {
					if err := c.ask(); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "hits/s")
		})
	}
}

// wireClient asks for one thing over and over and does as little as it can.
type wireClient struct {
	conn net.Conn
	r    *bufio.Reader
}

func dialClient(address string) (*wireClient, error) {
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	return &wireClient{conn, bufio.NewReaderSize(conn, 64<<10)}, nil
}

func (c *wireClient) ask() error {
	if _, err := io.WriteString(c.conn, "GET "+benchTarget+" HTTP/1.1\r\nHost: perigee.test\r\n\r\n"); err != nil {
		return err
	}
	length := 0
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, err = strconv.Atoi(string(bytes.TrimSpace(value)))
			if err != nil {
				return err
			}
		}
	}
	_, err := c.r.Discard(length)
	return err
}

// discard is a ResponseWriter that keeps nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}
