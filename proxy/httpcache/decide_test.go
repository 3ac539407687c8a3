package httpcache

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/respond"
)

// TestDecide has every way in which a request is decided on, with a stored response
// that is 20 seconds old where nothing else is said.
func TestDecide(t *testing.T) {
	now := time.Date(2026, time.June, 1, 12, 0, 0, 0, time.UTC)
	entry := func(lifetime, whileRevalidate time.Duration) *cache.Entry {
		fresh := now.Add(lifetime - 20*time.Second)
		return &cache.Entry{
			Status: 200, Header: http.Header{}, Asked: now.Add(-20 * time.Second), Answered: now.Add(-20 * time.Second),
			FreshUntil: fresh, StaleWhileRevalidateUntil: fresh.Add(whileRevalidate), Derived: rfc9111.ReuseRules{},
		}
	}
	nothing := found{why: respond.FwdURIMiss}
	fresh, stale := found{entry: entry(time.Minute, 0)}, found{entry: entry(10*time.Second, 0)}
	refreshable := found{entry: entry(10*time.Second, time.Minute)}
	freshPart := found{part: fresh.entry, why: respond.FwdURIMiss}
	stalePart := found{part: refreshable.entry, why: respond.FwdURIMiss}
	for _, tt := range []struct {
		name   string
		method string
		fields []string
		found  found
		want   string // action, and what goes with it
	}{
		{"a tunnel", "CONNECT", nil, nothing, "refuse 405 method"},
		{"an unsafe method", "POST", nil, fresh, "forward method"},
		{"a safe method that reads nothing", "OPTIONS", nil, fresh, "forward method"},
		{"another protocol", "GET", []string{"Upgrade", "websocket"}, fresh, "forward bypass"},
		{"a condition for the origin", "GET", []string{"If-Match", `"v"`}, fresh, "forward bypass"},
		{"a condition for the origin, and not forwarded", "GET", []string{"If-Match", `"v"`, "Cache-Control", "only-if-cached"}, fresh, "forward bypass"},
		{"nothing", "GET", nil, nothing, "forward uri-miss"},
		{"another variant", "GET", nil, found{why: respond.FwdVaryMiss}, "forward vary-miss"},
		{"nothing, and not forwarded", "GET", []string{"Cache-Control", "only-if-cached"}, nothing, "refuse 504 only-if-cached"},
		{"fresh", "GET", nil, fresh, "serve hit 40s"},
		{"fresh", "HEAD", nil, fresh, "serve hit 40s"},
		{"fresh, and not forwarded", "GET", []string{"Cache-Control", "only-if-cached"}, fresh, "serve hit 40s"},
		{"fresh, but not for this one", "GET", []string{"Cache-Control", "no-cache"}, fresh, "forward request"},
		{"fresh, but nothing is to be stored", "GET", []string{"Cache-Control", "no-store"}, fresh, "forward request"},
		{"stale", "GET", nil, stale, "forward stale"},
		{"stale, and allowed", "GET", []string{"Cache-Control", "max-stale"}, stale, "serve stale -10s max-stale"},
		{"stale, and not forwarded", "GET", []string{"Cache-Control", "only-if-cached"}, stale, "refuse 504 only-if-cached"},
		{"stale while it is revalidated", "GET", nil, refreshable, "refresh stale -10s"},
		{"a part", "GET", []string{"Range", "bytes=0-1"}, freshPart, "serve hit 40s"},
		{"a stale part", "GET", []string{"Range", "bytes=0-1"}, stalePart, "forward uri-miss"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "/", nil)
			for i := 0; i < len(tt.fields); i += 2 {
				r.Header.Set(tt.fields[i], tt.fields[i+1])
			}
			directives := rfc9111.ParseRequest(r.Header)
			if got := describe(decide(r, &directives, tt.found, now)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	r := httptest.NewRequest("GET", "/", strings.NewReader("a body"))
	if got, want := describe(decide(r, new(rfc9111.RequestDirectives), fresh, now)), "forward bypass"; got != want {
		t.Errorf("with a body: got %q, want %q", got, want)
	}
}

// describe is a decision in words.
func describe(d decision) string {
	switch d.action {
	case refuse:
		return fmt.Sprint("refuse ", d.problem.Status, " ", d.problem.Reason)
	case forward:
		return "forward " + d.handling.Fwd.String()
	}
	action := map[action]string{serve: "serve", serveAndRefresh: "refresh"}[d.action]
	return strings.TrimSpace(strings.Join([]string{action, string(d.handling.Outcome), d.handling.TTL.String(), d.handling.Detail}, " "))
}
