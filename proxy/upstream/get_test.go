package upstream

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"reflect"
	"strings"
	"testing"
	"time"
)

// observed is what an observer was told.
type observed struct {
	label  string
	status int
}

// notebook is an Observer that writes down what it is told.
type notebook struct {
	notes []observed
	took  []time.Duration
}

func (n *notebook) UpstreamAnswered(label string, status int, took time.Duration) {
	n.notes = append(n.notes, observed{label, status})
	n.took = append(n.took, took)
}

func TestGetAnswers(t *testing.T) {
	w := answering(t, response("404 Not Found", "Date: Mon, 23 Nov 2026 12:00:00 GMT\r\nX-Two: a\r\nX-Two: b\r\n", `{"detail":"No"}`))
	var notes notebook
	c := newClient(t, w.url(), Options{Observer: &notes})
	before := time.Now()
	answer, err := c.Get(t.Context(), Request{Path: "/2.3.0/launches/0/", Label: "/2.3.0/launches/{id}/"})
	after := time.Now()
	if err != nil {
		t.Fatal(err)
	}
	if answer.Asked.Before(before) || answer.Answered.Before(answer.Asked) || after.Before(answer.Answered) {
		t.Errorf("asked %v, answered %v; not in order within %v and %v", answer.Asked, answer.Answered, before, after)
	}
	answer.Asked, answer.Answered = time.Time{}, time.Time{}
	want := &Answer{
		Status: 404, Body: []byte(`{"detail":"No"}`),
		Header: http.Header{"Date": {"Mon, 23 Nov 2026 12:00:00 GMT"}, "X-Two": {"a", "b"}},
	}
	if !reflect.DeepEqual(answer, want) {
		t.Errorf("got %+v, want %+v", answer, want)
	}
	if want := []observed{{"/2.3.0/launches/{id}/", 404}}; !reflect.DeepEqual(notes.notes, want) {
		t.Errorf("observed %v, want %v", notes.notes, want)
	}
	if took := notes.took[0]; took <= 0 || took > after.Sub(before) {
		t.Errorf("took %v of %v", took, after.Sub(before))
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := answering(t, response("200 OK", "", ""))
	w := answering(t, response("301 Moved Permanently", "Location: "+elsewhere.url()+"/x/\r\n", ""))
	answer, err := newClient(t, w.url(), Options{Token: "k"}).Get(t.Context(), Request{Path: "/x"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := answer.Header.Get("Location"), elsewhere.url()+"/x/"; answer.Status != 301 || got != want {
		t.Errorf("status %d, location %q, want %q", answer.Status, got, want)
	}
	elsewhere.close()
	if _, _, conns := elsewhere.seen(); conns != 0 {
		t.Error("the redirect was followed")
	}
}

// Responses that net/http refuses, or that we do.
func TestBadHeads(t *testing.T) {
	for _, tt := range []struct{ name, response string }{
		{"no HTTP", "hello\r\n\r\n"},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"},
		{"bad length", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello"},
		{"protocol switched", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"},
		{"endless interim responses", strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", maxHeaderBytes/10)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := answering(t, tt.response)
			if e := get(t, t.Context(), newClient(t, w.url(), Options{})); !e.Sent || e.Op != "await response" {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestHeadWithoutEnd(t *testing.T) {
	w := newWire(t, func(p *peer) {
		_, _ = p.request()
		p.answer("HTTP/1.1 200 OK\r\n")
		for {
			if _, err := io.WriteString(p.Conn, "X-Filler: "+strings.Repeat("x", 1000)+"\r\n"); err != nil {
				return
			}
		}
	})
	// The timeout is long: the size must end it.
	e := get(t, t.Context(), newClient(t, w.url(), Options{Timeout: time.Hour}))
	if !e.Sent || e.Op != "await response" || errors.Is(e, ErrTimeout) {
		t.Errorf("got %+v", e)
	}
}

// A body that stops arriving: the head is told nevertheless, since it may say when
// to come back.
func TestStalledBody(t *testing.T) {
	t.Parallel()
	w := newWire(t, func(p *peer) {
		_, _ = p.request()
		p.answer("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 77\r\nContent-Length: 9\r\n\r\nhel")
		_, _ = io.Copy(io.Discard, p.reader)
	})
	var notes notebook
	c := newClient(t, w.url(), Options{Timeout: soon, Observer: &notes})
	e := get(t, t.Context(), c)
	if !e.Sent || e.Op != "read body" || !errors.Is(e, ErrTimeout) {
		t.Errorf("got %+v", e)
	}
	if e.Head == nil || e.Head.Status != 429 || e.Head.Header.Get("Retry-After") != "77" || e.Head.Body != nil {
		t.Errorf("got head %+v", e.Head)
	}
	if want := []observed{{"", 0}}; !reflect.DeepEqual(notes.notes, want) {
		t.Errorf("observed %v, want %v", notes.notes, want)
	}
}

// A body that keeps arriving, but too slowly to ever end: the whole has a bound.
func TestDrippingBody(t *testing.T) {
	t.Parallel()
	w := newWire(t, func(p *peer) {
		_, _ = p.request()
		p.answer("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
		drip := time.NewTicker(5 * time.Millisecond)
		defer drip.Stop()
		for range drip.C {
			if _, err := io.WriteString(p.Conn, "x"); err != nil {
				return
			}
		}
	})
	e := get(t, t.Context(), newClient(t, w.url(), Options{Timeout: soon}))
	if !e.Sent || e.Op != "read body" || !errors.Is(e, ErrTimeout) {
		t.Errorf("got %+v", e)
	}
}

func TestResetBodyIsTruncated(t *testing.T) {
	half := make(chan struct{})
	w := newWire(t, func(p *peer) {
		_, _ = p.request()
		p.answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel")
		<-half
		p.reset()
	})
	c := newClient(t, w.url(), Options{})
	resp, _, err := c.sender.send(outgoing(t, "GET", w.url(), http.Header{}))
	if err != nil {
		t.Fatal(err)
	}
	close(half) // a reset any earlier could overtake the head
	defer resp.Body.Close()
	_, _, err = readBody(resp, maxBody)
	if err := classifyBody(t.Context(), err); !errors.Is(err, ErrTruncated) {
		t.Errorf("got %v", err)
	}
}

// A client's context can carry hooks. They are not for a request that others share.
func TestContextValuesAreNotUsed(t *testing.T) {
	w := answering(t, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"+response("200 OK", "", ""))
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GetConn:      func(string) { t.Error("GetConn was called") },
		WroteHeaders: func() { t.Error("WroteHeaders was called") },
	})
	if _, err := newClient(t, w.url(), Options{}).Get(ctx, Request{Path: "/"}); err != nil {
		t.Fatal(err)
	}
}

func TestLogKeepsTheTokenSecret(t *testing.T) {
	w := answering(t, response("200 OK", "", "{}"))
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o := Options{Token: "s3cret", Logger: log}
	if _, err := newClient(t, w.url(), o).Get(t.Context(), Request{Path: "/2.3.0/pads/", Query: "limit=1", Label: "/2.3.0/pads/"}); err != nil {
		t.Fatal(err)
	}
	if _, err := newClient(t, nowhere, o).Get(t.Context(), Request{Path: "/2.3.0/pads/"}); err == nil {
		t.Fatal("no error from an upstream that is not there")
	}
	for _, want := range []string{`target="/2.3.0/pads/?limit=1" label=/2.3.0/pads/ status=200`, "status=0", "sent=false", "refused"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, &b)
		}
	}
	if strings.Contains(b.String(), "s3cret") {
		t.Errorf("the log holds the token:\n%s", &b)
	}
}
