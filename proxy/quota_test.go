package proxy_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy"
	"perigee/proxy/clients"
	"perigee/proxy/ll2sim"
	"perigee/proxy/quota"
)

// newQuotaRig is the proxy before a simulator with its real throttle, which it
// knows nothing of but what reports say.
func newQuotaRig(t *testing.T, adjust ...func(*proxy.Options)) (*clockRig, *ll2sim.Server) {
	t.Helper()
	var asked atomic.Int64
	sim := ll2sim.New(ll2sim.Options{Latency: func() time.Duration {
		return time.Duration(asked.Add(1)*70%1000) * time.Millisecond // never the same twice in a row
	}})
	gate, err := quota.New(quota.Options{Reserve: 1})
	must(t, err)
	r := newClockRig(t, sim, append([]func(*proxy.Options){func(o *proxy.Options) {
		o.Gate, o.RateLimitFields = gate, true
		o.Upstream.(*inProcess).report = handlersOwn
	}}, adjust...)...)
	return r, sim
}

// from asks as a client of that address.
func (r *clockRig) from(address, target string, fields ...string) answered {
	req := httptest.NewRequest(http.MethodGet, "http://perigee.test"+target, nil)
	req.RemoteAddr = address + ":1234"
	for i := 0; i < len(fields); i += 2 {
		req.Header.Add(fields[i], fields[i+1])
	}
	rec := httptest.NewRecorder()
	r.h.ServeHTTP(rec, req)
	return answered{rec.Code, rec.Result().Header, rec.Body.String()}
}

// page is one of many distinct resources.
func page(n int) string { return "/2.3.0/spacecraft/" + strconv.Itoa(1+n%590) + "/" }

func address(n int) string { return fmt.Sprintf("192.0.2.%d", n) }

// Forty clients want another page every minute, for six hours.
func TestUpstreamNeverHasToRefuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sim := newQuotaRig(t)
		const clients, minutes = 40, 360
		var wg sync.WaitGroup
		for c := range clients {
			wg.Go(func() {
				for m := range minutes {
					r.from(address(c), page(c*minutes+m))
					time.Sleep(time.Minute)
				}
			})
		}
		wg.Wait()
		if got := sim.Throttled(); got != 0 {
			t.Errorf("upstream refused %d requests", got)
		}
		// The first hour's 15 and every slot as it returns: a little after an hour.
		if got := sim.Requests().Billed; got < 15*5 || got > 15*7 {
			t.Errorf("upstream was asked %d times in six hours", got)
		}
	})
}

func TestTheGreedyLeaveSomethingForWhoeverComesNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sim := newQuotaRig(t)
		served := 0
		for n := range 50 {
			if r.from(address(1), page(n)).status == http.StatusOK {
				served++
			}
		}
		if served != 14 {
			t.Errorf("a client alone got %d pages, want all but the reserve: 14", served)
		}
		if got := r.from(address(2), page(100)); got.status != http.StatusOK {
			t.Errorf("the next client: %d %s", got.status, got.body)
		}
		if got := r.from(address(2), page(101)); got.status != http.StatusTooManyRequests {
			t.Errorf("its second page: %d", got.status)
		}
		if got := sim.Throttled(); got != 0 {
			t.Errorf("upstream refused %d requests", got)
		}
	})
}

// A refusal says the same everywhere, in words that LL2's clients parse.
func TestARefusalSaysWhenToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := newQuotaRig(t)
		for n := range 20 {
			r.from(address(1), page(n))
		}
		got := r.from(address(1), page(30))
		var body struct{ Detail string }
		must(t, json.Unmarshal([]byte(got.body), &body))
		after := got.header.Get("Retry-After")
		if got.status != 429 || body.Detail != "Request was throttled. Expected available in "+after+" seconds." {
			t.Errorf("%d, Retry-After %s: %s", got.status, after, got.body)
		}
		if want := `"ll2";r=0;t=` + after; got.header.Get("RateLimit") != want {
			t.Errorf("RateLimit %s, want %s", got.header.Get("RateLimit"), want)
		}
		if want := `"ll2";q=15;w=3600`; got.header.Get("RateLimit-Policy") != want {
			t.Errorf("RateLimit-Policy %s, want %s", got.header.Get("RateLimit-Policy"), want)
		}
		if got.outcome() != "detail=quota" || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%q, %s", got.outcome(), got.header.Get("Content-Type"))
		}
		if plain := r.from(address(1), page(30), "Accept", "application/json"); plain.header.Get("Content-Type") != "application/json" {
			t.Errorf("to a client of plain JSON: %s", plain.header.Get("Content-Type"))
		}
		seconds, err := strconv.Atoi(after)
		must(t, err)
		time.Sleep(time.Duration(seconds) * time.Second)
		if again := r.from(address(1), page(30)); again.status != 200 {
			t.Errorf("after those %d seconds: %d %s", seconds, again.status, again.body)
		}
	})
}

func TestAClientWaitsForASlotThatComesInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := newQuotaRig(t)
		start := time.Now()
		for n := range 15 {
			r.from(address(n), page(n))
		}
		time.Sleep(time.Hour - time.Since(start) - 3*time.Second) // a slot returns in some four seconds
		if got := r.from(address(1), page(100), "Prefer", "wait=1"); got.status != 429 {
			t.Errorf("with a second's patience: %d", got.status)
		}
		before := time.Now()
		got := r.from(address(1), page(100))
		if waited := time.Since(before); got.status != 200 || waited < 2*time.Second || waited > 8*time.Second {
			t.Errorf("with eight: %d after %s", got.status, waited)
		}
	})
}

func TestAStaleAnswerIsGivenWhenTheQuotaIsSpent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sim := newQuotaRig(t)
		r.from(address(1), page(0))
		time.Sleep(3 * time.Hour) // past stale-while-revalidate
		for n := range 15 {
			r.from(address(n), page(100+n))
		}
		spent := sim.Requests().Billed
		got := r.from(address(1), page(0))
		if got.status != 200 || !strings.Contains(got.outcome(), "detail=stale-quota") {
			t.Errorf("%d %q", got.status, got.outcome())
		}
		if sim.Requests().Billed != spent {
			t.Error("upstream was asked all the same")
		}
	})
}

func TestEveryAnswerTellsTheQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := newQuotaRig(t)
		r.from(address(1), page(0))
		time.Sleep(2 * time.Second)
		hit := r.from(address(1), page(0))
		if got, want := hit.header.Get("RateLimit"), `"ll2";r=13`; got != want || !strings.HasPrefix(hit.outcome(), "hit") {
			t.Errorf("RateLimit on a hit: %s, want %s", got, want)
		}
		report := r.from(address(1), "/2.3.0/api-throttle/")
		if want := `{"your_request_limit":15,"limit_frequency_secs":3600,"current_use":1,"next_use_secs":0,"ident":"192.0.2.1"}`; report.body != want {
			t.Errorf("report %s, want %s", report.body, want)
		}
	})
}

func TestClientsMayHaveNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := new(clients.Keys)
		const hashOfSesame = "41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb" // sha256 of "open sesame"
		must(t, keys.Load(strings.NewReader("# apps\n\nwidget "+hashOfSesame+"\n")))
		for _, required := range []bool{false, true} {
			r, _ := newQuotaRig(t, func(o *proxy.Options) { o.Keys, o.RequireKey = keys, required })
			for _, scheme := range []string{"Token ", "Bearer ", "token "} {
				got := r.from(address(1), "/2.3.0/api-throttle/", "Authorization", scheme+"open sesame")
				if !strings.Contains(got.body, `"ident":"widget"`) {
					t.Errorf("required %t, %s: %d %s", required, scheme, got.status, got.body)
				}
			}
			stranger := r.from(address(1), "/2.3.0/api-throttle/", "Authorization", "Token guess")
			if required && (stranger.status != 401 || stranger.header.Get("WWW-Authenticate") != "Token") {
				t.Errorf("a stranger where keys are required: %d", stranger.status)
			}
			if !required && !strings.Contains(stranger.body, `"ident":"192.0.2.1"`) {
				t.Errorf("a stranger: %d %s", stranger.status, stranger.body)
			}
		}
	})
}

// The reserve is for those who wait for a page that nobody holds.
func TestWhoCanBeGivenSomethingStaleLeavesTheReserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sim := newQuotaRig(t)
		r.from(address(2), page(0))
		time.Sleep(3 * time.Hour)
		for n := range 20 {
			r.from(address(1), page(100+n))
		}
		spent := sim.Requests().Billed
		if got := r.from(address(2), page(0)); !strings.Contains(got.outcome(), "detail=stale-quota") || sim.Requests().Billed != spent {
			t.Errorf("%q, %d more requests", got.outcome(), sim.Requests().Billed-spent)
		}
		if got := r.from(address(2), page(1)); got.status != 200 {
			t.Errorf("a page that nobody holds: %d", got.status)
		}
	})
}

// A scanner that asked for a dozen paths that there are not locked everybody out for an
// hour, although upstream had counted none of them and its report said so.
func TestAScanOfUnknownPathsLocksNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sim := newQuotaRig(t)
		r.from(address(0), page(0)) // upstream's first report comes
		for n := range 14 {
			if got := r.from(address(1), fmt.Sprintf("/2.3.0/wp-login-%d.php", n)); got.status == http.StatusOK {
				t.Fatalf("path %d: %d", n, got.status)
			}
		}
		time.Sleep(2 * time.Minute)
		served := 0
		for n := range 13 {
			if got := r.from(address(2+n), page(100+n)); got.status == http.StatusOK {
				served++
			}
			time.Sleep(time.Second)
		}
		if served < 13 {
			t.Errorf("after the scan %d of 13 clients get a page", served)
		}
		if got := sim.Requests(); got.Throttled > 0 {
			t.Errorf("upstream had to refuse: %+v", got)
		}
	})
}
