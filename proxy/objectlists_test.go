package proxy_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"perigee/cache"
	"perigee/proxy"
	"perigee/proxy/ll2sim"
)

// kept is what a handler has had kept.
type kept struct {
	data  []byte
	saves int
}

func (k *kept) options(o *proxy.Options) {
	o.ObjectLists = k.data
	o.SaveObjectLists = func(data []byte) { k.data = data; k.saves++ }
}

// firstRun has a handler fetch some targets and end. It returns what it left.
func firstRun(t *testing.T, sim *ll2sim.Server, targets ...string) (*bareStore, *kept) {
	t.Helper()
	s, k := newBareStore(t), &kept{}
	r := stocking(t, s, sim, withWindows, k.options)
	for _, target := range targets {
		r.get(target)
	}
	r.h.Close()
	return s, k
}

const detailedList = "/2.3.0/spacecraft/?mode=detailed&limit=3"

// The keys of two lists of the same objects.
const (
	detailedKey = "ll2/1 json /2.3.0/spacecraft/?limit=100&mode=detailed"
	orderedKey  = "ll2/1 json /2.3.0/spacecraft/?limit=100&mode=detailed&ordering=id"
)

// What a list answered before a restart it answers after it, whoever asks first, and
// however many do at once.
func TestObjectsOutOfListsAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := ll2sim.New(ll2sim.Options{Limit: -1})
		s, k := newBareStore(t), &kept{}
		before := stocking(t, s, sim, withWindows, k.options)
		before.get(detailedList)
		before.get("/2.3.0/config/orbits/")
		before.get("/2.3.0/spacecraft/?limit=3") // whose elements are not the objects
		want := before.get("/2.3.0/spacecraft/57/")
		before.h.Close()
		if k.saves != 2 {
			t.Errorf("kept %d times, want once for each list with objects", k.saves)
		}

		asked := sim.Requests().Billed
		after := stocking(t, s, sim, withWindows, k.options)
		var asking sync.WaitGroup
		for i := range 30 {
			asking.Go(func() {
				got := after.get([]string{"/2.3.0/spacecraft/57/", "/2.3.0/spacecraft/1/", "/2.3.0/config/orbits/2/"}[i%3])
				if !strings.HasPrefix(got.outcome(), "hit;detail=from-list") || i%3 == 0 && (got.body != want.body || got.header.Get("Etag") != want.header.Get("Etag")) {
					t.Errorf("%d %s", got.status, got.outcome())
				}
			})
		}
		asking.Wait()
		if got := sim.Requests().Billed - asked; got != 0 {
			t.Errorf("upstream was asked %d times", got)
		}
		if got := after.get("/2.3.0/spacecraft/400/"); !strings.Contains(got.outcome(), "uri-miss") {
			t.Errorf("an object beyond the list: %s", got.outcome())
		}
		if k.saves != 2 {
			t.Errorf("kept %d times though nothing is new", k.saves)
		}
	})
}

// Without what was kept, or with something of another version, only lists answer
// that were asked for again.
func TestListsAnswerForTheirObjectsOnceAskedFor(t *testing.T) {
	for _, data := range []string{"", "{}", `["ll2/1 json /2.3.0/agencies/?limit=100","x",""]`, `["ll2/9 json /2.3.0/spacecraft/?limit=100&mode=detailed"]`} {
		synctest.Test(t, func(t *testing.T) {
			sim := ll2sim.New(ll2sim.Options{Limit: -1})
			s := stocked(t, sim, withWindows, detailedList)
			after := stocking(t, s, sim, withWindows, (&kept{data: []byte(data)}).options)
			if got := after.get("/2.3.0/spacecraft/57/"); !strings.Contains(got.outcome(), "uri-miss") {
				t.Errorf("%q: before the list: %s", data, got.outcome())
			}
			after.get(detailedList)
			if got := after.get("/2.3.0/spacecraft/1/"); !strings.HasPrefix(got.outcome(), "hit;detail=from-list") {
				t.Errorf("%q: after the list: %s", data, got.outcome())
			}
		})
	}
}

// Without windows a page that is the whole of its list answers for its objects too.
func TestWholeListsAnswerForTheirObjectsAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := ll2sim.New(ll2sim.Options{Limit: -1})
		s := stocked(t, sim, withoutWindows, "/2.3.0/config/orbits/?limit=100")
		after := stocking(t, s, sim, withoutWindows)
		after.get("/2.3.0/config/orbits/?limit=100")
		if got := after.get("/2.3.0/config/orbits/2/"); !strings.HasPrefix(got.outcome(), "hit;detail=from-list") {
			t.Errorf("got %s", got.outcome())
		}
	})
}

// What another replica has fetched answers for its objects here.
func TestLandedListsAnswerForTheirObjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := ll2sim.New(ll2sim.Options{Limit: -1})
		s, k := newBareStore(t), &kept{}
		here := stocking(t, s, sim, withWindows, k.options)
		there := stocking(t, s, sim, withWindows)
		there.get(detailedList)
		for _, key := range []string{detailedKey, "ll2/1 json /2.3.0/spacecraft/?limit=100", "nonsense"} {
			here.h.HeardOf(key)
		}
		asked := sim.Requests().Billed
		if got := here.get("/2.3.0/spacecraft/57/"); !strings.HasPrefix(got.outcome(), "hit;detail=from-list") {
			t.Errorf("got %s", got.outcome())
		}
		if got := sim.Requests().Billed - asked; got != 0 || k.saves != 1 {
			t.Errorf("upstream was asked %d times, and kept %d times", got, k.saves)
		}
	})
}

// A list that is not cached any more is forgotten, and others are kept without it.
func TestObjectListsThatAreGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := ll2sim.New(ll2sim.Options{Limit: -1})
		s, k := firstRun(t, sim, detailedList)
		clear(s.cached)
		after := stocking(t, s, sim, withWindows, k.options)
		if got := after.get("/2.3.0/spacecraft/57/"); !strings.Contains(got.outcome(), "uri-miss") {
			t.Errorf("got %s", got.outcome())
		}
		after.get("/2.3.0/config/orbits/")
		if got := string(k.data); strings.Contains(got, "spacecraft") || !strings.Contains(got, "orbits") {
			t.Errorf("kept %s", got)
		}
	})
}

// The thousand latest lists are kept.
func TestObjectListsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kept{}
		r := stocking(t, newBareStore(t), ll2sim.New(ll2sim.Options{Limit: -1}), withWindows, k.options)
		for i := range 1010 {
			r.h.HeardOf(fmt.Sprintf("ll2/1 json /2.3.0/spacecraft/?limit=100&mode=detailed&offset=%d00", 1+i))
			r.h.HeardOf(detailedKey) // stays the latest
		}
		got := string(k.data)
		if n := strings.Count(got, "ll2/1"); n != 1000 || !strings.Contains(got, "offset=101000\"") || strings.Contains(got, "offset=100\"") || !strings.Contains(got, "detailed\"") {
			t.Errorf("%d lists are kept: %.300s", n, got)
		}
	})
}

// An older list does not answer in a newer one's place because it was read later;
// and it does once the newer one is gone.
func TestTheNewestListAnswersInWhateverOrderTheyAreRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := ll2sim.New(ll2sim.Options{Limit: -1})
		s, k := newBareStore(t), &kept{}
		before := stocking(t, s, sim, withWindows, k.options)
		before.get(detailedList)
		time.Sleep(10 * time.Minute)
		before.get("/2.3.0/spacecraft/?mode=detailed&ordering=id")
		before.h.Close()
		time.Sleep(time.Minute)
		after := stocking(t, s, sim, withWindows, k.options)
		for range 2 {
			if got := after.get("/2.3.0/spacecraft/1/"); got.outcome() != "hit;detail=from-list;ttl=3540" {
				t.Errorf("got %s, want it from the newer list", got.outcome())
			}
			after.get(detailedList)
		}
		must(t, s.Delete(orderedKey))
		asked := sim.Requests().Billed
		for _, target := range []string{"/2.3.0/spacecraft/1/", "/2.3.0/spacecraft/57/"} {
			if got := after.get(target); got.outcome() != "hit;detail=from-list;ttl=2940" {
				t.Errorf("%s: got %s, want it from the older list", target, got.outcome())
			}
		}
		if got := sim.Requests().Billed - asked; got != 0 {
			t.Errorf("upstream was asked %d times", got)
		}
	})
}

// What was purged stays purged when the list comes into memory once more.
func TestAPurgedObjectIsNotLearnedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := ll2sim.New(ll2sim.Options{Limit: -1})
		r := stocking(t, newBareStore(t), sim, withWindows)
		r.get(detailedList)
		time.Sleep(time.Second)
		_, err := r.h.Purge("/2.3.0/spacecraft/1/")
		must(t, err)
		r.get(detailedList) // from the bareStore, as if it were new in memory
		if got := r.get("/2.3.0/spacecraft/57/"); !strings.HasPrefix(got.outcome(), "hit;detail=from-list") {
			t.Errorf("another object: %s", got.outcome())
		}
		if got := r.get("/2.3.0/spacecraft/1/"); !strings.Contains(got.outcome(), "uri-miss") {
			t.Errorf("what was purged: %s", got.outcome())
		}
		// A list that is asked for after the purge answers again.
		time.Sleep(2 * time.Hour)
		r.get(detailedList, "Cache-Control", "no-cache")
		if got := r.get("/2.3.0/spacecraft/1/"); !strings.HasPrefix(got.outcome(), "hit;detail=from-list") {
			t.Errorf("of a newer list: %s", got.outcome())
		}
	})
}

// counting counts the look-ups of each key.
type counting struct {
	cache.Tier
	mu   sync.Mutex
	gets map[string]int
}

func (c *counting) Get(key string) (*cache.Entry, bool) {
	c.mu.Lock()
	c.gets[key]++
	c.mu.Unlock()
	return c.Tier.Get(key)
}

// A list is read for its objects once, and when an object is asked for that it may
// hold.
func TestObjectListsAreReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := ll2sim.New(ll2sim.Options{Limit: -1})
		s, k := firstRun(t, sim, detailedList, "/2.3.0/config/orbits/", "/2.3.0/spacecraft/?mode=detailed&status=abc")
		store := &counting{Tier: s, gets: map[string]int{}}
		after := newClockRig(t, sim, withWindows, k.options, func(o *proxy.Options) { o.Store = store })
		const refused = "ll2/1 json /2.3.0/spacecraft/?limit=100&mode=detailed&status=abc" // a 400, and no list
		after.h.HeardOf(refused)
		for id := 400; id < 405; id++ { // beyond the list
			after.get(fmt.Sprintf("/2.3.0/spacecraft/%d/", id))
		}
		for _, key := range []string{detailedKey, refused} {
			if got := store.gets[key]; got != 1 {
				t.Errorf("%s was read %d times, want once", key, got)
			}
		}
		if got := store.gets["ll2/1 json /2.3.0/config/orbits/?limit=100"]; got != 0 {
			t.Errorf("a list of other objects was read %d times", got)
		}
	})
}

// When another replica has fetched a list anew, that list is read for an object, and
// not all the others that there are.
func TestOnlyTheListThatIsNewIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := ll2sim.New(ll2sim.Options{Limit: -1})
		s, k := firstRun(t, sim, "/2.3.0/spacecraft/?mode=detailed&ordering=id")
		time.Sleep(time.Minute)
		stocking(t, s, sim, withWindows, k.options).get(detailedList)
		store := &counting{Tier: s, gets: map[string]int{}}
		here := newClockRig(t, sim, withWindows, k.options, func(o *proxy.Options) { o.Store = store })
		here.get("/2.3.0/spacecraft/1/") // has both read
		sim.Hide("spacecraft", 10)
		time.Sleep(time.Minute)
		stocking(t, s, sim, withWindows).get(detailedList, "Cache-Control", "no-cache")
		here.h.HeardOf(detailedKey)
		if got := here.get("/2.3.0/spacecraft/57/"); got.outcome() != "hit;detail=from-list;ttl=3600" {
			t.Errorf("got %s, want it from the new list", got.outcome())
		}
		if got := store.gets[orderedKey]; got != 1 {
			t.Errorf("the other list was read %d times, want once", got)
		}
	})
}

// A list that has yet to be read is read when what is known of an object is stale:
// it may be newer.
func TestANewListIsReadBeforeAStaleOneAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := ll2sim.New(ll2sim.Options{Limit: -1})
		s, k := firstRun(t, sim, "/2.3.0/spacecraft/?mode=detailed&ordering=id")
		here := stocking(t, s, sim, withWindows, k.options)
		here.get("/2.3.0/spacecraft/57/")
		time.Sleep(3 * time.Hour)
		stocking(t, s, sim, withWindows).get(detailedList)
		here.h.HeardOf(detailedKey)
		if got := here.get("/2.3.0/spacecraft/57/"); got.outcome() != "hit;detail=from-list;ttl=3600" {
			t.Errorf("got %s, want it from the new list", got.outcome())
		}
	})
}
