package proxy_test

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"perigee/cache"
	"perigee/proxy"
	"perigee/proxy/ll2/catalog"
	"perigee/proxy/ll2sim"
)

// differentialQueries is how many random queries are compared; more with
// PERIGEE_TEST_QUERIES in the environment.
const differentialQueries = 20_000

// Random queries of every parameter, odd limits and offsets, permuted and encoded
// anew, are answered through the proxy as they are directly, but for the base.
func TestRandomQueriesAreAnsweredAsUpstreamDoes(t *testing.T) {
	queries := differentialQueries
	if n, err := strconv.Atoi(os.Getenv("PERIGEE_TEST_QUERIES")); err == nil {
		queries = n
	}
	sim := ll2sim.New(ll2sim.Options{Limit: -1, Now: frozen})
	up := &inProcess{handler: sim}
	base, err := url.Parse(inProcessBase)
	must(t, err)
	store, err := cache.NewMemory(cache.MemoryOptions{MaxBytes: 1 << 30}) // room for all: eviction is not what is tested
	must(t, err)
	defer store.Close()
	h, err := proxy.New(proxy.Options{
		Upstream: up, UpstreamURL: base, Store: store, Policy: usualPolicy(), Gate: openGate(t),
		Patience: time.Minute, Window: 100, WindowDetailed: 100,
	})
	must(t, err)
	defer h.Close()
	random := rand.New(rand.NewPCG(1, 2))
	lists := differentialLists()
	for range queries {
		target := randomTarget(random, lists)
		got, want := ask(h, "http://perigee.test", target), ask(sim, inProcessBase, target)
		wantBody := strings.ReplaceAll(want.body, inProcessBase, "http://perigee.test")
		if got.status != want.status || got.body != wantBody {
			t.Fatalf("%s: %d, want %d; differs at %s", target, got.status, want.status, firstDifference(got.body, wantBody))
		}
	}
	t.Logf("%d queries cost %d requests", queries, up.gets.Load())
	if cost := up.gets.Load(); cost > int64(queries)/10 {
		t.Errorf("%d queries cost %d requests, want a tenth at most", queries, cost)
	}
}

func ask(h http.Handler, base, target string) answered {
	r := httptest.NewRequest(http.MethodGet, base+target, nil)
	r.RequestURI = target
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return answered{rec.Code, rec.Result().Header, rec.Body.String()}
}

// differentialLists are the endpoints that random queries go to: few enough for
// the same to be asked in different words.
func differentialLists() []*catalog.Endpoint {
	var lists []*catalog.Endpoint
	for _, path := range []string{"/2.3.0/spacecraft/", "/2.3.0/launches/upcoming/", "/2.3.0/agencies/", "/2.3.0/config/orbits/", "/2.3.0/pads/"} {
		e, _, ok := catalog.Find(path)
		if !ok {
			panic("not in the table: " + path)
		}
		lists = append(lists, e)
	}
	return lists
}

func randomTarget(random *rand.Rand, lists []*catalog.Endpoint) string {
	e := pick(random, lists...)
	params := e.Params()
	if len(params) > 40 { // of launches there are 96, and then few queries meet
		params = params[len(params)-40:]
	}
	var pairs []string
	add := func(name, value string) { pairs = append(pairs, encoded(random, name)+"="+encoded(random, value)) }
	if random.IntN(4) > 0 {
		add("limit", pick(random, "1", "3", "5", "7", "10", "20", "33", "50", "99", "100", "260", "0", "-1", "05", "abc", "2_0", ""))
	}
	if random.IntN(2) > 0 {
		add("offset", pick(random, "0", "1", "5", "10", "50", "95", "99", "100", "150", "240", "590", "99999", "-3", "x"))
	}
	if random.IntN(8) == 0 {
		add("format", pick(random, "json", "", "xml"))
	}
	if random.IntN(6) == 0 {
		add(pick(random, "_", "tbd", "LIMIT"), "1")
	}
	for range random.IntN(2) {
		name := pick(random, params...)
		add(name, randomValue(random, e, name))
	}
	random.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	return e.Path + "?" + strings.Join(pairs, "&")
}

// randomValue is from a small set, so that queries meet.
func randomValue(random *rand.Rand, e *catalog.Endpoint, name string) string {
	switch kind, _ := e.Param(name); kind {
	case catalog.Boolean:
		return pick(random, "true", "True", "1", "false", "0", "maybe", "")
	case catalog.Ordering:
		if len(e.Ordering) == 0 {
			return pick(random, "id", "-id")
		}
		return pick(random, "", "-") + pick(random, e.Ordering...)
	case catalog.Mode:
		return pick(random, "list", "normal", "detailed", "")
	case catalog.Search:
		return pick(random, "soyuz", "SOYUZ", "soyuz 5", "5,soyuz", "invented")
	case catalog.DateTime, catalog.Date:
		return pick(random, "2026-01-01T00:00:00Z", "2026-01-01", "yesterday")
	default:
		return pick(random, "1", "01", "4", "1,4", "4,1", "x", "")
	}
}

func pick[T any](random *rand.Rand, of ...T) T { return of[random.IntN(len(of))] }

// encoded writes some characters as percent escapes that need not be.
func encoded(random *rand.Rand, s string) string {
	s = url.QueryEscape(s)
	if s == "" || random.IntN(5) > 0 {
		return s
	}
	if c := s[0]; c != '%' && c != '+' {
		return "%" + strconv.FormatInt(int64(c), 16) + s[1:]
	}
	return s
}
