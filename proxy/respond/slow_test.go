package respond_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy/respond"
)

// The tests of this file are about clients and upstreams that are slow and not gone.
// They have a real server, on pipes, so that its deadlines count in simulated time.

// piped is a listener whose connections are pipes.
type piped struct{ conns chan net.Conn }

func (p piped) Accept() (net.Conn, error) {
	if c, ok := <-p.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (p piped) Close() error { close(p.conns); return nil }
func (piped) Addr() net.Addr { return &net.TCPAddr{} }

// served has h on a server with the deadlines of a careful one, and returns a
// connection to it.
func served(t *testing.T, h func(x *respond.Exchange)) net.Conn {
	t.Helper()
	l := piped{make(chan net.Conn)}
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 40 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			x := respond.NewExchange(w, r)
			h(&x)
		}),
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	ours, theirs := net.Pipe()
	l.conns <- theirs
	t.Cleanup(func() { ours.Close(); server.Close(); <-done })
	return ours
}

// A hit of 24 MB to a client of 200 kB/s was cut when the server's time for a whole
// answer had passed.
func TestALongHitToASlowClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const length = 24_000_000
		body := bytes.Repeat([]byte("x"), length)
		conn := served(t, func(x *respond.Exchange) { x.Send(http.StatusOK, respond.Bytes(body)) })
		fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		got, start := 0, time.Now()
		for piece := make([]byte, 200_000); err == nil; time.Sleep(time.Second) {
			var n int
			n, err = io.ReadFull(resp.Body, piece)
			got += n
		}
		if got != length || time.Since(start) < 2*time.Minute {
			t.Errorf("got %d of %d bytes in %v, then %v", got, length, time.Since(start), err)
		}
	})
}

// A client that reads nothing for longer than its patience is gone.
func TestAClientThatReadsNothingIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took := make(chan time.Duration, 1)
		conn := served(t, func(x *respond.Exchange) {
			x.Send(http.StatusOK, respond.Bytes(make([]byte, 1<<20)))
			took <- time.Since(x.Start)
		})
		fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		if got := <-took; got != time.Minute {
			t.Errorf("held up for %v, want a minute", got)
		}
	})
}

// answering forwards to an upstream that answers in its own time.
func answering(upstream func(out *http.Request) *http.Response) func(x *respond.Exchange) {
	f := respond.NewForwarder(
		func(p *httputil.ProxyRequest) {},
		func(_ *respond.Exchange, out *http.Request) (*http.Response, error) {
			resp := upstream(out)
			return resp, out.Context().Err()
		},
		func(x *respond.Exchange, err error) {
			x.SendProblem(&respond.Problem{Status: 502, Detail: err.Error()})
		},
		log.New(io.Discard, "", 0))
	return func(x *respond.Exchange) { f.Forward(x, x) }
}

// An upload was sent a false answer when upstream took more than a minute over it: the
// deadline for the client's body went on counting behind its end.
func TestAnUploadWhoseAnswerTakesLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := served(t, answering(func(out *http.Request) *http.Response {
			body, _ := io.ReadAll(out.Body)
			_, _ = out.Body.Read(make([]byte, 1)) // net/http looks once more behind the end
			time.Sleep(70 * time.Second)
			return respond.Response(out, http.StatusCreated, http.Header{}, respond.Bytes(body))
		}))
		fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n")
		time.Sleep(50 * time.Second)
		fmt.Fprint(conn, "abc")
		time.Sleep(50 * time.Second)
		fmt.Fprint(conn, "def")
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusCreated || string(body) != "abcdef" {
			t.Errorf("got %d %q, %v", resp.StatusCode, body, err)
		}
	})
}

// A POST to a stream of events ended after a minute, and what upstream sent of a body
// of known length waited for more of it.
func TestAStreamGoesOutAsItComes(t *testing.T) {
	for _, tt := range []struct {
		method string
		length int64
	}{{"POST", -1}, {"GET", -1}, {"GET", 40}} {
		synctest.Test(t, func(t *testing.T) {
			conn := served(t, answering(func(out *http.Request) *http.Response {
				if out.Body != nil {
					_, _ = io.ReadAll(out.Body)
					_, _ = out.Body.Read(make([]byte, 1))
				}
				r, w := io.Pipe()
				go func() {
					defer w.Close()
					for i := range 8 {
						time.Sleep(50 * time.Second)
						fmt.Fprintf(w, "tick%d", i)
					}
				}()
				resp := respond.Response(out, http.StatusOK, http.Header{}, respond.Bytes(nil))
				resp.Body, resp.ContentLength = r, tt.length
				if tt.length >= 0 {
					resp.Header.Set("Content-Length", fmt.Sprint(tt.length))
				}
				return resp
			}))
			start := time.Now()
			fmt.Fprintf(conn, "%s / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", tt.method)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 8 {
				got := make([]byte, 5)
				if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != fmt.Sprintf("tick%d", i) {
					t.Fatalf("%s: got %q, %v", tt.method, got, err)
				}
				if late := time.Since(start) - time.Duration(i+1)*50*time.Second; late > time.Second {
					t.Errorf("%s: piece %d is %v late", tt.method, i, late)
				}
			}
			if rest, err := io.ReadAll(resp.Body); err != nil || strings.TrimSpace(string(rest)) != "" {
				t.Errorf("%s: then %q, %v", tt.method, rest, err)
			}
		})
	}
}
