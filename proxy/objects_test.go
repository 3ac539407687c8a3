package proxy_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy/ll2sim"
)

// One page in detail answers for all the objects on it, and says so.
func TestObjectsOutOfLists(t *testing.T) {
	r := windowRig(t)
	r.get("/2.3.0/spacecraft/?mode=detailed&limit=3")
	r.get("/2.3.0/config/orbits/")
	for _, target := range []string{"/2.3.0/spacecraft/1/", "/2.3.0/spacecraft/57/?format=json", "/2.3.0/spacecraft/100", "/2.3.0/config/orbits/1/"} {
		want := r.direct(target)
		if want.status == 301 {
			want = r.direct(want.header.Get("Location"))
		}
		got := r.get(target)
		if got.body != swapBase(r, want.body) {
			t.Errorf("%s differs at %s", target, firstDifference(got.body, swapBase(r, want.body)))
		}
		if !strings.HasPrefix(got.outcome(), "hit;detail=from-list;ttl=") {
			t.Errorf("%s: %q", target, got.outcome())
		}
	}
}

// Elements of another schema, and objects beyond what is cached, are asked for.
func TestObjectsThatNoListHolds(t *testing.T) {
	r := windowRig(t)
	r.get("/2.3.0/spacecraft/?limit=3") // in normal mode elements are not the objects
	r.get("/2.3.0/agencies/?mode=detailed&limit=3&search=x")
	for _, target := range []string{"/2.3.0/spacecraft/1/", "/2.3.0/spacecraft/1/?status=99", "/2.3.0/spacecraft/1/?format=api"} {
		if got := r.get(target); !strings.Contains(got.outcome(), "uri-miss") {
			t.Errorf("%s: %q", target, got.outcome())
		}
	}
}

// A fresher object is not given up for an older element, nor the other way round.
func TestTheNewerOfObjectAndElementAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, ll2sim.New(ll2sim.Options{Limit: -1}), withWindows)
		const object, list = "/2.3.0/spacecraft/1/", "/2.3.0/spacecraft/?mode=detailed"
		r.get(list)
		time.Sleep(3 * time.Hour) // past all freshness of the list
		if got := r.get(object); !strings.Contains(got.outcome(), "fwd=stale") {
			t.Errorf("a stale element: %q", got.outcome())
		}
		if got := r.get(object); got.outcome() != "hit;ttl=3600" {
			t.Errorf("the object is newer: %q", got.outcome())
		}
		time.Sleep(time.Minute)
		r.get(list)
		if got := r.get(object); !strings.HasPrefix(got.outcome(), "hit;detail=from-list") {
			t.Errorf("the element is newer: %q", got.outcome())
		}
		time.Sleep(time.Minute)
		r.get(object, "Cache-Control", "no-cache")
		if got := r.get(object); got.outcome() != "hit;ttl=3600" {
			t.Errorf("the object is newer again, and both are fresh: %q", got.outcome())
		}
	})
}
