package proxy

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/collection"
	"perigee/proxy/fetch"
	"perigee/proxy/ll2"
	"perigee/proxy/quota"
	"perigee/proxy/render"
	"perigee/proxy/respond"
	"perigee/proxy/upstream"
)

// The tests of this file are within the package: what they test decides, and has no
// other door than a whole proxy.

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// entryOfAge is fresh for a minute, may be served while it is revalidated for a
// minute more, and in place of a failure for yet another.
func entryOfAge(age time.Duration) *cache.Entry {
	at := now.Add(-age)
	return &cache.Entry{
		Key: "key", Status: http.StatusOK, Asked: at, Answered: at, FreshUntil: at.Add(time.Minute),
		StaleWhileRevalidateUntil: at.Add(2 * time.Minute), StaleIfErrorUntil: at.Add(3 * time.Minute),
	}
}

const (
	fresh      = 10 * time.Second
	revalidate = 70 * time.Second
	stale      = 130 * time.Second
	dead       = 200 * time.Second
)

func resolved(t testing.TB, target string) question {
	t.Helper()
	path, query, _ := strings.Cut(target, "?")
	res, err := ll2.Resolve(ll2.Request{Path: path, Query: query}, ll2.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return question{resource: &res, plan: collection.NewPlan(&res, collection.Widths{Normal: 100, Detailed: 100})}
}

func directives(cacheControl string) *rfc9111.RequestDirectives {
	h := http.Header{}
	if cacheControl != "" {
		h.Set("Cache-Control", cacheControl)
	}
	d := rfc9111.ParseRequest(h)
	return &d
}

// short tells what was decided.
func (d decision) short() string {
	switch {
	case d.err != nil:
		if p, ok := errors.AsType[*respond.Problem](d.err); ok {
			return "refuse " + p.Reason
		}
		return "fail " + d.err.Error()
	case d.fwd != respond.NotForwarded:
		return "ask " + d.fwd.String() + strings.Repeat("+", len(d.refresh))
	}
	return strings.TrimSpace(string(d.handling.Outcome)+" "+d.handling.Detail) + strings.Repeat("+", len(d.refresh))
}

func TestDecideAboutAWholeResource(t *testing.T) {
	const reloadInterval = time.Minute
	for _, tt := range []struct {
		age         time.Duration // negative: nothing is cached
		directives  string
		want        string
		wantOffline string
	}{
		{-1, "", "ask uri-miss", "refuse offline"},
		{-1, "only-if-cached", "refuse only-if-cached", "refuse offline"},
		{fresh, "", "hit", "hit"},
		{revalidate, "", "stale+", "stale stale-offline"},
		{stale, "", "ask stale", "stale stale-offline"},
		{dead, "", "ask stale", "stale stale-offline"},
		{stale, "max-stale", "stale stale-allowed", "stale stale-offline"},
		{stale, "only-if-cached", "refuse only-if-cached", "stale stale-offline"},
		{fresh, "no-cache", "hit reload-limited", "hit reload-offline"},
		{revalidate, "no-cache", "ask request", "stale stale-offline"},
		{fresh, "no-cache, only-if-cached", "refuse only-if-cached", "hit reload-offline"},
		{fresh, "max-age=5", "hit reload-limited", "hit reload-offline"},
		{fresh, "min-fresh=55", "hit reload-limited", "hit reload-offline"},
		{revalidate, "max-age=5", "ask stale", "stale stale-offline"},
	} {
		q := resolved(t, "/2.3.0/spacecraft/1/")
		var c cached
		if tt.age >= 0 {
			c.whole = render.Whole(entryOfAge(tt.age))
		}
		for _, offline := range []bool{false, true} {
			want := tt.want
			if offline {
				want = tt.wantOffline
			}
			got := decide(&q, &c, directives(tt.directives), rules{now: now, offline: offline, reloadInterval: reloadInterval})
			if got.short() != want {
				t.Errorf("age %s, %q, offline %t: %s, want %s", tt.age, tt.directives, offline, got.short(), want)
			}
		}
	}
}

// windowsOfAges is what look-up would find of a page over two windows; a negative
// age is that of a window that is not cached.
func windowsOfAges(q question, first, second, whole time.Duration) (c cached) {
	c.windows.Plan = q.plan
	for i, age := range []time.Duration{first, second} {
		var e *cache.Entry
		if age >= 0 {
			e = entryOfAge(age)
			e.Key = q.plan.Windows[i].Key
		}
		c.windows.Entries = append(c.windows.Entries, e)
	}
	if first >= 0 && second >= 0 {
		c.selection = &collection.Selection{Entries: c.windows.Entries, Choice: collection.Choice{Renew: -1}}
		c.page = render.Whole(c.windows.Entries[0]) // what is cut does not matter here
	}
	if whole >= 0 {
		c.whole = render.Whole(entryOfAge(whole))
	}
	return c
}

func TestDecideAboutAPageOfTwoWindows(t *testing.T) {
	for _, tt := range []struct {
		first, second, whole time.Duration
		directives           string
		want                 string
	}{
		{fresh, fresh, -1, "", "hit"},
		{fresh, revalidate, -1, "", "stale+"},
		{revalidate, revalidate, -1, "", "stale++"},
		{fresh, stale, -1, "", "ask stale"},
		{revalidate, stale, -1, "", "ask stale+"}, // the first is refreshed all the same
		{fresh, stale, -1, "max-stale", "stale stale-allowed"},
		{fresh, fresh, -1, "no-cache", "hit reload-limited"},
		{fresh, revalidate, -1, "no-cache", "ask request"},
		{fresh, -1, -1, "", "ask uri-miss"},
		{fresh, -1, fresh, "", "hit"}, // the page itself is cached
		{revalidate, -1, fresh, "", "hit+"},
		{-1, -1, revalidate, "", "stale+"},
		{-1, -1, -1, "only-if-cached", "refuse only-if-cached"},
	} {
		q := resolved(t, "/2.3.0/spacecraft/?limit=20&offset=90")
		c := windowsOfAges(q, tt.first, tt.second, tt.whole)
		got := decide(&q, &c, directives(tt.directives), rules{now: now, reloadInterval: time.Minute})
		if got.short() != tt.want {
			t.Errorf("%v: %s", tt, got.short())
		}
	}
}

func TestWindowsThatDoNotBelongTogetherAreFetchedAnew(t *testing.T) {
	q := resolved(t, "/2.3.0/spacecraft/?limit=20&offset=90")
	c := windowsOfAges(q, fresh, fresh, -1)
	c.selection.Renew = 0
	if got := decide(&q, &c, directives(""), rules{now: now}).short(); got != "ask stale" {
		t.Errorf("fresh windows: %s", got)
	}
	c = windowsOfAges(q, revalidate, fresh, -1)
	c.selection.Renew = 0
	if got := decide(&q, &c, directives(""), rules{now: now}).short(); got != "stale+" {
		t.Errorf("one that is refreshed anyway: %s", got)
	}
}

func TestConclude(t *testing.T) {
	good := &fetch.Result{Entry: entryOfAge(0), Origin: fetch.FromUpstream, Stored: true}
	with := func(r fetch.Result, change func(*fetch.Result)) *fetch.Result { change(&r); return &r }
	faulty := with(*good, func(r *fetch.Result) { r.Fault = fetch.FaultStatus; r.Entry = entryOfAge(0); r.Entry.Status = 500 })
	malformed := with(*good, func(r *fetch.Result) { r.Fault = fetch.FaultMalformed })
	throttling := with(*good, func(r *fetch.Result) { r.Fault = fetch.FaultStatus; r.Entry = entryOfAge(0); r.Entry.Status = 429 })
	for _, tt := range []struct {
		name     string
		f        fetched
		fallback time.Duration // age; negative: none
		want     string
		billed   bool
	}{
		{"own", fetched{result: good, started: true}, stale, "miss", true},
		{"another's", fetched{result: good}, stale, "collapsed", false},
		{"a peer's, for this one", fetched{result: with(*good, func(r *fetch.Result) { r.Origin = fetch.FromPeer }), started: true}, stale, "miss", true},
		{"a peer's, for another", fetched{result: with(*good, func(r *fetch.Result) { r.Origin = fetch.FromPeer })}, stale, "collapsed", false},
		{"cached meanwhile", fetched{result: with(*good, func(r *fetch.Result) { r.Origin = fetch.FromCache }), started: true}, stale, "hit", false},
		{"500", fetched{result: faulty, started: true}, -1, "miss", true},
		{"500 over what is stale", fetched{result: faulty, started: true}, stale, "stale stale-upstream-status", true},
		{"500 over what is fresh", fetched{result: faulty, started: true}, fresh, "hit stale-upstream-status", true},
		{"500 over what is dead", fetched{result: faulty, started: true}, dead, "miss", true},
		{"half an answer", fetched{result: malformed, started: true}, -1, "refuse upstream-malformed", true},
		{"429", fetched{result: throttling, started: true}, -1, "fail " + errThrottled.Error(), true},
		{"429 over what is stale", fetched{result: throttling, started: true}, stale, "stale stale-quota", true},
		{"no quota", fetched{err: &quota.RefusedError{}, started: true}, -1, "fail " + errThrottled.Error(), false},
		{"no quota over what is stale", fetched{err: &quota.RefusedError{}, started: true}, stale, "stale stale-quota", false},
		{"down", fetched{err: &fetch.UnavailableError{Reason: "down"}}, stale, "stale stale-upstream-down", false},
		{"timeout", fetched{err: &upstream.Error{Sent: true, Err: upstream.ErrTimeout}, started: true}, stale, "stale stale-upstream-timeout", true},
		{"refused connection", fetched{err: &upstream.Error{Err: errors.New("refused")}, started: true}, stale, "stale stale-upstream-unreachable", false},
	} {
		var fallback render.Source
		if tt.fallback >= 0 {
			fallback = render.Whole(entryOfAge(tt.fallback))
		}
		if got := conclude(tt.f, fallback, respond.FwdStale, now).short(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if got := tt.f.billed(); got != tt.billed {
			t.Errorf("%s: billed %t", tt.name, got)
		}
	}
}

// FuzzDecide asserts what holds for whatever is cached and asked: a decision is one
// thing and not two, nobody is asked offline or against only-if-cached, and what is
// fresh answers whoever says nothing.
func FuzzDecide(f *testing.F) {
	f.Add(int16(10), int16(70), int16(-1), "", false)
	f.Add(int16(-1), int16(130), int16(200), "only-if-cached", false)
	f.Add(int16(10), int16(-1), int16(10), "no-cache, max-stale=5", true)
	q := resolved(f, "/2.3.0/spacecraft/?limit=20&offset=90")
	f.Fuzz(func(t *testing.T, first, second, whole int16, cacheControl string, offline bool) {
		seconds := func(n int16) time.Duration { return time.Duration(n) * time.Second }
		c := windowsOfAges(q, seconds(first), seconds(second), seconds(whole))
		d := directives(cacheControl)
		got := decide(&q, &c, d, rules{now: now, offline: offline, reloadInterval: time.Minute})
		things := 0
		for _, is := range []bool{got.source != nil, got.fwd != respond.NotForwarded, got.err != nil} {
			if is {
				things++
			}
		}
		if things != 1 {
			t.Fatalf("%d decisions: %+v", things, got)
		}
		if got.fwd != respond.NotForwarded && (offline || d.OnlyIfCached) {
			t.Error("upstream is asked")
		}
		if len(got.refresh) > 0 && offline {
			t.Error("something is refreshed offline")
		}
		allFresh := first >= 0 && first < 60 && second >= 0 && second < 60
		if allFresh && cacheControl == "" && got.short() != "hit" {
			t.Errorf("fresh windows: %s", got.short())
		}
	})
}
