package upstream

import (
	"io"
	"net/http"
	"testing"
)

// The upstreams that make net/http send a GET twice: they offer to keep the
// connection, and then close it, either at once or when the next request arrives.

func closesAtOnce(p *peer) {
	if _, err := p.request(); err == nil {
		p.answer(response("200 OK", "Connection: keep-alive\r\n", "{}"))
	}
}

func closesOnSecond(p *peer) {
	if _, err := p.request(); err != nil {
		return
	}
	p.answer(response("200 OK", "Connection: keep-alive\r\n", "{}"))
	_, _ = p.request() // billed, and not answered
}

func TestGetSendsOnce(t *testing.T) {
	const calls = 50
	for name, handle := range map[string]func(*peer){
		"closes at once":               closesAtOnce,
		"closes on the second request": closesOnSecond,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, handle)
			c := newClient(t, w.url(), Options{})
			for range calls {
				answer, err := c.Get(t.Context(), Request{Path: "/2.3.0/launches/", Query: "limit=5"})
				if err != nil {
					t.Fatal(err)
				}
				if got := string(answer.Body); got != "{}" {
					t.Errorf("body %q", got)
				}
			}
			w.close() // so that every byte is counted
			requests, bytes, conns := w.seen()
			if requests != calls || conns != calls {
				t.Errorf("%d calls became %d requests on %d connections", calls, requests, conns)
			}
			if want := calls * len(w.heads[0]); bytes != want {
				t.Errorf("%d bytes arrived, want %d", bytes, want)
			}
		})
	}
}

// A plain transport sends almost every request twice to this upstream, without any
// error: that is what the tests here guard against, and the proof that they would
// notice.
func TestKeptConnectionsSendTwice(t *testing.T) {
	const calls = 10
	w := newWire(t, closesOnSecond)
	plain := &http.Transport{DialContext: dialLoopback}
	defer plain.CloseIdleConnections()
	for range calls {
		resp, err := (&http.Client{Transport: plain}).Get(w.url())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	w.close()
	if requests, _, _ := w.seen(); requests <= calls {
		t.Errorf("%d calls became %d requests; the upstream of these tests provokes nothing", calls, requests)
	}
}

// A transmission holds the promise even if the transport were to repeat a request.
func TestTransmissionStopsRepeats(t *testing.T) {
	const calls = 10
	w := newWire(t, closesOnSecond)
	c := newClient(t, w.url(), Options{})
	c.sender.transport.DisableKeepAlives = false
	var failed int
	for range calls {
		if _, err := c.Get(t.Context(), Request{Path: "/"}); err != nil {
			failed++
			if !failure(t, err).Sent {
				t.Error("a request that was repeated counts as unsent")
			}
		}
	}
	c.Close()
	w.close()
	requests, bytes, _ := w.seen()
	if requests != calls || bytes != calls*len(w.heads[0]) {
		t.Errorf("%d calls became %d requests and %d bytes", calls, requests, bytes)
	}
	if failed == 0 {
		t.Error("nothing was repeated; the test shows nothing")
	}
}

func TestRoundTripSendsOnce(t *testing.T) {
	const calls = 20
	w := newWire(t, closesOnSecond)
	c := newClient(t, w.url(), Options{})
	for range calls {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url()+"/static/a.css", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Error(err)
		}
		resp.Body.Close()
	}
	w.close()
	if requests, _, _ := w.seen(); requests != calls {
		t.Errorf("%d calls became %d requests", calls, requests)
	}
}
