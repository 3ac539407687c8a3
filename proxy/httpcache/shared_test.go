package httpcache_test

import (
	"io"
	"net/http"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy/httpcache"
)

// Each test of this file is about what one client can do to the answers of others.

// The first client's session was given to all who came after it.
func TestACookieIsForOneClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			says(200, "hello", "Cache-Control", "max-age=60", "Set-Cookie", "sid=first")(w, r)
		}
		r := newRig(t, httpcache.Options{}, first, says(200, "hello", "Cache-Control", "max-age=60", "Set-Cookie", "sid=other"))
		cookies := make(map[string]int)
		for _, a := range append(r.crowd(2), r.get()) {
			cookies[a.header.Get("Set-Cookie")]++
		}
		if cookies["sid=first"] != 1 || cookies["sid=other"] != 2 {
			t.Errorf("cookies %v", cookies)
		}
	})
}

// A 304 with a cookie put it into what is stored.
func TestTheCookieOfAValidationIsNotStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, says(200, "hello", "Cache-Control", "max-age=60", "Etag", `"v"`),
			says(304, "", "Cache-Control", "max-age=60", "Etag", `"v"`, "Set-Cookie", "sid=1"),
			says(200, "", "Cache-Control", "max-age=60", "Etag", `"v"`, "Set-Cookie", "sid=2"))
		r.get()
		for _, tt := range []struct{ method, want string }{{"GET", "sid=1"}, {"HEAD", "sid=2"}} {
			time.Sleep(70 * time.Second)
			if got := r.do(t.Context(), tt.method, "/a?b=1"); got.header.Get("Set-Cookie") != tt.want {
				t.Errorf("the one who asked with %s got %v", tt.method, got.header)
			}
			got := r.get()
			r.want(got, 200, "hello", "hit")
			if got.header["Set-Cookie"] != nil {
				t.Errorf("the next one got %v", got.header)
			}
		}
	})
}

func TestSurrogateControlStaysHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, says(200, "hello", "Surrogate-Control", "max-age=60", "Cache-Control", "no-store"))
		for _, fields := range [][]string{nil, nil, {"If-Match", `"x"`}} {
			if got := r.get(fields...); got.header["Surrogate-Control"] != nil {
				t.Errorf("%v: got %v", fields, got.header)
			}
		}
		r.wantAsked(2)
	})
}

// What is in no key must not shape the answer: upstream would see another host, path
// or method than all who are given it asked for.
func TestFieldsThatShapeAnswersAreKeptBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fields := []string{"X-Request-Id", "1", "X-Real-Ip", "192.0.2.1"}
		for _, name := range []string{
			"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Forwarded-Port",
			"X-Forwarded-Server", "X-Forwarded-Scheme", "X-Forwarded-Ssl", "X-Forwarded-Path", "X-Forwarded-Uri",
			"X-Forwarded-User", "X-Forwarded", "X_Forwarded_Host", "X-FORWARDED_HOST", "X-Original-URL", "X-Rewrite-URL",
			"X-Original-Host", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Host", "Front-End-Https",
		} {
			fields = append(fields, name, "evil")
		}
		r := newRig(t, httpcache.Options{}, says(200, "hello", "Cache-Control", "max-age=10, stale-while-revalidate=60"))
		r.get(fields...)
		time.Sleep(20 * time.Second)
		r.want(r.get(fields...), 200, "hello", "stale-while-revalidate")
		synctest.Wait()
		r.wantAsked(2)
		for _, seen := range r.up.seen {
			for name, values := range seen.Header {
				if values[0] == "evil" {
					t.Errorf("upstream got %s", name)
				}
			}
			if seen.Header.Get("X-Request-Id") != "1" || seen.Header.Get("X-Real-Ip") == "" {
				t.Errorf("upstream got only %v", seen.Header)
			}
		}
		r.do(t.Context(), http.MethodPost, "/a?b=1", "X-HTTP-Method-Override", "PATCH", "X-Forwarded-Prefix", "evil")
		post := r.up.seen[2].Header
		if post.Get("X-Http-Method-Override") != "PATCH" || post["X-Forwarded-Prefix"] != nil {
			t.Errorf("a POST arrived with %v", post)
		}
	})
}

// A variant is told apart by what upstream was sent. A field that is named in
// Connection never got there, and the answer without it was stored as the one with it.
func TestAVariantIsKeyedByWhatUpstreamWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, hidden := range map[string][]string{
			"named in Connection": {"X-Lang", "de", "Connection", "x-lang"},
			"kept back":           {"X-Forwarded-Lang", "de"},
		} {
			vary := textproto.CanonicalMIMEHeaderKey(hidden[0])
			r := newRig(t, httpcache.Options{}, func(w http.ResponseWriter, r *http.Request) {
				says(200, "lang "+r.Header.Get(vary), "Cache-Control", "max-age=60", "Vary", vary)(w, r)
			})
			r.want(r.get(hidden...), 200, "lang ", "stored")
			r.want(r.get(), 200, "lang ", "hit")
			r.want(r.get(hidden...), 200, "lang ", "hit")
			if name == "named in Connection" {
				r.want(r.get("X-Lang", "de"), 200, "lang de", "fwd=vary-miss")
			}
		}
	})
}

// coded answers with gzip to those who take it, and with one strong tag for both.
func coded(vary ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		fields := append([]string{"Cache-Control", "max-age=60", "Etag", `"v1"`}, vary...)
		switch {
		case r.Header.Get("If-None-Match") == `"v1"`:
			says(304, "", fields...)(w, r)
		case strings.Contains(r.Header.Get("Accept-Encoding")+",", "gzip,"):
			says(200, "zipped", append(fields, "Content-Encoding", "gzip")...)(w, r)
		default:
			says(200, "plain", fields...)(w, r)
		}
	}
}

// A client that takes no gzip was given gzip, by a 304 to the tag of another variant,
// or since upstream had not said that the answer varies.
func TestACodingIsForThoseWhoTakeIt(t *testing.T) {
	for name, vary := range map[string][]string{"varies": {"Vary", "Accept-Encoding"}, "does not say that it varies": nil} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, httpcache.Options{}, coded(vary...))
				for _, tt := range []struct{ accept, want string }{
					{"gzip", "zipped"}, {"identity", "plain"}, {"", "plain"}, {"gzip, br", ""}, {"br;q=1, gzip;q=0", "plain"},
					{"gzip;q=0.5", ""}, {"*", ""}, {"x-gzip", ""}, {"*;q=0", "plain"},
				} {
					var fields []string
					if tt.accept != "" {
						fields = []string{"Accept-Encoding", tt.accept}
					}
					if got := r.get(fields...); got.status != 200 || tt.want != "" && got.body != tt.want ||
						(got.body == "zipped") != (got.header.Get("Content-Encoding") == "gzip") {
						t.Errorf("%q: got %d %q, coding %q, want %q", tt.accept, got.status, got.body, got.header["Content-Encoding"], tt.want)
					}
				}
			})
		})
	}
}

// What one request did wrong was the answer to all others.
func TestAStatusOfOneRequestIsNotStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, status := range []int{412, 416, 417, 431} {
			r := newRig(t, httpcache.Options{StaleIfError: time.Hour}, says(200, "hello", "Cache-Control", "max-age=10"),
				says(status, "no", "Cache-Control", "max-age=60"), says(503, "down"))
			r.get()
			time.Sleep(20 * time.Second)
			if got := r.get("Expect", "tea"); got.status != status {
				t.Errorf("got %d, want %d", got.status, status)
			}
			r.want(r.get(), 200, "hello", "detail=stale-upstream-status") // it is still there
		}
	})
}

// A HEAD without validators kept a changed answer of equal length fresh.
func TestAHeadWithoutValidatorsConfirmsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, says(200, "old", "Cache-Control", "max-age=10", "Content-Length", "3"),
			says(200, "", "Cache-Control", "max-age=60", "Content-Length", "3"), says(200, "new", "Cache-Control", "max-age=10"))
		r.get()
		time.Sleep(20 * time.Second)
		r.do(t.Context(), http.MethodHead, "/a?b=1")
		r.want(r.get(), 200, "new", "fwd=stale")
	})
}

// A part that is the whole is stored as the whole, and lost its Content-Range by that
// for the client that it came for.
func TestAPartThatIsTheWholeStaysAPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, says(206, "hello", "Cache-Control", "max-age=60", "Etag", `"v"`, "Content-Range", "bytes 0-4/5"))
		for _, outcome := range []string{"fwd=uri-miss", "hit"} {
			got := r.get("Range", "bytes=0-")
			r.want(got, 206, "hello", outcome)
			if got.header.Get("Content-Range") != "bytes 0-4/5" {
				t.Errorf("Content-Range %q", got.header["Content-Range"])
			}
		}
		got := r.get()
		r.want(got, 200, "hello", "hit")
		if got.header["Content-Range"] != nil {
			t.Errorf("the whole has Content-Range %q", got.header["Content-Range"])
		}
	})
}

// A range of an empty file, which upstream had answered well, was a 416.
func TestARangeOfNothingIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, says(200, "", "Cache-Control", "max-age=60"))
		r.want(r.get("Range", "bytes=0-"), 200, "", "fwd=uri-miss")
		r.want(r.get("Range", "bytes=0-"), 200, "", "hit")
	})
}

// A 304 that nobody had asked for was relayed to a client without a condition, and a
// status below 100 made net/http panic.
func TestWhatIsNoResponseIsAFailure(t *testing.T) {
	for _, head := range []string{"304 Not Modified", "000 Zero", "099 Low"} {
		base, client := wired(t, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, "HTTP/1.1 "+head+"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		})
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			req, err := http.NewRequestWithContext(t.Context(), method, base+"/", nil)
			must(t, err)
			resp, err := client.Do(req)
			must(t, err)
			resp.Body.Close()
			if resp.StatusCode != http.StatusBadGateway {
				t.Errorf("%s, %s: got %d", head, method, resp.StatusCode)
			}
		}
	}
}

// A 429 to one client, whom upstream knows by a key or the name of a program, refused the
// URL to everybody, pages that are never stored too.
func TestA429IsForTheRequestsThatAreTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Api-Key") == "greedy" || r.Header.Get("User-Agent") == "greedy" {
				says(429, "slow down", "Retry-After", "3600")(w, r)
				return
			}
			says(200, "hello", "Cache-Control", "no-store")(w, r)
		})
		for _, greedy := range [][]string{{"X-Api-Key", "greedy"}, {"User-Agent", "greedy"}} {
			asked := r.up.asked()
			for range 3 {
				if got := r.get(greedy...); got.status != 429 {
					t.Errorf("%v got %d", greedy, got.status)
				}
			}
			r.wantAsked(asked + 1)
			if got := r.get(append(greedy, "Cache-Control", "no-cache")...); got.status != 429 || got.header.Get("Retry-After") != "3600" {
				t.Errorf("%v got %d by insisting", greedy, got.status)
			}
			r.wantAsked(asked + 1)
			for _, other := range [][]string{nil, {"X-Api-Key", "modest"}, {"User-Agent", "modest"}} {
				r.want(r.get(other...), 200, "hello", "fwd=uri-miss")
			}
		}
	})
}

// Of those who wait together one is refused: the others ask by themselves.
func TestA429ToOneOfThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, slowly(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Api-Key") == "greedy" {
				says(429, "slow down", "Retry-After", "3600")(w, r)
				return
			}
			says(200, "hello", "Cache-Control", "max-age=60")(w, r)
		}))
		var both sync.WaitGroup
		both.Go(func() { r.want(r.get("X-Api-Key", "greedy"), 429, "slow down", "fwd=uri-miss") })
		synctest.Wait()
		both.Go(func() { r.want(r.get("X-Api-Key", "modest"), 200, "hello", "fwd=uri-miss") })
		both.Wait()
	})
}
