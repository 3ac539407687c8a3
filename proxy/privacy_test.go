package proxy_test

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"perigee/proxy"
	"perigee/proxy/ll2sim"
)

// recorder keeps the header of every request that reaches upstream.
type recorder struct {
	mu   sync.Mutex
	seen []*http.Request
}

func (rec *recorder) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec.mu.Lock()
		rec.seen = append(rec.seen, r.Clone(r.Context()))
		rec.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

func TestNothingOfAClientReachesUpstream(t *testing.T) {
	var rec recorder
	r := newRig(t, rigOptions{wrap: rec.wrap})
	for _, target := range []string{"/2.3.0/spacecraft/", "/static/docs.css", "/2.2.0/launch/upcoming/", "/2.3.0/nope/"} {
		r.get(target, "Authorization", "Token sesame", "Cookie", "session=sesame", "X-Forwarded-For", "192.0.2.66",
			"Origin", "https://sesame.example", "Referer", "https://sesame.example/", "User-Agent", "sesame", "Host", "sesame.example")
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if len(rec.seen) < 4 {
		t.Fatalf("upstream saw %d requests", len(rec.seen))
	}
	for _, req := range rec.seen {
		if strings.Contains(req.Host, "sesame") {
			t.Errorf("%s: Host %s", req.URL, req.Host)
		}
		for name, values := range req.Header {
			if all := strings.Join(values, " "); strings.Contains(all, "sesame") || strings.Contains(all, "192.0.2.66") {
				t.Errorf("%s: %s: %s", req.URL, name, all)
			}
		}
	}
}

// Upstream's ident can be the secret API key.
func TestTheThrottleReportNamesTheClientNotTheKey(t *testing.T) {
	r := newRig(t, rigOptions{sim: ll2sim.Options{Limit: 15}})
	r.get("/2.3.0/spacecraft/")
	for _, target := range []string{"/2.3.0/api-throttle/", "/2.2.0/api-throttle/?format=json", "/2.0.0/api-throttle"} {
		got := r.get(target)
		for _, want := range []string{`"your_request_limit":15`, `"limit_frequency_secs":3600`, `"current_use":`, `"next_use_secs":`, `"ident":"127.0.0.1"`} {
			if got.status != 200 || !strings.Contains(got.body, want) {
				t.Errorf("%s: %d %s, want %s", target, got.status, got.body, want)
			}
		}
	}
	if got := r.billed(); got != 1 {
		t.Errorf("cost %d requests, want the page's 1", got)
	}
}

func TestIdentIsTheAddressThatATrustedProxyForwards(t *testing.T) {
	r := newRig(t, rigOptions{adjust: func(o *proxy.Options) { o.TrustedProxies = prefixes("127.0.0.1/32", "10.0.0.0/8") }})
	got := r.get("/2.3.0/api-throttle/", "X-Forwarded-For", "198.51.100.1, 192.0.2.7, 10.1.2.3")
	if !strings.Contains(got.body, `"ident":"192.0.2.7"`) {
		t.Errorf("%s", got.body)
	}
}

func TestOnlyListedOriginsMayRead(t *testing.T) {
	r := newRig(t, rigOptions{adjust: func(o *proxy.Options) { o.CORSOrigins = []string{"https://app.example"} }})
	for range 2 { // the miss and the hit
		good := r.get("/2.3.0/agencies/", "Origin", "https://app.example")
		if have := good.header.Values("Access-Control-Allow-Origin"); len(have) != 1 || have[0] != "https://app.example" {
			t.Errorf("listed origin: %q", have)
		}
		evil := r.get("/2.3.0/agencies/", "Origin", "https://evil.example")
		if have := evil.header.Get("Access-Control-Allow-Origin"); have != "" {
			t.Errorf("other origin: %q", have)
		}
		if vary := strings.Join(evil.header.Values("Vary"), ", "); !strings.Contains(vary, "Origin") || !strings.Contains(vary, "Accept") {
			t.Errorf("Vary %q", vary)
		}
	}
}

func TestAnyOriginMayReadByDefault(t *testing.T) {
	r := newRig(t, rigOptions{})
	for range 2 {
		got := r.get("/2.3.0/agencies/", "Origin", "https://app.example")
		if have := got.header.Values("Access-Control-Allow-Origin"); len(have) != 1 || have[0] != "*" {
			t.Errorf("Access-Control-Allow-Origin %q", have)
		}
		for _, name := range []string{"Retry-After", "Age", "Cache-Status", "RateLimit"} {
			if !strings.Contains(got.header.Get("Access-Control-Expose-Headers"), name) {
				t.Errorf("%s is not exposed", name)
			}
		}
	}
}

func TestPagesOutsideTheAPIPassThrough(t *testing.T) {
	r := newRig(t, rigOptions{})
	const target = "/static/docs.css"
	want := r.direct(target)
	got := r.get(target)
	if got.status != 200 || got.body != want.body || got.outcome() != "fwd=bypass;fwd-status=200" {
		t.Errorf("%d %q %.100s", got.status, got.outcome(), got.body)
	}
}

func prefixes(cidrs ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(cidrs))
	for i, c := range cidrs {
		all[i] = netip.MustParsePrefix(c)
	}
	return all
}
