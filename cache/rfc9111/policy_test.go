package rfc9111

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"perigee/cache"
)

const (
	launches = "/2.3.0/launches/"
	upcoming = "/2.3.0/launches/upcoming/"
	agencies = "/2.3.0/config/agencies/"
	pads     = "/2.3.0/pads/"
	statics  = "/static/logo.png"
)

func testPolicy() *Policy {
	return &Policy{
		TTL: time.Hour,
		Rules: []Rule{
			{Pattern: "*/upcoming/", TTL: 15 * time.Minute},
			{Pattern: "/*/config/*", TTL: 24 * time.Hour},
			{Pattern: pads, TTL: 30 * time.Second},
			{Pattern: "/static/*", TTL: 100 * 24 * time.Hour},
			{Pattern: "*config*", TTL: time.Nanosecond}, // never reached by agencies
		},
		Floor:                time.Minute,
		StaleWhileRevalidate: time.Hour,
		StaleIfError:         7 * 24 * time.Hour,
	}
}

// TestLifetime has a row for each way in which settings and upstream may differ.
func TestLifetime(t *testing.T) {
	const s, m, h, day = time.Second, time.Minute, time.Hour, 24 * time.Hour
	cc := func(lines ...string) http.Header { return http.Header{"Cache-Control": lines} }
	aged := func(age string, lines ...string) http.Header {
		return http.Header{"Cache-Control": lines, "Age": {age}}
	}
	for _, tt := range []struct {
		name     string
		path     string
		upstream http.Header
		want     time.Duration
	}{
		{"no rule", launches, nil, h},
		{"a rule", upcoming, nil, 15 * m},
		{"first of two rules", agencies, nil, day},

		{"as long", launches, cc("max-age=3600"), h},
		{"lengthened", upcoming, cc("max-age=3600"), h},
		{"lengthened to the bound", launches, cc("max-age=86401"), day},
		{"absurdly long", launches, cc("max-age=31536000"), day},
		{"2⁶⁴", launches, cc("max-age=18446744073709551616"), day},
		{"a rule above the bound stands", statics, cc("max-age=31536000"), 100 * day},
		{"a rule above the bound is shortened", statics, cc("max-age=172800"), 2 * day},

		{"shortened", launches, cc("max-age=600"), 10 * m},
		{"shortened to the floor", launches, cc("max-age=10"), m},
		{"max-age=0", launches, cc("max-age=0"), m},
		{"invalid", launches, cc("max-age=soon"), m},
		{"negative", launches, cc("max-age=-1"), m},
		{"a rule below the floor", pads, nil, 30 * s},
		{"a rule below the floor is not shortened", pads, cc("max-age=10"), 30 * s},
		{"a rule below the floor is lengthened", pads, cc("max-age=45"), 45 * s},

		{"s-maxage before max-age", launches, cc("max-age=60, s-maxage=1200"), 20 * m},
		{"smallest of several", launches, cc("max-age=1800", "max-age=1200, max-age=2400"), 20 * m},
		{"never_cache of Django", launches, cc("max-age=0, no-cache, no-store, must-revalidate, private"), m},
		{"prohibitions alone change nothing", launches, cc("no-store, private, no-cache"), h},

		{"age of the settings' lifetime", launches, aged("600"), 50 * m},
		{"age of upstream's lifetime", launches, aged("600", "max-age=1200"), 10 * m},
		{"age of a lengthened lifetime", launches, aged("3600", "max-age=31536000"), 23 * h},
		{"older than its lifetime", launches, aged("7200"), m},
		{"older than its lifetime, low rule", pads, aged("7200"), 30 * s},
		{"absurd age", launches, aged("18446744073709551616"), m},
		{"invalid age", launches, aged("-600"), h},
		{"Date does not count", launches, http.Header{"Date": {noon.Add(-h).Format(http.TimeFormat)}}, h},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := testPolicy().Decide(tt.path, http.StatusOK, tt.upstream, noon)
			if !got.Store || got.Lifetime != tt.want {
				t.Errorf("got (%t, %v), want %v", got.Store, got.Lifetime, tt.want)
			}
			if want := noon.Add(tt.want); !got.FreshUntil.Equal(want) {
				t.Errorf("got fresh until %v, want %v", got.FreshUntil, want)
			}
		})
	}
}

func TestStatuses(t *testing.T) {
	lasting := []int{200, 301, 308}
	brief := []int{400, 404, 405, 406, 410, 414}
	for status := range 1000 {
		got := testPolicy().Decide(launches, status, http.Header{"Cache-Control": {"max-age=7200, private"}}, noon)
		switch {
		case slices.Contains(lasting, status):
			wantWindows(t, status, got, 2*time.Hour, time.Hour, 7*24*time.Hour)
		case slices.Contains(brief, status):
			wantWindows(t, status, got, time.Minute, 0, 5*time.Minute)
		case got.Store || got.Lifetime != 0 || !got.FreshUntil.IsZero() || got.Overridden != nil:
			t.Errorf("%d: got %+v, want nothing stored", status, got)
		}
	}
}

// wantWindows checks how long the answer is fresh, and may be served stale after.
func wantWindows(t *testing.T, status int, got StoreDecision, fresh, refresh, onError time.Duration) {
	t.Helper()
	until := noon.Add(fresh)
	switch {
	case !got.Store:
		t.Errorf("%d: not stored", status)
	case got.Lifetime != fresh || !got.FreshUntil.Equal(until):
		t.Errorf("%d: got fresh for %v until %v, want %v", status, got.Lifetime, got.FreshUntil, fresh)
	case !got.StaleWhileRevalidateUntil.Equal(until.Add(refresh)):
		t.Errorf("%d: got refresh until %v, want %v later", status, got.StaleWhileRevalidateUntil, refresh)
	case !got.StaleIfErrorUntil.Equal(until.Add(onError)):
		t.Errorf("%d: got on error until %v, want %v later", status, got.StaleIfErrorUntil, onError)
	}
}

func TestClientErrorsNeverOutliveTheSettings(t *testing.T) {
	p := &Policy{TTL: 10 * time.Second, StaleIfError: 20 * time.Second}
	wantWindows(t, 404, p.Decide(pads, 404, nil, noon), 10*time.Second, 0, 20*time.Second)
}

func TestPolicyEdges(t *testing.T) {
	t.Run("zero", func(t *testing.T) {
		wantWindows(t, 200, new(Policy).Decide(launches, 200, nil, noon), 0, 0, 0)
	})
	t.Run("zero, upstream says more", func(t *testing.T) {
		got := new(Policy).Decide(launches, 200, http.Header{"Cache-Control": {"max-age=9"}}, noon)
		wantWindows(t, 200, got, 9*time.Second, 0, 0)
	})
	t.Run("negative", func(t *testing.T) {
		p := &Policy{TTL: -1, Floor: -1, StaleWhileRevalidate: -1, StaleIfError: -1, Rules: []Rule{{pads, -1}}}
		wantWindows(t, 200, p.Decide(launches, 200, nil, noon), 0, 0, 0)
		wantWindows(t, 200, p.Decide(pads, 200, nil, noon), 0, 0, 0)
		wantWindows(t, 404, p.Decide(pads, 404, nil, noon), 0, 0, 0)
	})
	t.Run("no floor", func(t *testing.T) {
		p := &Policy{TTL: time.Hour}
		got := p.Decide(launches, 200, http.Header{"Cache-Control": {"max-age=600"}, "Age": {"900"}}, noon)
		wantWindows(t, 200, got, 0, 0, 0)
	})
}

func TestOverridden(t *testing.T) {
	for _, tt := range []struct {
		lines []string
		want  []string
	}{
		{nil, nil},
		{[]string{"max-age=0, must-revalidate, public"}, nil},
		{[]string{"private"}, []string{"private"}},
		{[]string{"PRIVATE, No-Store"}, []string{"no-store", "private"}},
		{[]string{"private, private", "no-cache", "no-store, no-cache"}, []string{"no-cache", "no-store", "private"}},
		{[]string{`private="set-cookie"`}, []string{"private"}},
	} {
		got := testPolicy().Decide(launches, 200, http.Header{"Cache-Control": tt.lines}, noon).Overridden
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.lines, got, tt.want)
		}
	}
}

func TestDecisionCarriesAgeAndDate(t *testing.T) {
	h := http.Header{"Age": {"30"}, "Date": {noon.Format(http.TimeFormat)}}
	for _, status := range []int{200, 404, 500} {
		got := testPolicy().Decide(launches, status, h, noon)
		if got.Age != 30*time.Second || !got.Date.Equal(noon) {
			t.Errorf("%d: got (%v, %v), want (30s, %v)", status, got.Age, got.Date, noon)
		}
	}
}

// TestDecideBounds draws anything for everything.
func TestDecideBounds(t *testing.T) {
	duration := rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.Int64Range(-int64(time.Hour), int64(72*time.Hour)).Draw(t, "d"))
	})
	line := rapid.StringMatching(`(max-age|s-maxage|private|no-store)(=-?"?[0-9]{0,25}"?)?`)
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{
			TTL: duration.Draw(t, "ttl"), Floor: duration.Draw(t, "floor"),
			StaleWhileRevalidate: duration.Draw(t, "swr"), StaleIfError: duration.Draw(t, "sie"),
		}
		h := http.Header{
			"Cache-Control": {strings.Join(rapid.SliceOf(line).Draw(t, "cc"), ",")},
			"Age":           {rapid.StringMatching(`-?[0-9]{0,25}`).Draw(t, "age")},
		}
		got := p.Decide("/", rapid.SampledFrom([]int{200, 301, 404}).Draw(t, "status"), h, noon)
		switch {
		case got.Lifetime < 0:
			t.Errorf("negative lifetime %v", got.Lifetime)
		case got.Lifetime > max(p.TTL, MaxLengthened):
			t.Errorf("lifetime %v exceeds both the settings and the bound", got.Lifetime)
		case got.FreshUntil.Before(noon), got.StaleWhileRevalidateUntil.Before(got.FreshUntil),
			got.StaleIfErrorUntil.Before(got.FreshUntil):
			t.Errorf("times in disorder: %+v", got)
		case got.Age < 0 || got.Age > cache.MaxDelta:
			t.Errorf("impossible age %v", got.Age)
		}
	})
}

func BenchmarkPolicyDecide(b *testing.B) {
	p := testPolicy()
	h := map[string][]string{"Cache-Control": {"max-age=0, no-cache, no-store, must-revalidate, private"}}
	b.ReportAllocs()
	for b.Loop() {
		p.Decide(launches, 200, h, noon)
	}
}
