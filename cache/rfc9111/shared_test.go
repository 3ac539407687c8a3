package rfc9111

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"perigee/cache"
)

// noon is a moment without a monotonic clock.
var noon = time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC)

// fields makes a header of names and values in turn.
func fields(pairs ...string) http.Header {
	h := make(http.Header)
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// exchanged is a GET of /a at noon, answered at once.
func exchanged(status int, pairs ...string) *Exchange {
	return &Exchange{
		Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: "h", Path: "/a"}, Request: http.Header{},
		Status: status, Response: fields(pairs...), Asked: noon, Answered: noon,
	}
}

func at(d time.Duration) string { return noon.Add(d).Format(http.TimeFormat) }

// TestStorable has a row for each rule of RFC 9111, section 3.
func TestStorable(t *testing.T) {
	const fresh = "max-age=60"
	anonymous, secret := fields(), fields("Authorization", "x")
	for _, tt := range []struct {
		name     string
		request  http.Header
		status   int
		response http.Header
		why      string
	}{
		{"fresh", anonymous, 200, fields("Cache-Control", fresh), ""},
		{"nothing said", anonymous, 200, fields(), "no-validator"},
		{"a validator", anonymous, 200, fields("Etag", `"x"`), ""},
		{"no-store", anonymous, 200, fields("Cache-Control", fresh+", No-Store"), "no-store"},
		{"no-store, must-understand", anonymous, 200, fields("Cache-Control", fresh+", no-store, must-understand"), ""},
		{"must-understand, strange status", anonymous, 299, fields("Cache-Control", fresh+", must-understand"), "must-understand"},
		{"strange status", anonymous, 299, fields("Cache-Control", fresh), ""},
		{"private", anonymous, 200, fields("Cache-Control", fresh+", private"), "private"},
		{"private fields", anonymous, 200, fields("Cache-Control", fresh+`, private="x"`), ""},
		{"request no-store", fields("Cache-Control", "no-store"), 200, fields("Cache-Control", fresh), "request-no-store"},
		{"authorization", secret, 200, fields("Cache-Control", fresh), "authorization"},
		{"authorization, public", secret, 200, fields("Cache-Control", fresh+", public"), ""},
		{"authorization, s-maxage", secret, 200, fields("Cache-Control", "s-maxage=60"), ""},
		{"authorization, must-revalidate", secret, 200, fields("Cache-Control", fresh+", must-revalidate"), ""},
		{"authorization, proxy-revalidate", secret, 200, fields("Cache-Control", fresh+", proxy-revalidate"), "authorization"},
		{"cookie", anonymous, 200, fields("Etag", `"x"`, "Set-Cookie", "a=b"), "set-cookie"},
		{"cookie, explicit", anonymous, 200, fields("Cache-Control", fresh, "Set-Cookie", "a=b"), "set-cookie"},
		{"cookie, public", anonymous, 200, fields("Cache-Control", fresh+", public", "Set-Cookie", "a=b"), ""},
		{"vary *", anonymous, 200, fields("Cache-Control", fresh, "Vary", "Accept, *"), "vary"},
		{"201 without freshness", anonymous, 201, fields("Etag", `"x"`), "no-freshness"},
		{"201, public", anonymous, 201, fields("Etag", `"x"`, "Cache-Control", "public"), ""},
		{"500, explicit", anonymous, 500, fields("Cache-Control", fresh), ""},
		{"304", anonymous, 304, fields("Cache-Control", fresh), "status"},
		{"429", anonymous, 429, fields("Cache-Control", fresh), "status"},
		{"103", anonymous, 103, fields("Cache-Control", fresh), "status"},
		{"already stale", anonymous, 200, fields("Cache-Control", fresh, "Age", "100"), ""},
		{"zero", anonymous, 200, fields("Cache-Control", "max-age=0"), "no-validator"},
		{"zero, but stale on error", anonymous, 200, fields("Cache-Control", "max-age=0, stale-if-error=60"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := exchanged(tt.status)
			x.Request, x.Response = tt.request, tt.response
			if got := new(Shared).Decide(x); got.Reason != tt.why || got.Store != (tt.why == "") {
				t.Errorf("got (%t, %q), want %q", got.Store, got.Reason, tt.why)
			}
		})
	}
}

func TestPostsAreStorableAsWhatTheyWentTo(t *testing.T) {
	for _, tt := range []struct {
		method string
		pairs  []string
		want   bool
	}{
		{"POST", []string{"Cache-Control", "max-age=60", "Content-Location", "/a"}, true},
		{"POST", []string{"Cache-Control", "max-age=60", "Content-Location", "http://h/a"}, true},
		{"POST", []string{"Cache-Control", "max-age=60", "Content-Location", "/b"}, false},
		{"POST", []string{"Cache-Control", "max-age=60", "Content-Location", "http://g/a"}, false},
		{"POST", []string{"Cache-Control", "max-age=60"}, false},
		{"POST", []string{"Etag", `"x"`, "Content-Location", "/a"}, false},
		{"PUT", []string{"Cache-Control", "max-age=60", "Content-Location", "/a"}, false},
		{"HEAD", []string{"Cache-Control", "max-age=60"}, false},
	} {
		x := exchanged(200, tt.pairs...)
		x.Method = tt.method
		if got := new(Shared).Decide(x).Store; got != tt.want {
			t.Errorf("%s %q: got %t, want %t", tt.method, tt.pairs, got, tt.want)
		}
	}
}

// TestSharedLifetime has a row for each way to say how long an answer is fresh
// (RFC 9111, section 4.2.1). The lifetime is what is left of it at noon.
func TestSharedLifetime(t *testing.T) {
	const s, h, day = time.Second, time.Hour, 24 * time.Hour
	for _, tt := range []struct {
		name  string
		pairs []string
		want  time.Duration
	}{
		{"max-age", []string{"Cache-Control", "max-age=60"}, 60 * s},
		{"s-maxage", []string{"Cache-Control", "s-maxage=90, max-age=60"}, 90 * s},
		{"2⁶⁴", []string{"Cache-Control", "max-age=18446744073709551616"}, cache.MaxDelta},
		{"before Expires", []string{"Cache-Control", "max-age=60", "Expires", at(-h)}, 60 * s},
		{"invalid", []string{"Cache-Control", "max-age=x", "Expires", at(h), "Etag", "x"}, 0},
		{"Expires", []string{"Expires", at(h)}, h},
		{"Expires past", []string{"Expires", at(-h), "Etag", "x"}, 0},
		{"Expires by Date", []string{"Expires", at(3 * h), "Date", at(2 * h)}, h},
		{"Expires, slow Date", []string{"Expires", at(h), "Date", at(-h)}, h},
		{"Expires 0", []string{"Expires", "0", "Etag", "x"}, 0},
		{"Expires twice", []string{"Expires", at(h), "Expires", at(2 * h), "Etag", "x"}, 0},
		{"Age", []string{"Cache-Control", "max-age=60", "Age", "20"}, 40 * s},
		{"Date", []string{"Cache-Control", "max-age=60", "Date", at(-25 * s)}, 35 * s},
		{"no-cache", []string{"Cache-Control", "max-age=60, no-cache", "Etag", "x"}, 0},
		{"no-cache of a field", []string{"Cache-Control", `max-age=60, no-cache="x"`}, 60 * s},
		{"heuristic", []string{"Last-Modified", at(-10 * h)}, h},
		{"heuristic, bounded", []string{"Last-Modified", at(-100 * day)}, day},
		{"heuristic, future", []string{"Last-Modified", at(h)}, 0},
		{"CDN", []string{"Cdn-Cache-Control", "max-age=9", "Cache-Control", "max-age=60"}, 9 * s},
		{"CDN over no-store", []string{"Cdn-Cache-Control", "max-age=9", "Cache-Control", "no-store"}, 9 * s},
		{"CDN over Expires", []string{"Cdn-Cache-Control", "public", "Expires", at(h), "Last-Modified", at(-10 * h)}, h},
		{"CDN malformed", []string{"Cdn-Cache-Control", "max-age=9, &", "Cache-Control", "max-age=60"}, 60 * s},
		{"CDN empty", []string{"Cdn-Cache-Control", "", "Cache-Control", "max-age=60"}, 60 * s},
		{"CDN of the wrong type", []string{"Cdn-Cache-Control", `max-age="9"x`, "Cache-Control", "max-age=60"}, 60 * s},
		{"CDN negative", []string{"Cdn-Cache-Control", "max-age=-9", "Cache-Control", "max-age=60", "Etag", "x"}, 0},
		{"surrogate", []string{"Surrogate-Control", "max-age=9", "Cache-Control", "no-store"}, 9 * s},
		{"surrogate, for us", []string{"Surrogate-Control", "max-age=9;me, max-age=8;you", "Cache-Control", "max-age=60"}, 9 * s},
		{"surrogate, for others", []string{"Surrogate-Control", "max-age=9;you", "Cache-Control", "max-age=60"}, 60 * s},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := (&Shared{Surrogate: "me"}).Decide(exchanged(200, tt.pairs...))
			if got := max(j.FreshUntil.Sub(noon), 0); !j.Store || got != tt.want {
				t.Errorf("got (%t, %q, %v), want %v", j.Store, j.Reason, got, tt.want)
			}
		})
	}
}

// TestAgeForms: the first member counts, and what is no number is ignored (RFC 9111,
// section 5.1). A field with a fault made an answer stale that was not.
func TestAgeForms(t *testing.T) {
	for _, tt := range []struct {
		lines []string
		want  time.Duration // left of a minute
	}{
		{nil, 60}, {[]string{"7"}, 53}, {[]string{"7, 8"}, 53}, {[]string{"7, 7"}, 53}, {[]string{"7", "70"}, 53},
		{[]string{"70", "7"}, 0}, {[]string{"x"}, 60}, {[]string{"x, 7"}, 60}, {[]string{"7.0"}, 60}, {[]string{"-7"}, 60},
	} {
		x := exchanged(200, "Cache-Control", "max-age=60", "Etag", "x")
		x.Response["Age"] = tt.lines
		if got := max(new(Shared).Decide(x).FreshUntil.Sub(noon), 0); got != tt.want*time.Second {
			t.Errorf("%q: fresh for %v, want %v", tt.lines, got, tt.want*time.Second)
		}
	}
}

// TestExpiresForms: what is not one HTTP-date is in the past (RFC 9111, section 5.3).
// Other forms of it were read, and answers served that had expired.
func TestExpiresForms(t *testing.T) {
	for _, tt := range []struct {
		value string
		valid bool
	}{
		{"Fri, 01 May 2026 13:00:00 GMT", true}, {"Friday, 01-May-26 13:00:00 GMT", true}, {"Fri May  1 13:00:00 2026", true},
		{"Fri, 01 May 2026 13:00:00 UTC", false}, {"Fri, 01 May 2026 13:00:00 AEST", false}, {"Fri, 02 May 2026 1:00:00 GMT", false},
		{"Fri,  01 May 2026 13:00:00 GMT", false}, {"Fri, 01 May  2026 13:00:00 GMT", false}, {"Fri May 1 13:00:00 2026", false},
		{"Fri, 01 May 2026 13:00:00.5 GMT", false}, {"Fri, 01-May-2026 13:00:00 GMT", false}, {"1777640400", false}, {"", false},
	} {
		x := exchanged(200, "Expires", tt.value, "Last-Modified", at(-100*time.Hour))
		if got := new(Shared).Decide(x).FreshUntil.After(noon); got != tt.valid {
			t.Errorf("%q: fresh %t, want %t", tt.value, got, tt.valid)
		}
	}
}

// TestTargetedTypes: a directive of the wrong type is ignored, alone (RFC 9213,
// section 2.1). It made the answer stale, or was obeyed.
func TestTargetedTypes(t *testing.T) {
	for _, tt := range []struct {
		value string
		store bool
		want  time.Duration // in seconds; a heuristic of 10 hours where nothing counts
	}{
		{`max-age="9"`, true, 36000}, {"max-age=9.5", true, 36000}, {"max-age", true, 36000}, {"max-age=a", true, 36000},
		{`max-age=9, s-maxage="5"`, true, 9}, {"max-age=9, no-store=1", true, 9}, {`max-age=9, no-store="x"`, true, 9},
		{"max-age=9, private=a", true, 9}, {"max-age=9, no-store=?0", true, 9}, {"max-age=(9)", true, 36000},
		{"max-age=9, no-store", false, 0}, {"max-age=9, private", false, 0}, {`max-age=9, private="x"`, true, 9},
	} {
		d := new(Shared).Decide(exchanged(200, "Cdn-Cache-Control", tt.value, "Last-Modified", at(-100*time.Hour)))
		if d.Store != tt.store || d.Lifetime != tt.want*time.Second {
			t.Errorf("%s: stored %t for %v, want %t for %v", tt.value, d.Store, d.Lifetime, tt.store, tt.want*time.Second)
		}
	}
}

// TestStatusesOfOneRequest: what one request did wrong was the answer to all others.
func TestStatusesOfOneRequest(t *testing.T) {
	for _, status := range []int{401, 407, 408, 411, 412, 413, 415, 416, 417, 421, 425, 426, 428, 429, 431, 505, 511} {
		if d := new(Shared).Decide(exchanged(status, "Cache-Control", "public, max-age=60")); d.Store || d.Reason != "status" {
			t.Errorf("%d is stored", status)
		}
	}
}

// TestCookiesOfOneClient: the first client's session was given to all others.
func TestCookiesOfOneClient(t *testing.T) {
	for cc, want := range map[string]bool{
		"max-age=60": false, "s-maxage=60": false, "public, max-age=60": true,
		`max-age=60, no-cache="set-cookie"`: true, `max-age=60, no-cache="x"`: false,
	} {
		if d := new(Shared).Decide(exchanged(200, "Cache-Control", cc, "Set-Cookie", "sid=1")); d.Store != want {
			t.Errorf("%s: stored %t, want %t", cc, d.Store, want)
		}
	}
}

func TestStaleWindows(t *testing.T) {
	s := &Shared{StaleIfError: time.Hour}
	for _, tt := range []struct {
		status   int
		cc       string
		swr, sie time.Duration
	}{
		{200, "max-age=60", 0, time.Hour},
		{200, "max-age=60, stale-while-revalidate=30, stale-if-error=90", 30 * time.Second, 90 * time.Second},
		{200, "max-age=60, stale-if-error=0", 0, 0},
		{200, "max-age=60, stale-while-revalidate=30, must-revalidate", 0, 0},
		{200, "max-age=60, stale-if-error=90, proxy-revalidate", 0, 0},
		{200, "s-maxage=60, stale-if-error=90", 0, 0},
		{200, `max-age=60, no-cache="x"`, 0, time.Hour},
		{404, "max-age=60", 0, time.Hour},
		{503, "max-age=60, stale-while-revalidate=30, stale-if-error=90", 30 * time.Second, 0},
	} {
		j := s.Decide(exchanged(tt.status, "Cache-Control", tt.cc))
		swr, sie := j.StaleWhileRevalidateUntil.Sub(j.FreshUntil), j.StaleIfErrorUntil.Sub(j.FreshUntil)
		if swr != tt.swr || sie != tt.sie {
			t.Errorf("%d %s: got %v, %v; want %v, %v", tt.status, tt.cc, swr, sie, tt.swr, tt.sie)
		}
	}
}

func TestOmittedFields(t *testing.T) {
	j := new(Shared).Decide(exchanged(200, "Cache-Control", `max-age=60, no-cache="a, b", private=set-cookie`))
	if want := []string{"A", "B", "Set-Cookie"}; !slices.Equal(j.Omit, want) {
		t.Errorf("got %q, want %q", j.Omit, want)
	}
}

func TestHTTPDates(t *testing.T) {
	want := time.Date(2030, time.August, 18, 2, 1, 18, 0, time.UTC)
	for _, s := range []string{
		"Sun, 18 Aug 2030 02:01:18 GMT", "SUN, 18 aug 2030 02:01:18 gMT",
		"Sunday, 18-Aug-30 02:01:18 GMT", "Sun Aug 18 02:01:18 2030",
	} {
		if got, ok := ParseHTTPDate(s, noon); !ok || !got.Equal(want) {
			t.Errorf("%q: got (%v, %t), want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{
		"", "0", "-1", "Sun, 18 Aug 2030 02:01:18 CEST", "Sun 18 Aug 2030 02:01:18 GMT",
		"Sun, 18 Aug 30 02:01:18 GMT", "Sun, 18-Aug-2030 02:01:18 GMT", "Sun, 18 Aug 2030 02.01.18 GMT",
	} {
		if got, ok := ParseHTTPDate(s, noon); ok {
			t.Errorf("%q: got %v, want it invalid", s, got)
		}
	}
	near := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	for s, year := range map[string]int{
		"Sunday, 06-Nov-94 08:49:37 GMT": 1994, "Sunday, 06-Nov-70 08:49:37 GMT": 2070, "Sunday, 06-Nov-26 08:49:37 GMT": 2026,
	} {
		if got, ok := ParseHTTPDate(s, near); !ok || got.Year() != year {
			t.Errorf("%q: got %v, want year %d", s, got, year)
		}
	}
}
