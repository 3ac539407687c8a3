package proxy_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy/ll2sim"
	"perigee/proxy/respond"
)

func TestOfflineWhatIsHeldAnswersHoweverOld(t *testing.T) {
	const day = 24 * time.Hour
	for _, tt := range []struct {
		name    string
		age     time.Duration
		fields  []string
		outcome string
	}{
		{"fresh", 30 * time.Minute, nil, "hit;ttl=1800"},
		{"to be refreshed", 90 * time.Minute, nil, "hit;detail=stale-offline;ttl=-1800"},
		{"stale", 3 * time.Hour, nil, "hit;detail=stale-offline;ttl=-7200"},
		{"dead", 30 * day, nil, "hit;detail=stale-offline;ttl=-2588400"},
		{"no-cache", 30 * time.Minute, []string{"Cache-Control", "no-cache"}, "hit;detail=reload-offline;ttl=1800"},
		{"Pragma", 30 * time.Minute, []string{"Pragma", "no-cache"}, "hit;detail=reload-offline;ttl=1800"},
		{"max-age not met", 30 * time.Minute, []string{"Cache-Control", "max-age=60"}, "hit;detail=reload-offline;ttl=1800"},
		{"max-age met", 30 * time.Minute, []string{"Cache-Control", "max-age=1800"}, "hit;ttl=1800"},
		{"min-fresh not met", 30 * time.Minute, []string{"Cache-Control", "min-fresh=2000"}, "hit;detail=reload-offline;ttl=1800"},
		{"no-cache, stale", 3 * time.Hour, []string{"Cache-Control", "no-cache"}, "hit;detail=stale-offline;ttl=-7200"},
		{"only-if-cached", 30 * time.Minute, []string{"Cache-Control", "only-if-cached"}, "hit;ttl=1800"},
		{"only-if-cached, dead", 30 * day, []string{"Cache-Control", "only-if-cached"}, "hit;detail=stale-offline;ttl=-2588400"},
		{"max-stale exceeded", 3 * time.Hour, []string{"Cache-Control", "max-stale=60"}, "hit;detail=stale-offline;ttl=-7200"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stocked(t, okPage("a"), withoutWindows, list)
				r := goOffline(t, s)
				time.Sleep(tt.age)
				got := r.get(list, tt.fields...)
				if got.status != 200 || got.body != emptyPage("a") || got.outcome() != tt.outcome {
					t.Errorf("%d %q %s, want %q", got.status, got.outcome(), got.body, tt.outcome)
				}
				if want := strconv.Itoa(int(tt.age / time.Second)); got.header.Get("Age") != want {
					t.Errorf("Age %s, want %s", got.header.Get("Age"), want)
				}
				head := r.do(http.MethodHead, list, tt.fields...)
				if head.status != 200 || head.body != "" || head.outcome() != tt.outcome || head.header.Get("Content-Length") == "" {
					t.Errorf("HEAD: %d %q %q %v", head.status, head.outcome(), head.body, head.header)
				}
				same := r.get(list, append(tt.fields, "If-None-Match", got.header.Get("Etag"))...)
				if same.status != http.StatusNotModified || same.body != "" || same.outcome() != tt.outcome {
					t.Errorf("If-None-Match: %d %q %q", same.status, same.outcome(), same.body)
				}
				want := respond.Stale
				if tt.age < time.Hour {
					want = respond.Hit
				}
				if n := r.seen.count(r.seen.outcomes, string(want)); n != 3 {
					t.Errorf("outcomes %v, want three times %s", r.seen.outcomes, want)
				}
			})
		})
	}
}

func TestOfflineWhatIsNotHeldIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := goOffline(t, newBareStore(t), withWindows)
		for _, target := range []string{
			list, "/2.3.0/spacecraft/?limit=20&offset=90", "/2.3.0/spacecraft/1/", "/2.3.0/", "/2.3.0/no/such/", "/2.2.0/launch/",
			"/2.3.0/launches/?net__gte=2026-03-01T12:34:56Z", "/", "/admin/", "/static/style.css?x=1",
		} {
			for _, fields := range [][]string{nil, {"Cache-Control", "only-if-cached"}, {"Cache-Control", "no-cache"}} {
				got := r.get(target, fields...)
				if got.status != http.StatusGatewayTimeout || got.header.Get("Content-Type") != "application/problem+json" ||
					got.outcome() != "detail=offline" || !strings.Contains(got.body, "PERIGEE_OFFLINE") {
					t.Errorf("%s: %d %q %s", target, got.status, got.outcome(), got.body)
				}
				if after := got.header.Get("Retry-After"); after != "" {
					t.Errorf("%s: Retry-After %s", target, after)
				}
			}
			if got := r.do(http.MethodHead, target); got.status != http.StatusGatewayTimeout || got.body != "" {
				t.Errorf("HEAD %s: %d %s", target, got.status, got.body)
			}
		}
	})
}

func TestOfflineTheProxyItselfStillAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := goOffline(t, newBareStore(t))
		for _, tt := range []struct {
			method, target, accept string
			status                 int
			outcome                string
		}{
			{http.MethodOptions, list, "", 204, "detail=options"},
			{http.MethodGet, "/2.3.0/api-throttle/", "", 200, "detail=throttle-report"},
			{http.MethodGet, list, "image/png", 406, "detail=negotiation"},
			{http.MethodGet, list + "&format=xml", "", 404, "detail=negotiation"},
			{http.MethodPost, list, "", 405, "detail=method"},
		} {
			var fields []string
			if tt.accept != "" {
				fields = []string{"Accept", tt.accept}
			}
			if got := r.do(tt.method, tt.target, fields...); got.status != tt.status || got.outcome() != tt.outcome {
				t.Errorf("%s %s: %d %q, want %d %q", tt.method, tt.target, got.status, got.outcome(), tt.status, tt.outcome)
			}
		}
		time.Sleep(3 * time.Hour) // in which no report is asked for either
	})
}

// fromSim is what upstream answers, with the links of the proxy.
func fromSim(sim *ll2sim.Server, target string) string {
	rec := httptest.NewRecorder()
	sim.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, inProcessBase+target, nil))
	return strings.ReplaceAll(rec.Body.String(), inProcessBase, "http://perigee.test")
}

func TestOfflinePagesAreCutFromHeldWindows(t *testing.T) {
	for _, tt := range []struct {
		name    string
		age     time.Duration
		outcome string
	}{
		{"fresh", time.Minute, "hit;ttl=3540"},
		{"stale", 3 * time.Hour, "hit;detail=stale-offline;ttl=-7200"},
		{"dead", 20 * 24 * time.Hour, "hit;detail=stale-offline;ttl=-1724400"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := ll2sim.New(ll2sim.Options{Limit: -1})
				s := stocked(t, sim, withWindows, "/2.3.0/spacecraft/?limit=20&offset=90") // two windows
				r := goOffline(t, s, withWindows)
				time.Sleep(tt.age)
				for _, query := range []string{
					"limit=7&offset=3", "", "limit=100", "limit=20&offset=90", "limit=30&offset=85&format=json",
					"offset=590", "offset=10000&limit=3", "offset=9999999999999",
				} {
					target := "/2.3.0/spacecraft/?" + query
					got := r.get(target)
					if want := fromSim(sim, target); got.status != 200 || got.body != want {
						t.Errorf("%s: %d, differs at %s", query, got.status, firstDifference(got.body, want))
					}
					if got.outcome() != tt.outcome {
						t.Errorf("%s: %q, want %q", query, got.outcome(), tt.outcome)
					}
				}
				for _, query := range []string{"limit=20&offset=190", "offset=300", "limit=3&mode=list"} {
					if got := r.get("/2.3.0/spacecraft/?" + query); got.status != http.StatusGatewayTimeout {
						t.Errorf("%s: %d %q", query, got.status, got.outcome())
					}
				}
			})
		})
	}
}

// Windows of different states of the list are put together, since nobody can be
// asked for better ones, and the answer says so.
func TestOfflinePagesOfMixedGenerations(t *testing.T) {
	for _, tt := range []struct {
		name          string
		first, second string // what is fetched, and three hours later
		hidden        [2]int // elements that the list lacks then
		page          string
		count         string
		elements      int
	}{
		{"the list has shrunk", "offset=0", "offset=100", [2]int{0, 10}, "limit=20&offset=90", "580", 20},
		{"the list has grown", "offset=0", "offset=100", [2]int{10, 0}, "limit=20&offset=90", "590", 20},
		{"beyond the older end", "offset=500", "offset=400", [2]int{80, 0}, "limit=20&offset=495", "510", 15},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newBareStore(t)
				sim := ll2sim.New(ll2sim.Options{Limit: -1})
				online := stocking(t, s, sim, withWindows)
				for i, query := range []string{tt.first, tt.second} {
					sim.Hide("spacecraft", tt.hidden[i])
					online.get("/2.3.0/spacecraft/?limit=5&" + query)
					time.Sleep(3 * time.Hour)
				}
				got := goOffline(t, s, withWindows).get("/2.3.0/spacecraft/?" + tt.page)
				if got.status != 200 || got.outcome() != "hit;detail=mixed-generations;ttl=-18000" {
					t.Errorf("%d %q", got.status, got.outcome())
				}
				if !strings.HasPrefix(got.body, `{"count":`+tt.count+",") {
					t.Errorf("%.60s, want count %s", got.body, tt.count)
				}
				if n := strings.Count(got.body, `"serial_number":`); n != tt.elements {
					t.Errorf("%d elements, want %d", n, tt.elements)
				}
			})
		})
	}
}

// What was cached as a page of its own answers where its windows are not cached.
func TestOfflineAPageThatIsHeldAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := ll2sim.New(ll2sim.Options{Limit: -1})
		const target = "/2.3.0/spacecraft/?limit=7&offset=3"
		s := stocked(t, sim, withoutWindows, target)
		got := goOffline(t, s, withWindows).get(target)
		if want := fromSim(sim, target); got.status != 200 || got.body != want || got.outcome() != "hit;ttl=3600" {
			t.Errorf("%d %q, differs at %s", got.status, got.outcome(), firstDifference(got.body, want))
		}
	})
}

func TestOfflineAnErrorOfAWindowAnswersItsPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stocked(t, ll2sim.New(ll2sim.Options{Limit: -1}), withWindows, "/2.3.0/spacecraft/?status=abc&limit=3")
		r := goOffline(t, s, withWindows)
		time.Sleep(time.Hour)
		got := r.get("/2.3.0/spacecraft/?status=abc&limit=4")
		if got.status != 400 || got.body != `{"status":["Enter a number."]}` || !strings.HasPrefix(got.outcome(), "hit;detail=stale-offline;") {
			t.Errorf("%d %q %s", got.status, got.outcome(), got.body)
		}
	})
}

func TestOfflineObjectsOutOfLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := ll2sim.New(ll2sim.Options{Limit: -1})
		s := stocked(t, sim, withWindows, "/2.3.0/spacecraft/?mode=detailed&limit=3")
		r := goOffline(t, s, withWindows)
		for _, outcome := range []string{"hit;detail=from-list;ttl=3600", "hit;detail=stale-offline;ttl=-2588400"} {
			for _, target := range []string{"/2.3.0/spacecraft/1/", "/2.3.0/spacecraft/57/?format=json"} {
				got := r.get(target)
				if want := fromSim(sim, target); got.status != 200 || got.body != want || got.outcome() != outcome {
					t.Errorf("%s: %d %q, want %q; differs at %s", target, got.status, got.outcome(), outcome, firstDifference(got.body, want))
				}
			}
			time.Sleep(30 * 24 * time.Hour)
		}
		if got := r.get("/2.3.0/spacecraft/400/"); got.status != http.StatusGatewayTimeout {
			t.Errorf("an object beyond the window: %d", got.status)
		}
	})
}

// Of two lists with the same object the newer counts, in whatever order they are
// found.
func TestOfflineTheNewerListAnswersForAnObject(t *testing.T) {
	for _, newestFirst := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s := newBareStore(t)
			online := stocking(t, s, ll2sim.New(ll2sim.Options{Limit: -1}), withWindows)
			online.get("/2.3.0/spacecraft/?mode=detailed")
			time.Sleep(3 * time.Hour)
			online.get("/2.3.0/spacecraft/?mode=detailed&ordering=id")
			r := goOffline(t, s, withWindows)
			r.h.LearnCached(s.all(newestFirst))
			time.Sleep(time.Minute)
			if got := r.get("/2.3.0/spacecraft/1/"); got.outcome() != "hit;detail=from-list;ttl=3540" {
				t.Errorf("newest first %t: %q", newestFirst, got.outcome())
			}
		})
	}
}
