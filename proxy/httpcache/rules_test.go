package httpcache_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy/httpcache"
)

// TestRequestDirectives: what a client may ask of a fresh entry, 20 seconds old, and of a
// stale one, 70 seconds old.
func TestRequestDirectives(t *testing.T) {
	for _, tt := range []struct {
		age    time.Duration
		fields []string
		want   string
		status int
	}{
		{20, nil, "hit;ttl=40", 200},
		{20, []string{"Cache-Control", "max-age=30"}, "hit", 200},
		{20, []string{"Cache-Control", "max-age=10"}, "fwd=request", 200},
		{20, []string{"Cache-Control", "min-fresh=30"}, "hit", 200},
		{20, []string{"Cache-Control", "min-fresh=50"}, "fwd=request", 200},
		{20, []string{"Cache-Control", "no-cache"}, "fwd=request;fwd-status=304", 200},
		{20, []string{"Pragma", "no-cache"}, "fwd=request;fwd-status=304", 200},
		{20, []string{"Pragma", "no-cache", "Cache-Control", "max-age=600"}, "hit", 200},
		{20, []string{"Cache-Control", "no-store"}, "fwd=request;fwd-status=200", 200},
		{20, []string{"Cache-Control", "only-if-cached"}, "hit", 200},
		{20, []string{"If-None-Match", `"x", "v"`}, "hit", 304},
		{20, []string{"If-None-Match", "*"}, "hit", 304},
		{20, []string{"Range", "bytes=1-2"}, "hit", 206},
		{20, []string{"Range", "bytes=9-"}, "hit", 416},
		{20, []string{"If-Match", `"v"`}, "fwd=bypass", 200},
		{70, nil, "fwd=stale;fwd-status=304;stored", 200},
		{70, []string{"Cache-Control", "max-stale"}, "hit;detail=max-stale;ttl=-10", 200},
		{70, []string{"Cache-Control", "max-stale=20"}, "hit", 200},
		{70, []string{"Cache-Control", "max-stale=5"}, "fwd=stale", 200},
		{70, []string{"Cache-Control", "only-if-cached"}, "detail=only-if-cached", 504},
		{70, []string{"Range", "bytes=1-2"}, "fwd=stale;fwd-status=304", 206},
	} {
		t.Run(strings.Join(tt.fields, " "), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, httpcache.Options{}, confirms(`"v"`, "hello", "Cache-Control", "max-age=60"))
				r.get()
				time.Sleep(tt.age * time.Second)
				got := r.get(tt.fields...)
				if outcome := got.outcome(t); got.status != tt.status || !strings.Contains(outcome, tt.want) {
					t.Errorf("got %d, %q; want %d, %q", got.status, outcome, tt.status, tt.want)
				}
			})
		})
	}
}

func TestValidationUpdatesWhatIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{},
			says(200, "hello", "Cache-Control", "max-age=10", "Etag", `"v"`, "X", "1", "Y", "1", "Content-Encoding", "x"),
			says(304, "", "Cache-Control", "max-age=100", "Etag", `"v"`, "X", "2", "Content-Encoding", "y", "Connection", "Z", "Z", "3"))
		r.get()
		time.Sleep(20 * time.Second)
		r.want(r.get(), 200, "hello", "fwd=stale;fwd-status=304;stored")
		time.Sleep(50 * time.Second)
		got := r.get()
		r.want(got, 200, "hello", "hit;ttl=50")
		for name, want := range map[string]string{"X": "2", "Y": "1", "Z": "", "Content-Encoding": "x", "Age": "50"} {
			if have := got.header.Get(name); have != want {
				t.Errorf("%s: %q, want %q", name, have, want)
			}
		}
	})
}

func TestAHeadIsAnsweredFromTheStoreAndUpdatesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{},
			says(200, "hello", "Cache-Control", "max-age=10", "Etag", `"v"`),
			says(200, "", "Cache-Control", "max-age=100", "Etag", `"v"`),
			says(200, "", "Cache-Control", "max-age=100", "Etag", `"w"`), says(200, "new"))
		r.get()
		head := r.do(t.Context(), http.MethodHead, "/a?b=1")
		r.want(head, 200, "", "hit")
		if head.header.Get("Content-Length") != "5" {
			t.Errorf("Content-Length %q", head.header.Get("Content-Length"))
		}
		time.Sleep(20 * time.Second)
		r.want(r.do(t.Context(), http.MethodHead, "/a?b=1"), 200, "", "fwd=stale;fwd-status=200;stored")
		r.want(r.get(), 200, "hello", "hit;ttl=100")
		time.Sleep(200 * time.Second) // another representation: the stored one is obsolete
		r.want(r.do(t.Context(), http.MethodHead, "/a?b=1"), 200, "", "fwd=stale")
		r.want(r.get(), 200, "new", "fwd=uri-miss")
	})
}

func TestUnsafeMethodsInvalidate(t *testing.T) {
	for _, tt := range []struct {
		name, method string
		status       int
		fields       []string
		outcome      string // of a GET of /a?b=1 afterwards
	}{
		{"POST to it", "POST", 200, nil, "fwd=uri-miss"},
		{"unknown method", "FROB", 204, nil, "fwd=uri-miss"},
		{"failed", "POST", 500, nil, "hit"},
		{"refused", "PUT", 403, nil, "hit"},
		{"safe", "OPTIONS", 200, nil, "hit"},
		{"redirected", "POST", 303, []string{"Location", "/elsewhere"}, "fwd=uri-miss"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, httpcache.Options{}, says(200, "hello", "Cache-Control", "max-age=60"),
					says(tt.status, "", tt.fields...), says(200, "hello"))
				r.get()
				r.do(t.Context(), tt.method, "/a?b=1")
				r.want(r.get(), 200, "hello", tt.outcome)
			})
		})
	}
}

func TestLocationInvalidatesWithinTheOrigin(t *testing.T) {
	for location, outcome := range map[string]string{
		"/a?b=1": "fwd=uri-miss", "http://upstream.test/a?b=1": "fwd=uri-miss",
		"http://example.com/a?b=1":    "fwd=uri-miss", // as the client calls us
		"http://elsewhere.test/a?b=1": "hit",
	} {
		for _, name := range []string{"Location", "Content-Location"} {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, httpcache.Options{}, says(200, "hello", "Cache-Control", "max-age=60"),
					says(201, "", name, location), says(200, "hello"))
				r.get()
				r.do(t.Context(), http.MethodPost, "/c")
				r.want(r.get(), 200, "hello", outcome)
			})
		}
	}
}

// What was asked before a change and comes after it is not kept.
func TestAnAnswerFromBeforeAChangeIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, slowly(says(200, "old", "Cache-Control", "max-age=60")),
			says(204, ""), says(200, "new", "Cache-Control", "max-age=60"))
		done := make(chan answer, 1)
		go func() { done <- r.get() }()
		synctest.Wait()
		r.do(t.Context(), http.MethodPost, "/a?b=1")
		r.want(<-done, 200, "old", "fwd=uri-miss")
		r.want(r.get(), 200, "new", "fwd=uri-miss")
	})
}

func TestVariantsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, func(w http.ResponseWriter, r *http.Request) {
			says(200, r.Header.Get("X"), "Cache-Control", "max-age=60", "Vary", "X")(w, r)
		})
		values := strings.Split(strings.Repeat("v", 40), "")
		for i := range values {
			r.get("X", strings.Repeat("v", i))
		}
		r.want(r.get("X", strings.Repeat("v", 39)), 200, strings.Repeat("v", 39), "hit")
		r.want(r.get("X", ""), 200, "", "fwd=vary-miss") // the oldest gave way
	})
}

// A stored variant may be the answer to a request that differs.
func TestStoredVariantsAreOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, httpcache.Options{}, confirms(`"v"`, "hello", "Cache-Control", "max-age=60", "Vary", "X"))
		r.get("X", "1")
		r.want(r.get("X", "2"), 200, "hello", "fwd=vary-miss;fwd-status=304;stored")
		r.want(r.get("X", "2"), 200, "hello", "hit")
		r.want(r.get("X", "1"), 200, "hello", "hit")
	})
}

func TestPartsAreKeptAndCombined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const body = "0123456789"
		r := newRig(t, httpcache.Options{}, func(w http.ResponseWriter, r *http.Request) {
			span := strings.TrimPrefix(r.Header.Get("Range"), "bytes=")
			from, to := span[0]-'0', span[2]-'0'
			says(206, body[from:to+1], "Cache-Control", "max-age=60", "Etag", `"v"`, "Content-Range", "bytes "+span+"/10")(w, r)
		})
		r.want(r.get("Range", "bytes=2-5"), 206, "2345", "fwd=uri-miss;fwd-status=206;stored")
		r.want(r.get("Range", "bytes=2-5"), 206, "2345", "hit")
		r.want(r.get("Range", "bytes=3-4"), 206, "34", "hit")
		r.want(r.get("Range", "bytes=5-9"), 206, "56789", "fwd=uri-miss;fwd-status=206;stored")
		r.want(r.get("Range", "bytes=2-9"), 206, "23456789", "hit")
		r.want(r.get("Range", "bytes=0-1"), 206, "01", "stored")
		r.want(r.get(), 200, body, "hit")
	})
}
