package ll2sim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"perigee/proxy/ll2sim"
)

// wire sends one request over a connection and returns what came.
func wire(t *testing.T, s *ll2sim.Server, target string) (answer *http.Response, body []byte, err error) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err = server.Client().Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	return answer, body, err
}

func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name        string
		fault       ll2sim.Fault
		status      int // 0: no answer
		contentType string
		whole, json bool // the body
		billed      int
	}{
		{"none", ll2sim.Fault{}, 200, "application/json", true, true, 1},
		{"server error", ll2sim.Fault{Kind: ll2sim.ServerError}, 500, "text/html", true, false, 1},
		{"bad gateway", ll2sim.Fault{Kind: ll2sim.BadGateway}, 502, "text/html", true, false, 0},
		{"too many", ll2sim.Fault{Kind: ll2sim.TooMany}, 429, "application/json", true, true, 0},
		{"dropped", ll2sim.Fault{Kind: ll2sim.Dropped}, 0, "", false, false, 1},
		{"truncated", ll2sim.Fault{Kind: ll2sim.Truncated}, 200, "application/json", false, false, 1},
		{"broken JSON", ll2sim.Fault{Kind: ll2sim.BrokenJSON}, 200, "application/json", true, false, 1},
		{"lost shape", ll2sim.Fault{Kind: ll2sim.LostShape}, 200, "application/json", true, true, 1},
		{"page", ll2sim.Fault{Kind: ll2sim.HTMLPage}, 200, "text/html; charset=utf-8", true, false, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := ll2sim.New(ll2sim.Options{Fault: func(*http.Request) ll2sim.Fault { return tt.fault }})
			answer, body, err := wire(t, s, "/2.3.0/pads/?limit=2")
			if s.Requests().Billed != tt.billed {
				t.Errorf("billed %d, want %d", s.Requests().Billed, tt.billed)
			}
			if (err == nil) != tt.whole {
				t.Errorf("err = %v, want whole: %t", err, tt.whole)
			}
			if tt.status == 0 {
				return
			}
			if answer.StatusCode != tt.status || answer.Header.Get("Content-Type") != tt.contentType {
				t.Errorf("%d %s, want %d %s", answer.StatusCode, answer.Header.Get("Content-Type"), tt.status, tt.contentType)
			}
			if json.Valid(body) != tt.json {
				t.Errorf("is JSON: %t, want %t: %.100s", json.Valid(body), tt.json, body)
			}
		})
	}
}

func TestLostShapeKeepsResults(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{Fault: func(*http.Request) ll2sim.Fault { return ll2sim.Fault{Kind: ll2sim.LostShape} }})
	var results []struct{ ID int }
	if err := json.Unmarshal(ask(t, s, http.MethodGet, "/2.3.0/pads/?limit=2").Body.Bytes(), &results); err != nil || len(results) != 2 {
		t.Errorf("got %v, %v; want two elements", results, err)
	}
}

func TestFaultHeaders(t *testing.T) {
	fault := ll2sim.Fault{Kind: ll2sim.TooMany, RetryAfter: 90*time.Second + 1, Header: http.Header{
		"Vary": {"Accept, Cookie"}, "cache-control": {"private"}, "Set-Cookie": {"a=1", "b=2"},
	}}
	s := ll2sim.New(ll2sim.Options{Fault: func(*http.Request) ll2sim.Fault { return fault }})
	h := ask(t, s, http.MethodGet, "/2.3.0/pads/").Header()
	for name, want := range map[string]string{
		"Retry-After": "91", "Vary": "Accept, Cookie", "Cache-Control": "private", "Set-Cookie": "a=1",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

// TestRefusalsHaveNoFault: what the throttle refuses never gets to the view.
func TestRefusalsHaveNoFault(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{Limit: 1, Fault: func(*http.Request) ll2sim.Fault { return ll2sim.Fault{Kind: ll2sim.ServerError} }})
	for _, want := range []int{500, 429} {
		if got := status(t, s, "/2.3.0/pads/"); got != want {
			t.Errorf("status = %d, want %d", got, want)
		}
	}
}
