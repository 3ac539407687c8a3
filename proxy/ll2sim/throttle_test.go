package ll2sim_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy/ll2sim"
	"perigee/proxy/ll2sim/drf"
)

// status asks for a path and returns the status.
func status(t *testing.T, s *ll2sim.Server, target string) int {
	t.Helper()
	return ask(t, s, http.MethodGet, target).Code
}

// TestThrottleSlides asks at 0 s, 10 s and 20 s of a limit of three a minute: a
// slot comes back a minute after each, and refused requests take none.
func TestThrottleSlides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ll2sim.New(ll2sim.Options{Limit: 3, Period: time.Minute})
		for range 3 {
			if got := status(t, s, "/2.3.0/pads/"); got != http.StatusOK {
				t.Fatalf("status within the limit = %d", got)
			}
			time.Sleep(10 * time.Second)
		}
		for _, step := range []struct {
			after time.Duration // the step before
			want  int
			retry string
			body  string
		}{
			{0, 429, "30", `{"detail":"Request was throttled. Expected available in 30 seconds."}`},
			{500 * time.Millisecond, 429, "30", `{"detail":"Request was throttled. Expected available in 30 seconds."}`},
			{29 * time.Second, 429, "1", `{"detail":"Request was throttled. Expected available in 1 second."}`},
			{500*time.Millisecond - 1, 429, "1", `{"detail":"Request was throttled. Expected available in 1 second."}`},
			{1, 200, "", ""},
			{0, 429, "10", `{"detail":"Request was throttled. Expected available in 10 seconds."}`},
		} {
			time.Sleep(step.after)
			w := ask(t, s, http.MethodGet, "/2.3.0/pads/")
			if w.Code != step.want || w.Header().Get("Retry-After") != step.retry {
				t.Errorf("after %v: %d, Retry-After %q; want %d, %q",
					step.after, w.Code, w.Header().Get("Retry-After"), step.want, step.retry)
			}
			if step.body != "" && w.Body.String() != step.body {
				t.Errorf("after %v: body %s, want %s", step.after, w.Body, step.body)
			}
		}
		if got := s.Requests(); got.Total != 9 || got.Billed != 4 || got.Throttled != 5 || s.Throttled() != 5 {
			t.Errorf("counts = %+v", got)
		}
	})
}

// TestThrottleConcurrent lets many ask at once: exactly the limit gets through.
func TestThrottleConcurrent(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{})
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, []string{"/2.3.0/pads/", "/2.3.0/events/"}[i%2], nil)
			s.ServeHTTP(httptest.NewRecorder(), r)
		})
	}
	wg.Wait()
	if got := s.Requests(); got.Billed != 15 || got.Throttled != 35 || got.ByPath["/2.3.0/pads/"] != 25 {
		t.Errorf("counts = %+v, want 15 billed and 35 throttled", got)
	}
}

// TestWhatCosts holds against every kind of request whether it is billed.
func TestWhatCosts(t *testing.T) {
	for _, tt := range []struct {
		method, target, accept string
		want                   int // billed
	}{
		{"GET", "/2.3.0/spacecraft/", "*/*", 1},
		{"GET", "/2.3.0/spacecraft/202/", "*/*", 1},
		{"GET", "/2.3.0/spacecraft/999999/", "*/*", 1},
		{"GET", "/2.3.0/spacecraft/?status=abc", "*/*", 1},
		{"GET", "/2.3.0/", "*/*", 1},
		{"HEAD", "/2.3.0/spacecraft/", "*/*", 1},
		{"OPTIONS", "/2.3.0/spacecraft/", "*/*", 1},
		{"POST", "/2.3.0/spacecraft/", "*/*", 1},
		{"GET", "/2.3.0/spacecraft/", "image/png", 0},
		{"GET", "/2.3.0/spacecraft/?format=xml", "*/*", 0},
		{"GET", "/2.3.0/spacecraft", "*/*", 0},
		{"GET", "/2.3.0/nope/", "*/*", 0},
		{"GET", "/2.3.0/api-throttle/", "*/*", 0},
		{"GET", "/2.2.0/api-throttle/?format=json", "*/*", 0},
		{"GET", "/static/docs.css", "*/*", 0},
		{"GET", "/docs/", "*/*", 0},
	} {
		s := ll2sim.New(ll2sim.Options{})
		ask(t, s, tt.method, tt.target, tt.accept)
		if got := s.Requests().Billed; got != tt.want {
			t.Errorf("%s %s %s: billed %d, want %d", tt.method, tt.target, tt.accept, got, tt.want)
		}
	}
}

func TestThrottleReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ll2sim.New(ll2sim.Options{Limit: 2, Period: time.Hour})
		for _, want := range []struct{ body string }{
			{`{"your_request_limit":2,"limit_frequency_secs":3600,"current_use":0,"next_use_secs":0,"ident":"127.0.0.1"}`},
			{`{"your_request_limit":2,"limit_frequency_secs":3600,"current_use":1,"next_use_secs":0,"ident":"127.0.0.1"}`},
			{`{"your_request_limit":2,"limit_frequency_secs":3600,"current_use":2,"next_use_secs":3598,"ident":"127.0.0.1"}`},
		} {
			if got := ask(t, s, http.MethodGet, "/2.3.0/api-throttle/").Body.String(); got != want.body {
				t.Errorf("report = %s, want %s", got, want.body)
			}
			status(t, s, "/2.3.0/pads/")
			time.Sleep(600 * time.Millisecond)
		}
		want := drf.Report{Limit: 2, Period: time.Hour, Used: 2, Next: time.Hour - 1800*time.Millisecond}
		if got := s.Report("127.0.0.1"); got != want {
			t.Errorf("Report = %+v, want %+v", got, want)
		}
		if got := s.Report("somebody else"); got.Used != 0 {
			t.Errorf("Report of somebody else = %+v", got)
		}
	})
}

// TestStampsAfterLatency sends at 0 s; the server stamps at 5 s, so the slot is
// not back a minute after the client sent.
func TestStampsAfterLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		latency := 5 * time.Second
		s := ll2sim.New(ll2sim.Options{Limit: 1, Period: time.Minute, Latency: func() time.Duration { return latency }})
		began := time.Now()
		status(t, s, "/2.3.0/pads/")
		if took := time.Since(began); took != latency {
			t.Errorf("took %v, want %v", took, latency)
		}
		latency = 0
		time.Sleep(time.Minute - 5*time.Second) // one minute after it was sent
		if got := status(t, s, "/2.3.0/pads/"); got != http.StatusTooManyRequests {
			t.Errorf("a minute after sending: %d, want 429", got)
		}
		time.Sleep(5 * time.Second)
		if got := status(t, s, "/2.3.0/pads/"); got != http.StatusOK {
			t.Errorf("a minute after the stamp: %d, want 200", got)
		}
	})
}

// TestBillsClientsThatLeave ends a request while it waits.
func TestBillsClientsThatLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ll2sim.New(ll2sim.Options{Latency: func() time.Duration { return time.Hour }})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/2.3.0/pads/", nil))
		if took, billed := time.Since(began), s.Requests().Billed; took != time.Second || billed != 1 {
			t.Errorf("took %v and billed %d, want 1s and 1", took, billed)
		}
	})
}

func TestKeys(t *testing.T) {
	for _, tt := range []struct {
		authorization string
		status        int
		body          string
	}{
		{"Token sesame", 200, `"ident":"sesame"`},
		{"token  sesame", 200, `"ident":"sesame"`},
		{"", 200, `"ident":"127.0.0.1"`},
		{"Bearer sesame", 200, `"ident":"127.0.0.1"`},
		{"Token", 401, "No credentials provided."},
		{"Token ses ame", 401, "Token string should not contain spaces."},
		{"Token other", 401, `{"detail":"Invalid token."}`},
	} {
		s := ll2sim.New(ll2sim.Options{Key: "sesame"})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/2.3.0/api-throttle/", nil)
		r.RemoteAddr = "127.0.0.1:1"
		r.Header.Set("Authorization", tt.authorization)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != tt.status || !contained(w, tt.body) {
			t.Errorf("%q: %d %s, want %d %s", tt.authorization, w.Code, w.Body, tt.status, tt.body)
		}
		if challenge := w.Header().Get("Www-Authenticate"); (challenge == "Token") != (tt.status == 401) {
			t.Errorf("%q: WWW-Authenticate %q", tt.authorization, challenge)
		}
	}
}
