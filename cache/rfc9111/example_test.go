package rfc9111_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
)

// A response arrives, the policy says for how long it is stored, and a tier keeps it.
func ExamplePolicy() {
	policy := &rfc9111.Policy{
		TTL:                  time.Hour,
		Rules:                []rfc9111.Rule{{Pattern: "*/upcoming/", TTL: 15 * time.Minute}},
		Floor:                time.Minute,
		StaleWhileRevalidate: time.Hour,
		StaleIfError:         7 * 24 * time.Hour,
	}
	memory, err := cache.NewMemory(cache.MemoryOptions{MaxBytes: 16 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer memory.Close()

	const path = "/2.3.0/launches/upcoming/"
	body := []byte(`{"count":0,"next":null,"previous":null,"results":[]}`)
	header := http.Header{"Cache-Control": {"private, max-age=0"}, "Age": {"5"}}
	answered := time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC)

	d := policy.Decide(path, http.StatusOK, header, answered)
	fmt.Println("fresh for", d.Lifetime, "against", d.Overridden)
	if err := memory.Put(&cache.Entry{
		Key: "json " + path, Status: http.StatusOK, Body: body, Digest: sha256.Sum256(body),
		Asked: answered.Add(-time.Second), Answered: answered, Age: d.Age, Date: d.Date,
		FreshUntil:                d.FreshUntil,
		StaleWhileRevalidateUntil: d.StaleWhileRevalidateUntil,
		StaleIfErrorUntil:         d.StaleIfErrorUntil,
	}); err != nil {
		fmt.Println(err)
	}

	for _, later := range []time.Duration{0, 10 * time.Minute, 2 * time.Hour, 8 * 24 * time.Hour} {
		if e, ok := memory.Get("json " + path); ok {
			now := answered.Add(later)
			fmt.Println(e.CurrentAge(now), e.State(now))
		}
	}
	// Output:
	// fresh for 1m0s against [private]
	// 6s fresh
	// 10m6s revalidate
	// 2h0m6s stale
	// 192h0m6s dead
}

// A shared cache follows what upstream says: it may store this response for a
// minute, without the cookie.
func ExampleShared() {
	answered := time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC)
	rules := &rfc9111.Shared{StaleIfError: time.Hour}
	d := rules.Decide(&rfc9111.Exchange{
		Method: http.MethodGet, URL: &url.URL{Path: "/news"}, Request: http.Header{}, Status: http.StatusOK,
		Response: http.Header{
			"Cache-Control": {`max-age=60, private="set-cookie"`},
			"Etag":          {`"1"`}, "Set-Cookie": {"id=1"}, "Age": {"20"},
		},
		Asked: answered, Answered: answered,
	})
	fmt.Println(d.Store, d.Lifetime, "without", d.Omit)
	fmt.Println("fresh for another", d.FreshUntil.Sub(answered))
	fmt.Println("usable on errors for another", d.StaleIfErrorUntil.Sub(answered))

	d = rules.Decide(&rfc9111.Exchange{
		Method: http.MethodGet, URL: &url.URL{Path: "/account"}, Status: http.StatusOK,
		Request:  http.Header{"Authorization": {"Bearer token"}},
		Response: http.Header{"Cache-Control": {"max-age=60"}},
		Asked:    answered, Answered: answered,
	})
	fmt.Println(d.Store, d.Reason)
	// Output:
	// true 1m0s without [Set-Cookie]
	// fresh for another 40s
	// usable on errors for another 1h0m40s
	// false authorization
}

// What a request says and what a stored response says decide together whether the
// response is served.
func ExampleRequestDirectives() {
	answered := time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC)
	e := &cache.Entry{
		Status: http.StatusOK, Asked: answered, Answered: answered,
		FreshUntil:        answered.Add(time.Minute),
		StaleIfErrorUntil: answered.Add(time.Hour),
	}
	actions := map[rfc9111.Action]string{
		rfc9111.Validate:          "validate, it is stale",
		rfc9111.ValidateRequested: "validate, the request demands it",
		rfc9111.ServeFresh:        "serve",
		rfc9111.ServeStale:        "serve, the request allows it",
	}
	for _, tt := range []struct {
		cacheControl string
		rules        rfc9111.ReuseRules
		age          time.Duration
	}{
		{"", rfc9111.ReuseRules{}, 30 * time.Second},
		{"max-age=10", rfc9111.ReuseRules{}, 30 * time.Second},
		{"max-age=10", rfc9111.ReuseRules{Immutable: true}, 30 * time.Second},
		{"", rfc9111.ReuseRules{}, 90 * time.Second},
		{"max-stale=60", rfc9111.ReuseRules{}, 90 * time.Second},
		{"max-stale=60", rfc9111.ReuseRules{NeverStale: true}, 90 * time.Second},
	} {
		d := rfc9111.ParseRequest(http.Header{"Cache-Control": {tt.cacheControl}})
		now := answered.Add(tt.age)
		fmt.Println(actions[d.Reuse(e, tt.rules, now)]+"; if upstream fails:", d.ReuseOnError(e, tt.rules, now))
	}
	// Output:
	// serve; if upstream fails: true
	// validate, the request demands it; if upstream fails: true
	// serve; if upstream fails: true
	// validate, it is stale; if upstream fails: true
	// serve, the request allows it; if upstream fails: true
	// validate, it is stale; if upstream fails: false
}
