package proxy_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy"
	"perigee/proxy/ll2sim"
	"perigee/proxy/quota"
	"perigee/proxy/upstream"
)

// rig is the whole proxy on real sockets in front of a simulated LL2.
type rig struct {
	t     *testing.T
	sim   *ll2sim.Server
	up    *httptest.Server // the simulator's sockets
	proxy *httptest.Server
	seen  *witness
}

// rigOptions are what a test wants different.
type rigOptions struct {
	sim    ll2sim.Options
	wrap   func(http.Handler) http.Handler // around the simulator; nil: none
	adjust func(*proxy.Options)            // nil: nothing
	policy *rfc9111.Policy                 // nil: the usual one
}

func usualPolicy() *rfc9111.Policy {
	return &rfc9111.Policy{
		TTL: time.Hour, Floor: time.Minute,
		StaleWhileRevalidate: time.Hour, StaleIfError: 7 * 24 * time.Hour,
	}
}

// newRig starts a simulator without a throttle unless the test sets one.
func newRig(t *testing.T, o rigOptions) *rig {
	t.Helper()
	if o.sim.Limit == 0 {
		o.sim.Limit = -1
	}
	r := &rig{t: t, sim: ll2sim.New(o.sim), seen: newWitness()}
	var handler http.Handler = r.sim
	if o.wrap != nil {
		handler = o.wrap(handler)
	}
	r.up = httptest.NewServer(handler)
	t.Cleanup(r.up.Close)
	base := mustURL(t, r.up.URL)
	client, err := upstream.New(upstream.Options{BaseURL: base, UserAgent: "perigee/test", Timeout: 20 * time.Second, MaxBody: 32 << 20})
	must(t, err)
	t.Cleanup(client.Close)
	store := newStore(t)
	options := proxy.Options{
		Upstream: client, UpstreamURL: base, Store: store, Policy: usualPolicy(),
		Gate: openGate(t), Patience: 8 * time.Second, CORSOrigins: []string{"*"}, Observer: r.seen, Logger: slog.New(slog.DiscardHandler),
	}
	if o.policy != nil {
		options.Policy = o.policy
	}
	if o.adjust != nil {
		o.adjust(&options)
	}
	h, err := proxy.New(options)
	must(t, err)
	r.proxy = httptest.NewServer(h)
	t.Cleanup(func() { r.proxy.Close(); h.Close() }) // before the store, which t.Cleanup closes later
	return r
}

// openGate lets as many requests through as any test sends.
func openGate(t testing.TB) *quota.Gate {
	t.Helper()
	gate, err := quota.New(quota.Options{Limit: quota.MaxLimit, Period: time.Hour, Fanout: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return gate
}

func newStore(t *testing.T) *cache.Memory {
	t.Helper()
	store, err := cache.NewMemory(cache.MemoryOptions{MaxBytes: 64 << 20})
	must(t, err)
	t.Cleanup(func() { store.Close() })
	return store
}

// answered is a whole response.
type answered struct {
	status int
	header http.Header
	body   string
}

func (r *rig) get(target string, fields ...string) answered {
	r.t.Helper()
	return send(r.t, http.MethodGet, r.proxy.URL+target, fields...)
}

// direct asks the simulator itself.
func (r *rig) direct(target string, fields ...string) answered {
	r.t.Helper()
	return send(r.t, http.MethodGet, r.up.URL+target, fields...)
}

// billed is how many requests upstream has counted.
func (r *rig) billed() int { return r.sim.Requests().Billed }

// send sends one request; fields are names and values in turn. The target is
// sent as it is written, as curl would. A "Host" field sets the host.
func send(t *testing.T, method, target string, fields ...string) answered {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, nil)
	must(t, err)
	for i := 0; i < len(fields); i += 2 {
		if fields[i] == "Host" {
			req.Host = fields[i+1]
			continue
		}
		req.Header.Add(fields[i], fields[i+1])
	}
	resp, err := plainTransport.RoundTrip(req)
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return answered{resp.StatusCode, resp.Header, string(body)}
}

// plainTransport neither follows redirects nor asks for compression.
var plainTransport = &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}

// outcome is what Cache-Status says beside the cache's name and the key.
func (a answered) outcome() string {
	_, rest, _ := strings.Cut(keyParameter.ReplaceAllString(a.header.Get("Cache-Status"), ""), ";")
	return rest
}

var keyParameter = regexp.MustCompile(`;key="(?:[^"\\]|\\.)*"`)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	must(t, err)
	return u
}
