package proxy_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy"
	"perigee/proxy/ll2sim"
	"perigee/proxy/quota"
	"perigee/proxy/upstream"
)

// Two apps ask for the same page in different words: one request goes upstream.
func Example() {
	sim := ll2sim.New(ll2sim.Options{})
	ll2 := httptest.NewServer(sim)
	defer ll2.Close()
	base, err := url.Parse(ll2.URL)
	if err != nil {
		panic(err)
	}
	store, err := cache.NewMemory(cache.MemoryOptions{})
	if err != nil {
		panic(err)
	}
	defer store.Close()
	client, err := upstream.New(upstream.Options{BaseURL: base})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	gate, err := quota.New(quota.Options{Limit: 15, Period: time.Hour})
	if err != nil {
		panic(err)
	}
	handler, err := proxy.New(proxy.Options{
		Upstream: client, UpstreamURL: base, Store: store, Policy: &rfc9111.Policy{TTL: time.Hour}, Gate: gate,
	})
	if err != nil {
		panic(err)
	}
	defer handler.Close()

	for _, target := range []string{"/2.3.0/spacecraft/?limit=5&mode=normal", "/2.3.0/spacecraft?limit=05"} {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, target, nil))
		fmt.Println(answer.Code, answer.Header().Get("Cache-Status"))
	}
	fmt.Println("billed:", sim.Requests().Billed)
	// Output:
	// 200 Perigee;fwd=uri-miss;fwd-status=200;stored;key="ll2/1 json /2.3.0/spacecraft/?limit=5"
	// 200 Perigee;hit;key="ll2/1 json /2.3.0/spacecraft/?limit=5";ttl=3599
	// billed: 1
}
