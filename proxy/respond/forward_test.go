package respond_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy/respond"
)

// exchange is what a profile knows of a request in these tests.
type exchange struct {
	respond.Exchange
	name string
}

// silent is an Observer that is told in vain.
type silent struct{}

func (silent) PanicRecovered()                                 {}
func (silent) RequestStarted()                                 {}
func (silent) RequestEnded(string, string, int, time.Duration) {}

// forwarder answers with roundTrip.
func forwarder(roundTrip func(*exchange, *http.Request) (*http.Response, error)) *respond.Forwarder[*exchange] {
	return respond.NewForwarder(
		func(p *httputil.ProxyRequest) { p.Out.URL.Scheme, p.Out.URL.Host = "http", "upstream.test" },
		roundTrip,
		func(x *exchange, err error) {
			p := &respond.Problem{Status: http.StatusBadGateway, Detail: err.Error()}
			x.Settle(x.Header(), p.Handling(), "Perigee")
			x.SendProblem(p)
		},
		log.New(io.Discard, "", 0))
}

// TestForward: the exchange goes with its request, and what the transport returns is
// what the client gets and the record has.
func TestForward(t *testing.T) {
	w := httptest.NewRecorder()
	x := &exchange{Exchange: respond.NewExchange(w, httptest.NewRequest("GET", "/a?b=1", nil)), name: "mine"}
	forwarder(func(x *exchange, out *http.Request) (*http.Response, error) {
		return respond.Response(out, 203, http.Header{"X": {x.name}, "Url": {out.URL.String()}}, respond.Bytes("hello")), nil
	}).Forward(&x.Exchange, x)
	if w.Code != 203 || w.Body.String() != "hello" || w.Header().Get("X") != "mine" || w.Header().Get("Url") != "http://upstream.test/a?b=1" {
		t.Errorf("got %d %q, %v", w.Code, w.Body, w.Header())
	}
	if x.Record.Status != 203 || x.Record.Bytes != 5 {
		t.Errorf("recorded %+v", x.Record)
	}
}

// TestForwardFailure: an error becomes an answer; if the client has left, the
// connection is aborted.
func TestForwardFailure(t *testing.T) {
	for _, tt := range []struct {
		name   string
		left   bool
		status int // recorded
	}{{"the client waits", false, 502}, {"the client has left", true, 499}} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			w := httptest.NewRecorder()
			x := &exchange{Exchange: respond.NewExchange(w, httptest.NewRequestWithContext(ctx, "GET", "/", nil))}
			aborted := func() (with any) {
				defer func() { with = recover() }()
				forwarder(func(*exchange, *http.Request) (*http.Response, error) {
					if tt.left {
						leave()
					}
					return nil, errors.New("no route")
				}).Forward(&x.Exchange, x)
				return nil
			}()
			if left := aborted == http.ErrAbortHandler; left != tt.left || !left && aborted != nil {
				t.Errorf("aborted with %v", aborted)
			}
			x.End(silent{}, slog.New(slog.DiscardHandler), respond.Peer)
			if x.Record.Status != tt.status || x.Record.Outcome != respond.Failed {
				t.Errorf("recorded %+v, want an error with status %d", x.Record, tt.status)
			}
			if wrote := w.Body.Len() > 0; wrote == tt.left {
				t.Errorf("a body was written: %t", wrote)
			}
		})
	}
}

// TestResponseToHead: it has the length of the body, and no body.
func TestResponseToHead(t *testing.T) {
	resp := respond.Response(httptest.NewRequest("HEAD", "/", nil), 200, http.Header{}, respond.Bytes("hello"))
	if body, err := io.ReadAll(resp.Body); err != nil || len(body) > 0 || resp.ContentLength != 5 || resp.Status != "200 OK" {
		t.Errorf("got %q, %v, length %d, %s", body, err, resp.ContentLength, resp.Status)
	}
}

// deadlines is a ResponseWriter that notes the deadlines it is given.
type deadlines struct {
	*httptest.ResponseRecorder
	read, write []time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error  { d.read = append(d.read, at); return nil }
func (d *deadlines) SetWriteDeadline(at time.Time) error { d.write = append(d.write, at); return nil }

// TestPace: each piece of a body, in either direction, has its own time.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		x := respond.NewExchange(w, httptest.NewRequest("POST", "/", strings.NewReader("a")))
		x.Pace(time.Minute)
		x.WriteHeader(http.StatusOK)
		for range 3 { // once behind the end of the body, where no deadline may be set
			time.Sleep(time.Second)
			_, _ = x.Request.Body.Read(make([]byte, 1))
			_, _ = x.Write([]byte("a"))
		}
		at := func(seconds ...time.Duration) (times []time.Time) {
			for _, s := range seconds {
				times = append(times, x.Start.Add(s*time.Second))
			}
			return times
		}
		if want := at(61, 62); fmt.Sprint(w.read) != fmt.Sprint(want) {
			t.Errorf("read deadlines: got %v, want %v", w.read, want)
		}
		if want := at(60, 61, 62, 63); fmt.Sprint(w.write) != fmt.Sprint(want) {
			t.Errorf("write deadlines: got %v, want %v", w.write, want)
		}
	})
}

// A cache in front of one server: a request goes through ReverseProxy to a transport
// that knows the exchange it belongs to.
func ExampleForwarder() {
	forwarder := respond.NewForwarder(
		func(p *httputil.ProxyRequest) { p.Out.URL.Host = "upstream.test" },
		func(x *exchange, out *http.Request) (*http.Response, error) {
			handling := respond.Handling{Outcome: respond.Miss, Fwd: respond.FwdURIMiss}
			header := http.Header{}
			x.Settle(header, handling, handling.Member("").String())
			return respond.Response(out, http.StatusOK, header, respond.Bytes("from "+out.URL.Host+" for "+x.name)), nil
		},
		func(x *exchange, err error) {
			x.SendProblem(&respond.Problem{Status: http.StatusBadGateway, Detail: err.Error()})
		},
		slog.NewLogLogger(slog.DiscardHandler, slog.LevelWarn))

	w := httptest.NewRecorder()
	x := &exchange{Exchange: respond.NewExchange(w, httptest.NewRequest("GET", "/", nil)), name: "a client"}
	forwarder.Forward(&x.Exchange, x)
	fmt.Println(w.Body, "|", w.Header().Get("Cache-Status"), "|", x.Record.Outcome, x.Record.Status)
	// Output: from upstream.test for a client | Perigee;fwd=uri-miss | miss 200
}
