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
	"strings"
	"testing"

	"perigee/cache/valkey/valkeytest"
	"perigee/cmd/perigee/app"
	"perigee/config"
	"perigee/proxy/ll2sim"
)

const hitTarget = "/2.3.0/spacecraft/?limit=10"

// BenchmarkHitOnTheWire measures hits a second through net/http and loopback
// sockets: of a bare handler that writes the same bytes, of the whole program,
// metrics and all, and of the same with its access log.
func BenchmarkHitOnTheWire(b *testing.B) {
	quiet, logging := benchApp(b, "error"), benchApp(b, "info")
	warm(b, logging)
	bare := httptest.NewServer(replay(warm(b, quiet)))
	defer bare.Close()
	for _, bm := range []struct{ name, url string }{
		{"bare", bare.URL}, {"perigee", quiet.TrafficURL()}, {"perigee-logging", logging.TrafficURL()},
	} {
		b.Run(bm.name, func(b *testing.B) { hammer(b, bm.url) })
	}
}

// BenchmarkHitAndValkey measures hits a second of the whole program without Valkey,
// with it, and while it is paused, in turns: what is cached never waits for it.
func BenchmarkHitAndValkey(b *testing.B) {
	server := valkeytest.Start(b)
	alone, shared := benchApp(b, "error"), benchApp(b, "error", "PERIGEE_VALKEY_URL="+server.URL())
	warm(b, alone)
	warm(b, shared)
	resume := func() {
		server.Resume()
		await(b, "Valkey", func() bool {
			_, body := get(b, shared.AdminURL()+"/metrics")
			return strings.Contains(body, "\nperigee_valkey_up 1\n")
		})
	}
	for range 3 { // in turns, since machines are not the same all the time
		for _, bm := range []struct {
			name   string
			app    *app.App
			before func()
		}{{"alone", alone, func() {}}, {"valkey", shared, resume}, {"valkey-paused", shared, server.Pause}} {
			bm.before()
			b.Run(bm.name, func(b *testing.B) { hammer(b, bm.app.TrafficURL()) })
		}
	}
	server.Resume()
}

// warm has the app fetch the page, and returns it as a hit.
func warm(b *testing.B, a *app.App) (hit *http.Response, body string) {
	b.Helper()
	for range 2 { // the miss, then a hit
		hit, body = send(b, http.MethodGet, a.TrafficURL()+hitTarget, "", "Accept-Encoding", "identity") // as wireClient asks
		if hit.StatusCode != http.StatusOK {
			b.Fatalf("status %d: %s", hit.StatusCode, body)
		}
	}
	return hit, body
}

// benchApp is the whole proxy in front of a simulator.
func benchApp(b *testing.B, level config.LogLevel, environ ...string) *app.App {
	b.Helper()
	sim := httptest.NewServer(ll2sim.New(ll2sim.Options{Limit: -1}))
	b.Cleanup(sim.Close)
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { null.Close() })
	return serveTo(b, null, append(environ,
		"PERIGEE_UPSTREAM_URL="+sim.URL, "PERIGEE_LOG_LEVEL="+string(level), "PERIGEE_DATA_DIR="+b.TempDir()))
}

// replay writes the same bytes with nothing of ours in the way.
func replay(hit *http.Response, body string) http.Handler {
	header, text := hit.Header.Clone(), []byte(body)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		for name, values := range header {
			h[name] = values
		}
		_, _ = w.Write(text)
	})
}

func hammer(b *testing.B, url string) {
	b.ReportAllocs()
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		c, err := dialClient(strings.TrimPrefix(url, "http://"))
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
