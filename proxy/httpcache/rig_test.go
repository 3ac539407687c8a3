package httpcache_test

import (
	"github.com/dunglas/httpsfv"

	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/cache"
	"perigee/proxy/httpcache"
)

// origin is an upstream without sockets, so that it works inside simulated time
// (testing/synctest). Each request gets the next of its steps, the last one again
// and again.
type origin struct {
	mu    sync.Mutex // guards the fields below
	steps []http.HandlerFunc
	seen  []*http.Request
}

func (o *origin) RoundTrip(r *http.Request) (*http.Response, error) {
	o.mu.Lock()
	step := o.steps[min(len(o.seen), len(o.steps)-1)]
	o.seen = append(o.seen, r)
	o.mu.Unlock()
	rec := httptest.NewRecorder()
	step(rec, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	resp := rec.Result()
	if broken := resp.Header.Get("Broken"); broken != "" {
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(broken), brokenOff{}))
	}
	if resp.Header.Get("Unreachable") != "" {
		return nil, io.ErrUnexpectedEOF
	}
	resp.Request = r
	return resp, nil
}

func (o *origin) asked() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.seen)
}

type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// says answers with a status, a body and fields.
func says(status int, body string, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(fields); i += 2 {
			w.Header().Add(fields[i], fields[i+1])
		}
		w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// confirms answers 304 to a condition that has tag, and all others with body.
func confirms(tag, body string, fields ...string) http.HandlerFunc {
	fields = append(fields, "Etag", tag)
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == tag {
			says(304, "", fields...)(w, r)
			return
		}
		says(200, body, fields...)(w, r)
	}
}

type rig struct {
	t  *testing.T
	up *origin
	h  *httpcache.Handler
}

// newRig must be called inside the bubble, if there is one.
func newRig(t *testing.T, o httpcache.Options, steps ...http.HandlerFunc) *rig {
	t.Helper()
	store, err := cache.NewMemory(cache.MemoryOptions{})
	must(t, err)
	up := &origin{steps: steps}
	base, err := url.Parse("http://upstream.test")
	must(t, err)
	o.UpstreamURL, o.Store = base, store
	if o.Transport == nil && o.DialContext == nil {
		o.Transport = up
	}
	h, err := httpcache.New(o)
	must(t, err)
	t.Cleanup(func() { h.Close(); store.Close() })
	return &rig{t: t, up: up, h: h}
}

type answer struct {
	status int
	header http.Header
	body   string
}

// outcome is the Cache-Status field, which must be one that may be.
func (a answer) outcome(t *testing.T) string {
	t.Helper()
	list, err := httpsfv.UnmarshalList(a.header["Cache-Status"])
	if err != nil {
		t.Errorf("Cache-Status %q: %v", a.header["Cache-Status"], err)
	}
	for _, member := range list {
		params := member.(httpsfv.Item).Params // no cache is an inner list
		_, hit := params.Get("hit")
		fwd, forwarded := params.Get("fwd")
		_, token := fwd.(httpsfv.Token)
		if hit == forwarded && hit || forwarded && !token {
			t.Errorf("Cache-Status %q breaks a rule of RFC 9211, section 2", a.header["Cache-Status"])
		}
	}
	return strings.Join(a.header["Cache-Status"], ", ")
}

func (r *rig) do(ctx context.Context, method, target string, fields ...string) answer {
	req := httptest.NewRequestWithContext(ctx, method, target, nil)
	for i := 0; i < len(fields); i += 2 {
		req.Header.Add(fields[i], fields[i+1])
	}
	rec := httptest.NewRecorder()
	serve(r.h, rec, req)
	return answer{rec.Code, rec.Result().Header, rec.Body.String()}
}

// serve serves one request. An aborted one ends there, as under net/http's server.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) {
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			panic(p)
		}
	}()
	h.ServeHTTP(w, r)
}

func (r *rig) get(fields ...string) answer {
	return r.do(r.t.Context(), http.MethodGet, "/a?b=1", fields...)
}

// want checks an answer: its status, its body, and part of its Cache-Status.
func (r *rig) want(a answer, status int, body, outcome string) {
	r.t.Helper()
	if got := a.outcome(r.t); a.status != status || a.body != body || !strings.Contains(got, outcome) {
		r.t.Errorf("got %d %q, Cache-Status %q; want %d %q, %q", a.status, a.body, got, status, body, outcome)
	}
}

func (r *rig) wantAsked(n int) {
	r.t.Helper()
	if got := r.up.asked(); got != n {
		r.t.Errorf("upstream was asked %d times, want %d", got, n)
	}
}
