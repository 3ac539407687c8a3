package proxy_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"perigee/proxy"
	"perigee/proxy/quota"
	"perigee/proxy/upstream"
)

// inProcess is an Upstream without sockets, so that it works inside a simulated
// clock (testing/synctest).
type inProcess struct {
	handler http.Handler
	gets    atomic.Int64
	fails   func(n int64) error // of the n-th Get; nil: none
	report  reportKind
}

// reportKind is what an inProcess says of the throttle.
type reportKind uint8

const (
	nothingSpent reportKind = iota
	noReport
	handlersOwn
)

const inProcessBase = "http://upstream.test"

func (u *inProcess) Get(_ context.Context, ask upstream.Request) (*upstream.Answer, error) {
	n := u.gets.Add(1)
	if u.fails != nil {
		if err := u.fails(n); err != nil {
			return nil, err
		}
	}
	req := httptest.NewRequest(http.MethodGet, inProcessBase+ask.Path+"?"+ask.Query, nil)
	req.Header.Set("Accept", ask.Accept)
	asked := time.Now()
	rec := httptest.NewRecorder()
	u.handler.ServeHTTP(rec, req)
	return &upstream.Answer{
		Status: rec.Code, Header: rec.Result().Header, Body: rec.Body.Bytes(), Asked: asked, Answered: time.Now(),
	}, nil
}

func (u *inProcess) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &upstream.BusyError{RetryAfter: time.Second}
}

func (u *inProcess) Throttle(context.Context) ([]byte, error) {
	switch u.report {
	case noReport:
		return nil, errors.New("no report")
	case handlersOwn:
		rec := httptest.NewRecorder()
		u.handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, inProcessBase+"/2.3.0/api-throttle/", nil))
		return rec.Body.Bytes(), nil
	}
	return fmt.Appendf(nil, `{"your_request_limit":%d,"limit_frequency_secs":3600,"current_use":0}`, quota.MaxLimit), nil
}

// clockRig is a Handler inside a bubble of simulated time.
type clockRig struct {
	t    *testing.T
	up   *inProcess
	h    *proxy.Handler
	seen *witness
}

// newClockRig must be called inside synctest.Test, and its close before the
// bubble ends.
func newClockRig(t *testing.T, handler http.Handler, adjust ...func(*proxy.Options)) *clockRig {
	t.Helper()
	base, err := url.Parse(inProcessBase)
	must(t, err)
	r := &clockRig{t: t, up: &inProcess{handler: handler}, seen: newWitness()}
	o := proxy.Options{
		Upstream: r.up, UpstreamURL: base, Store: newStore(t), Policy: usualPolicy(), Observer: r.seen,
		Gate: openGate(t), Patience: 8 * time.Second,
	}
	for _, f := range adjust {
		f(&o)
	}
	r.h, err = proxy.New(o)
	must(t, err)
	t.Cleanup(r.h.Close)
	return r
}

func (r *clockRig) get(target string, fields ...string) answered {
	return r.do(http.MethodGet, target, fields...)
}

func (r *clockRig) do(method, target string, fields ...string) answered {
	req := httptest.NewRequest(method, "http://perigee.test"+target, nil)
	req.RequestURI = target
	for i := 0; i < len(fields); i += 2 {
		req.Header.Add(fields[i], fields[i+1])
	}
	rec := httptest.NewRecorder()
	r.h.ServeHTTP(rec, req)
	return answered{rec.Code, rec.Result().Header, rec.Body.String()}
}

// script answers each request with the next of its handlers, the last for ever.
type script struct {
	steps []http.HandlerFunc
	next  int
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	step := s.steps[min(s.next, len(s.steps)-1)]
	s.next++
	step(w, r)
}

// says answers with a status, a media type and a body.
func says(status int, media, body string, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		for i := 0; i < len(fields); i += 2 {
			w.Header().Set(fields[i], fields[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// emptyPage is a list as LL2 answers it, told apart by an id.
func emptyPage(id string) string {
	return `{"count":1,"next":null,"previous":null,"results":[{"id":"` + id + `"}]}`
}

func okPage(id string, fields ...string) http.HandlerFunc {
	return says(http.StatusOK, "application/json", emptyPage(id), fields...)
}
