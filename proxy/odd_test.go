package proxy_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy/ll2sim"
	"perigee/proxy/upstream"
)

// oddAnswers take the place of upstream's while odd is set.
type oddAnswers struct {
	next  http.Handler
	odd   http.HandlerFunc // nil: upstream answers
	asked int              // requests, whoever answers
}

func (o *oddAnswers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.asked++
	if o.odd != nil {
		o.odd(w, r)
		return
	}
	o.next.ServeHTTP(w, r)
}

func newOddRig(t *testing.T) (*clockRig, *oddAnswers) {
	t.Helper()
	up := &oddAnswers{next: ll2sim.New(ll2sim.Options{Limit: -1})}
	return newClockRig(t, up, withWindows), up
}

// One answer that is none took a good one's place: an error document with status 200, a
// captive portal, a page of another shape. Lists were not cut any more until the
// restart, and each page cost a request.
func TestOneOddAnswerDoesNotReplaceAGoodOne(t *testing.T) {
	const page, object = "/2.3.0/spacecraft/?limit=5", "/2.3.0/spacecraft/7/"
	json := func(body string) http.HandlerFunc { return says(200, "application/json", body) }
	for _, tt := range []struct {
		name, target string
		odd          http.HandlerFunc
	}{
		{"an error document for a list", page, json(`{"detail":"Something went wrong."}`)},
		{"nothing for a list", page, json(`{}`)},
		{"a short page", page, json(`{"count":590,"next":null,"previous":null,"results":[{"id":1}]}`)},
		{"a next that leads elsewhere", page, json(`{"count":0,"next":"https://example.org/","previous":null,"results":[]}`)},
		{"a list that is not there", page, says(404, "application/json", `{"detail":"Not found."}`)},
		{"a list of 2.2.0 that is not there", "/2.2.0/spacecraft/?limit=5", says(404, "application/json", `{"detail":"Not found."}`)},
		{"an error document for a list of 2.2.0", "/2.2.0/spacecraft/?limit=5", json(`{"detail":"Something went wrong."}`)},
		{"an error document for an object", object, json(`{"detail":"Something went wrong."}`)},
		{"nothing for an object", object, json(`{}`)},
		{"a list for an object", object, json(`[1,2]`)},
		{"another document for an object", object, json(`{"maintenance":true,"until":"noon"}`)},
		{"a captive portal", "/2.2.0/unheard-of/", says(200, "text/html", "<title>Log in</title>")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, up := newOddRig(t)
				if strings.Contains(tt.target, "unheard-of") {
					up.next = json(`{"version":1}`)
				}
				good := r.get(tt.target)
				if good.status != 200 {
					t.Fatalf("%d %s", good.status, good.body)
				}
				time.Sleep(3 * time.Hour) // past stale-while-revalidate
				up.odd = tt.odd
				asked := up.asked
				got := r.get(tt.target)
				if got.status != 200 || got.body != good.body || !strings.Contains(got.outcome(), "detail=stale-upstream-") {
					t.Errorf("while it is odd: %d %s %.200s", got.status, got.outcome(), got.body)
				}
				if n := up.asked - asked; n != 1 {
					t.Errorf("%d requests were spent on it, want one", n)
				}
				up.odd = nil
				time.Sleep(time.Hour)
				if got := r.get(tt.target); got.status != 200 || got.body != good.body || strings.Contains(got.outcome(), "detail") {
					t.Errorf("after it: %d %s", got.status, got.outcome())
				}
				if strings.Contains(tt.target, "limit") { // the list is cut as ever
					asked = up.asked
					for n := range 7 {
						r.get(strings.Replace(tt.target, "limit=5", "limit="+strconv.Itoa(3+n), 1))
					}
					if n := up.asked - asked; n != 0 {
						t.Errorf("seven pages of the list cost %d requests", n)
					}
				}
			})
		})
	}
}

// A wide page that fails made requests fail that would have worked: clients got its
// error again and again, although their own small page was fine.
func TestAWidePageThatFailsHarmsNoSmallOne(t *testing.T) {
	wide := func(r *http.Request, most int) bool {
		n, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		return n > most
	}
	for _, tt := range []struct {
		name string
		most int // elements that upstream manages
		odd  http.HandlerFunc
	}{
		{"5xx", 60, says(503, "text/html", "busy")},
		{"half a body", 60, says(200, "application/json", `{"count":590,"next":`)},
		{"nothing above 10", 10, says(500, "text/html", "no")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, up := newOddRig(t)
				sim := up.next
				up.odd = func(w http.ResponseWriter, r *http.Request) {
					if wide(r, tt.most) {
						tt.odd(w, r)
						return
					}
					sim.ServeHTTP(w, r)
				}
				for n := range 40 {
					if got := r.get(fmt.Sprintf("/2.3.0/spacecraft/?limit=5&offset=%d", 5*n)); got.status != 200 || got.body == "" {
						t.Fatalf("page %d: %d %s", n, got.status, got.body)
					}
					time.Sleep(11 * time.Second)
				}
				most := 40 + 4 // 200 elements, each page by itself, and what was tried
				if tt.most >= 50 {
					most = 2 + 4 // of 50 elements each
				}
				if up.asked > most {
					t.Errorf("forty pages cost %d requests, want at most %d", up.asked, most)
				}
				up.odd, up.asked = nil, 0
				time.Sleep(7 * time.Hour)
				for n := range 20 {
					r.get(fmt.Sprintf("/2.3.0/spacecraft/?limit=5&offset=%d", 5*n))
				}
				if up.asked != 1 {
					t.Errorf("when it works again, twenty pages cost %d requests, want one wide one", up.asked)
				}
			})
		})
	}
}

// A timeout of a wide page is no fault of the small one.
func TestAWidePageThatTimesOutHarmsNoSmallOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := newOddRig(t)
		r.up.fails = func(n int64) error {
			if n == 1 {
				return &upstream.Error{Op: "await response", Sent: true, Err: upstream.ErrTimeout}
			}
			return nil
		}
		if got := r.get("/2.3.0/spacecraft/?limit=5"); got.status != 200 {
			t.Errorf("%d %s", got.status, got.body)
		}
		if n := r.up.gets.Load(); n != 2 {
			t.Errorf("%d requests", n)
		}
	})
}
