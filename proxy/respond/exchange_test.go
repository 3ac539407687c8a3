package respond

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// observed is an Observer that keeps the last request.
type observed struct {
	outcome, endpoint string
	status            int
	took              time.Duration
}

func (*observed) PanicRecovered() {}
func (*observed) RequestStarted() {}
func (o *observed) RequestEnded(outcome, endpoint string, status int, took time.Duration) {
	*o = observed{outcome, endpoint, status, took}
}

// TestEnd: the access log and the observer say the same of a request.
func TestEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var o observed
		w := httptest.NewRecorder()
		x := NewExchange(w, httptest.NewRequest("GET", "/x?a=b", nil))
		x.Settle(x.Header(), Handling{Outcome: Hit, Detail: "d"}, "Perigee;hit")
		x.Send(200, Bytes("abc"))
		x.Record.Endpoint, x.Record.Key, x.Record.Upstream = "/x/", "k", 1
		time.Sleep(time.Millisecond)
		x.End(&o, slog.New(slog.NewTextHandler(&out, nil)), Peer)
		want := `msg=request method=GET uri="/x?a=b" status=200 outcome=hit detail=d endpoint=/x/ key=k took=1ms bytes=3 upstream=1 client=192.0.2.1`
		if !strings.Contains(out.String(), want) {
			t.Errorf("got %s, want %s", &out, want)
		}
		if want := (observed{"hit", "/x/", 200, time.Millisecond}); o != want {
			t.Errorf("the observer got %+v, want %+v", o, want)
		}
		if got, want := w.Header().Get("Content-Length"), "3"; got != want {
			t.Errorf("got Content-Length %q, want %q", got, want)
		}
	})
}

// TestEndForWarningsAlone: a record that nobody reads is not made.
func TestEndForWarningsAlone(t *testing.T) {
	var out bytes.Buffer
	x := NewExchange(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	x.End(new(observed), slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn})), func(*http.Request) string {
		t.Error("the address is asked for")
		return ""
	})
	if out.Len() > 0 {
		t.Errorf("got %s", &out)
	}
}

// TestEndOfAnAbort: a request that ends in a panic is observed, and the panic goes on.
func TestEndOfAnAbort(t *testing.T) {
	for _, tt := range []struct {
		name   string
		sent   int
		status int
	}{{"before the head", 0, 499}, {"after the head", 200, 200}} {
		t.Run(tt.name, func(t *testing.T) {
			var o observed
			defer func() {
				if p := recover(); p != http.ErrAbortHandler {
					t.Errorf("got panic %v, want %v", p, http.ErrAbortHandler)
				}
				if o.outcome != "error" || o.status != tt.status {
					t.Errorf("the observer got %+v, want an error with status %d", o, tt.status)
				}
			}()
			x := NewExchange(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
			defer x.End(&o, slog.New(slog.DiscardHandler), Peer)
			if tt.sent != 0 {
				x.WriteHeader(tt.sent)
			}
			panic(http.ErrAbortHandler)
		})
	}
}

// TestStatusIsTheLast: informational answers come before the one that is recorded.
func TestStatusIsTheLast(t *testing.T) {
	for _, tt := range []struct {
		name  string
		write func(x *Exchange)
		want  int
	}{
		{"early hints", func(x *Exchange) { x.WriteHeader(103); x.WriteHeader(404) }, 404},
		{"early hints alone", func(x *Exchange) { x.WriteHeader(103) }, 0},
		{"switching protocols", func(x *Exchange) { x.WriteHeader(101) }, 101},
		{"a body alone", func(x *Exchange) { _, _ = x.Write(nil) }, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := NewExchange(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
			tt.write(&x)
			if x.Record.Status != tt.want {
				t.Errorf("got status %d, want %d", x.Record.Status, tt.want)
			}
		})
	}
}

func TestSend(t *testing.T) {
	for _, tt := range []struct {
		method string
		status int
		length string
		body   string
	}{
		{"GET", 200, "3", "abc"},
		{"HEAD", 200, "3", ""},
		{"GET", 304, "", ""},
		{"GET", 204, "", ""},
	} {
		t.Run(tt.method+" "+http.StatusText(tt.status), func(t *testing.T) {
			w := httptest.NewRecorder()
			x := NewExchange(w, httptest.NewRequest(tt.method, "/", nil))
			body := Bytes("abc")
			if tt.length == "" {
				body = nil
			}
			x.Send(tt.status, body)
			if w.Code != tt.status || w.Header().Get("Content-Length") != tt.length || w.Body.String() != tt.body {
				t.Errorf("got %d, Content-Length %q, %q", w.Code, w.Header().Get("Content-Length"), w.Body)
			}
			if x.Record.Bytes != int64(len(tt.body)) {
				t.Errorf("recorded %d bytes, want %d", x.Record.Bytes, len(tt.body))
			}
		})
	}
}

// TestSendProblem: a client that reads nothing but JSON gets JSON by that name.
func TestSendProblem(t *testing.T) {
	for _, tt := range []struct{ accept, mediaType string }{
		{"", "application/problem+json"},
		{"*/*", "application/problem+json"},
		{"application/json", "application/json"},
		{"application/json, */*;q=0.1", "application/problem+json"},
		{"application/json, application/problem+json", "application/problem+json"},
		{"text/html", "application/problem+json"},
	} {
		t.Run(tt.accept, func(t *testing.T) {
			w := httptest.NewRecorder()
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Accept", tt.accept)
			x := NewExchange(w, r)
			x.SendProblem(&Problem{
				Status: 429, Detail: "Later.", Reason: "quota", RetryAfter: 1500 * time.Millisecond,
				Header: http.Header{"Allow": {"GET"}},
			})
			want := http.Header{
				"Content-Type": {tt.mediaType}, "Cache-Control": {"no-store"}, "Retry-After": {"2"}, "Allow": {"GET"},
			}
			for name, values := range want {
				if got := w.Header().Get(name); got != values[0] {
					t.Errorf("%s: got %q, want %q", name, got, values[0])
				}
			}
		})
	}
}

// TestProblemHandling: a 429 is a refusal, everything else a failure.
func TestProblemHandling(t *testing.T) {
	for status, want := range map[int]Outcome{429: Refused, 502: Failed, 400: Failed} {
		p := &Problem{Status: status, Reason: "why"}
		if got := p.Handling(); got != (Handling{Outcome: want, Detail: "why"}) {
			t.Errorf("%d: got %+v", status, got)
		}
	}
}
