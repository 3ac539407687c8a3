package proxy_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy"
)

// growing is a list whose elements are ordered by id, the latest first: each new one
// moves all others down.
type growing struct {
	count int
	asked int
	fails func(limit, offset int) bool // 503
}

func (g *growing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.asked++
	q := r.URL.Query()
	limit, _ := strconv.Atoi(q.Get("limit"))
	if limit == 0 {
		limit = 10
	}
	offset, _ := strconv.Atoi(q.Get("offset"))
	if g.fails(limit, offset) {
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	link := func(offset int, there bool) any {
		if !there {
			return nil
		}
		next := url.Values{"limit": {strconv.Itoa(limit)}}
		if offset > 0 {
			next.Set("offset", strconv.Itoa(offset))
		}
		return inProcessBase + r.URL.Path + "?" + next.Encode()
	}
	results := []any{}
	for i := offset; i < min(offset+limit, g.count); i++ {
		results = append(results, map[string]any{"id": g.count - i, "count": g.count})
	}
	w.Header().Set("Content-Type", "application/json")
	body, _ := json.Marshal(map[string]any{
		"count": g.count, "next": link(offset+limit, offset+limit < g.count), "previous": link(offset-limit, offset > 0), "results": results,
	})
	_, _ = w.Write(body)
}

// counts are those of the list by each element of a page.
func counts(t *testing.T, a answered) (all []int) {
	t.Helper()
	var p struct{ Results []struct{ Count int } }
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("%d %s %q: %v", a.status, a.outcome(), a.body, err)
	}
	for _, e := range p.Results {
		all = append(all, e.Count)
	}
	return all
}

const grown = "/2.3.0/pads/"

func newGrowingRig(t *testing.T, count int) (*clockRig, *growing) {
	t.Helper()
	up := &growing{count: count, fails: func(int, int) bool { return false }}
	return newClockRig(t, up, withWindows, func(o *proxy.Options) { o.ReloadInterval = time.Minute }), up
}

// A list grew over the border of its last window while that was stale. The page that
// ends it was a 200 without a byte.
func TestAListThatGrowsOverTheBorderOfAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, up := newGrowingRig(t, 100)
		r.get(grown + "?limit=20&offset=90")
		up.count = 103
		time.Sleep(3 * time.Hour) // past stale-while-revalidate
		if got := counts(t, r.get(grown+"?limit=20&offset=90")); len(got) != 13 {
			t.Errorf("%d elements, want 13", len(got))
		}
	})
}

// A client that takes only what is new was given what was stale, and nothing was
// fetched: what is stale but may be served while it is refreshed counted as good enough
// for everybody.
func TestMaxAgeOfAPageThatIsStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, up := newGrowingRig(t, 200)
		r.get(grown)
		up.count = 201
		time.Sleep(90 * time.Minute)
		got := r.get(grown, "Cache-Control", "max-age=60")
		if got.header.Get("Age") != "0" || counts(t, got)[0] != 201 {
			t.Errorf("Age %s, %s", got.header.Get("Age"), got.outcome())
		}
	})
}

// Of two windows one was not cached. The other was taken from the cache, although the
// client wanted nothing from there.
func TestAReloadOfAPageOfWhichOneWindowIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, up := newGrowingRig(t, 200)
		r.get(grown + "?offset=150")
		time.Sleep(30 * time.Minute)
		up.asked = 0
		got := r.get(grown+"?limit=20&offset=90", "Cache-Control", "no-cache")
		if up.asked != 2 || got.header.Get("Age") != "0" {
			t.Errorf("%d requests, Age %s, %s", up.asked, got.header.Get("Age"), got.outcome())
		}
	})
}

// A client that walks a list is given the windows that it began with. If it insists on
// newer ones, a request was spent for it, and then it was given the old ones.
func TestAWalkerThatInsistsOnWhatIsNew(t *testing.T) {
	for _, directive := range []string{"no-cache", "max-age=60"} {
		t.Run(directive, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, up := newGrowingRig(t, 200)
				r.from(address(1), grown+"?limit=20")
				up.count = 201
				time.Sleep(5 * time.Minute)
				got := r.from(address(1), grown+"?limit=20&offset=20", "Cache-Control", directive)
				if got.header.Get("Age") != "0" || counts(t, got)[0] != 201 {
					t.Errorf("Age %s, of %d elements, %s", got.header.Get("Age"), counts(t, got)[0], got.outcome())
				}
			})
		})
	}
}

// When upstream failed, a page was put together of whatever windows were there, of
// different states of the list: without a word, and though windows of one state were
// cached, too, or could have been told apart by their counts.
func TestAPageOfTwoStatesInPlaceOfAFailureSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, up := newGrowingRig(t, 200)
		r.get(grown + "?offset=150") // the second window
		time.Sleep(90 * time.Minute)
		up.count = 205
		r.get(grown) // the first
		time.Sleep(2 * time.Hour)
		up.fails = func(int, int) bool { return true }
		got := r.get(grown + "?limit=20&offset=90")
		all := counts(t, got)
		if all[0] != all[len(all)-1] && !strings.Contains(got.outcome(), "mixed-generations") {
			t.Errorf("%s: %v", got.outcome(), all)
		}
	})
}

// A purge left the windows of another width than the present one, which came back when
// the width changed.
func TestAPurgeReachesWindowsOfEveryWidth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, up := newGrowingRig(t, 200)
		up.fails = func(limit, offset int) bool { return limit >= 50 && offset == 100 }
		narrow := func(limit string) { // wide windows fail twice
			r.get(grown + "?offset=100&limit=" + limit)
			r.get(grown + "?offset=105&limit=" + limit)
		}
		narrow("5")
		r.get(grown + "?offset=130") // now from a window of 25
		r.get(grown + "?limit=100")  // one of 100 is good: they are wide again
		if _, err := r.h.Purge(grown + "?offset=130"); err != nil {
			t.Fatal(err)
		}
		up.count = 201
		time.Sleep(time.Minute)
		narrow("6")
		if got := r.get(grown + "?offset=130"); counts(t, got)[0] != 201 {
			t.Errorf("of %d elements, %s: it was purged", counts(t, got)[0], got.outcome())
		}
	})
}
