package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"

	"perigee/cache/valkey/valkeytest"
	"perigee/config"
	"perigee/proxy/ll2sim"
)

const hitTarget = "/2.3.0/spacecraft/?limit=10"

// BenchmarkHitOnTheWire measures hits a second through net/http and loopback
// sockets: of a bare handler that writes the same bytes, of the whole program,
// metrics and all, and of the same with its access log.
func BenchmarkHitOnTheWire(b *testing.B) {
	quiet, logging := benchProgram(b, "error"), benchProgram(b, "info")
	held := warmed(b, quiet)
	warmed(b, logging)
	for _, bm := range []struct {
		name    string
		handler http.Handler
	}{{"bare", bare(held)}, {"perigee", quiet.handler}, {"perigee-logging", logging.handler}} {
		b.Run(bm.name, func(b *testing.B) { hammer(b, bm.handler) })
	}
}

// BenchmarkHitAndValkey measures hits a second of the whole program without Valkey,
// with it, and while it is paused, in turns: what is held never waits for it.
func BenchmarkHitAndValkey(b *testing.B) {
	server := valkeytest.Start(b)
	alone, shared := benchProgram(b, "error"), benchProgram(b, "error", "PERIGEE_VALKEY_URL="+server.URL())
	await(b, "Valkey", func() bool { return shared.store.peers.client.Stats().Up })
	warmed(b, alone)
	warmed(b, shared)
	up := func() {
		server.Resume()
		await(b, "Valkey", func() bool { return shared.store.peers.client.Stats().Up })
	}
	for range 3 { // in turns, since machines are not the same all the time
		for _, bm := range []struct {
			name    string
			program *perigee
			before  func()
		}{{"alone", alone, func() {}}, {"valkey", shared, up}, {"valkey-paused", shared, server.Pause}} {
			bm.before()
			b.Run(bm.name, func(b *testing.B) { hammer(b, bm.program.handler) })
		}
	}
	server.Resume()
}

// warmed has the program fetch the page, and returns it as a hit.
func warmed(b *testing.B, p *perigee) (held *httptest.ResponseRecorder) {
	b.Helper()
	for range 2 { // the miss, then a hit
		held = httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "http://perigee.test"+hitTarget, nil)
		r.RequestURI = hitTarget
		p.handler.ServeHTTP(held, r)
		if held.Code != http.StatusOK {
			b.Fatalf("status %d: %s", held.Code, held.Body)
		}
	}
	return held
}

// benchProgram is the whole proxy in front of a simulator.
func benchProgram(b *testing.B, level config.LogLevel, environ ...string) *perigee {
	b.Helper()
	sim := httptest.NewServer(ll2sim.New(ll2sim.Options{Limit: -1}))
	b.Cleanup(sim.Close)
	c, _, err := config.Load(append(environ,
		"PERIGEE_UPSTREAM_URL="+sim.URL, "PERIGEE_LOG_LEVEL="+string(level), "PERIGEE_DATA_DIR="+b.TempDir()))
	if err != nil {
		b.Fatal(err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { null.Close() })
	p, err := assemble(c, logger(c, null))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.close)
	return p
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

func hammer(b *testing.B, h http.Handler) {
	server := httptest.NewServer(h)
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
	if _, err := io.WriteString(c.conn, "GET "+hitTarget+" HTTP/1.1\r\nHost: perigee.test\r\n\r\n"); err != nil {
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
