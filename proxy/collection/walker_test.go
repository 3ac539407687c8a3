package collection_test

import (
	"fmt"
	"testing"
	"time"

	"perigee/proxy/collection"
	"perigee/proxy/ll2"
	"perigee/proxy/ll2/ll2test"
)

func TestWalks(t *testing.T) {
	const list = "ll2/1 json /2.3.0/spacecraft/"
	g := generation(0, 5, 590)
	start := ll2test.Noon()
	for _, tt := range []struct {
		reason       string
		client, list string
		limit        int
		offset       string
		after        time.Duration
		want         bool
	}{
		{"the page after", "a", list, 10, "110", time.Minute, true},
		{"in another size", "a", list, 50, "110", time.Minute, true},
		{"just in time", "a", list, 10, "110", collection.WalkPause, true},
		{"too late", "a", list, 10, "110", collection.WalkPause + time.Second, false},
		{"three hours later", "a", list, 10, "110", 3 * time.Hour, false},
		{"the same page", "a", list, 10, "100", time.Minute, false},
		{"a page further on", "a", list, 10, "120", time.Minute, false},
		{"from the beginning", "a", list, 10, "0", time.Minute, false},
		{"another client", "b", list, 10, "110", time.Minute, false},
		{"another list", "a", "other", 10, "110", time.Minute, false},
		{"beyond all counting", "a", list, 10, "99999999999999999999", time.Minute, false},
	} {
		w := collection.NewWalks(0)
		w.Step("a", list, ll2.Page{Limit: 10, Offset: "100"}, g, start)
		got := w.Find(tt.client, tt.list, ll2.Page{Limit: tt.limit, Offset: tt.offset}, start.Add(tt.after))
		if want := map[bool]collection.Generation{true: g}[tt.want]; got != want {
			t.Errorf("%s: generation %v, want %v", tt.reason, got, want)
		}
	}
}

func TestWalksAreForgotten(t *testing.T) {
	w, g := collection.NewWalks(3), generation(0, 0, 590)
	page := func(offset int) ll2.Page { return ll2.Page{Limit: 10, Offset: fmt.Sprint(offset)} }
	now := ll2test.Noon()
	for _, tt := range []struct {
		reason string
		page   ll2.Page
		g      collection.Generation
		after  time.Duration
		want   int
	}{
		{"the first", page(0), g, 0, 1},
		{"the next page: the step before stays", page(10), g, time.Second, 2},
		{"the same page again", page(10), g, time.Second, 2},
		{"the last page has no next", page(580), g, time.Second, 2},
		{"nor has one past the end", page(5000), g, time.Second, 2},
		{"a mixed answer is of no generation", page(30), collection.Generation{}, time.Second, 2},
		{"beyond all counting", ll2.Page{Limit: 10, Offset: "99999999999999999999"}, g, time.Second, 2},
		{"another", page(20), g, time.Second, 3},
		{"more than there is room for", page(50), g, time.Second, 3},
		{"an hour later all before it are over", page(70), g, time.Hour, 1},
	} {
		now = now.Add(tt.after)
		w.Step("a", "l", tt.page, tt.g, now)
		if got := w.Len(); got != tt.want {
			t.Errorf("%s: %d walks, want %d", tt.reason, got, tt.want)
		}
	}
	if got := w.Find("a", "l", page(10), now); got != (collection.Generation{}) {
		t.Errorf("a forgotten walk has the generation %v", got)
	}
	if got := w.Find("a", "l", page(80), now); got != g {
		t.Errorf("the last walk has the generation %v, want %v", got, g)
	}
}

// Whoever is heard of again is not the next to be forgotten.
func TestWalksForgetTheLongestUnheard(t *testing.T) {
	w, g, page := collection.NewWalks(2), generation(0, 0, 590), ll2.Page{Limit: 10, Offset: "0"}
	for _, client := range []string{"a", "b", "a", "c"} {
		w.Step(client, "l", page, g, ll2test.Noon())
	}
	for client, want := range map[string]bool{"a": true, "b": false, "c": true} {
		if got := w.Find(client, "l", ll2.Page{Limit: 10, Offset: "10"}, ll2test.Noon()) == g; got != want {
			t.Errorf("%s is remembered: %v, want %v", client, got, want)
		}
	}
}

func TestWalksWant(t *testing.T) {
	w := collection.NewWalks(0)
	w.Step("other", "elsewhere", ll2.Page{Limit: 10, Offset: "0"}, generation(0, 5, 12), ll2test.Noon())
	w.Step("a", "l", ll2.Page{Limit: 10, Offset: "100"}, generation(0, 5, 590), ll2test.Noon())
	for _, tt := range []struct {
		reason string
		list   string
		s      collection.Version
		end    int64
		after  time.Duration
		want   bool
	}{
		{"what he is reading", "l", at(0, 590), 200, 0, true},
		{"what comes later", "l", at(0, 590), 300, 0, true},
		{"what he has read", "l", at(0, 590), 100, 0, false},
		{"what he has just come to the end of", "l", at(0, 590), 110, 0, false},
		{"of another generation", "l", at(0, 589), 300, 0, false},
		{"of another list", "m", at(0, 590), 300, 0, false},
		{"after he has gone", "l", at(0, 590), 300, collection.WalkPause + 1, false},
	} {
		if got := w.Wants(tt.list, tt.s, tt.end, time.Hour, ll2test.Noon().Add(tt.after)); got != tt.want {
			t.Errorf("%s: Wants = %v, want %v", tt.reason, got, tt.want)
		}
	}
}

func TestSuperseded(t *testing.T) {
	ps := collection.NewSuperseded[string](2, 100)
	keep := func(key string, minute, cost int) {
		ps.Keep(collection.SupersededWindow[string]{Key: key, List: "l", Version: at(minute, 590), Until: at(minute+120, 0).Fetched, End: 200, Cost: cost, Value: fmt.Sprint(key, minute)})
	}
	values := func(key string, minute int) string {
		var got []string
		for _, p := range ps.Of(key, at(minute, 0).Fetched) {
			got = append(got, p.Value)
		}
		return fmt.Sprint(got)
	}
	keep("a", 0, 10)
	keep("b", 1, 10)
	keep("a", 2, 10)
	if got, want := values("a", 3), "[a2 a0]"; got != want {
		t.Errorf("the newest is not first: %s, want %s", got, want)
	}
	if got, want := values("a", 120), "[a2]"; got != want {
		t.Errorf("after the first's time: %s, want %s", got, want)
	}
	keep("a", 3, 10)
	if got, want := values("a", 3), "[a3 a2]"; got != want {
		t.Errorf("of three versions: %s, want %s", got, want)
	}
	keep("c", 4, 85)
	if got, want := values("b", 4)+values("a", 4)+values("c", 4), "[][a3][c4]"; got != want {
		t.Errorf("of more bytes than there is room for: %s, want %s", got, want)
	}
	ps.Drop("c")
	if got, want := values("c", 4)+values("a", 4), "[][a3]"; got != want || ps.Bytes() != 10 {
		t.Errorf("after c was dropped: %s and %d bytes, want %s and 10", got, ps.Bytes(), want)
	}
	keep("d", 5, 101)
	if ps.Len() != 0 || ps.Bytes() != 0 {
		t.Errorf("%d with %d bytes are kept after one that is larger than the room for all", ps.Len(), ps.Bytes())
	}
}

func TestSupersededAreReleased(t *testing.T) {
	w, ps := collection.NewWalks(0), collection.NewSuperseded[string](0, 0)
	w.Step("a", "l", ll2.Page{Limit: 10, Offset: "100"}, generation(0, 0, 590), ll2test.Noon())
	ps.Keep(collection.SupersededWindow[string]{Key: "read", List: "l", Version: at(0, 590), Until: at(120, 0).Fetched, End: 100, Cost: 1})
	ps.Keep(collection.SupersededWindow[string]{Key: "expired", List: "l", Version: at(0, 590), Until: at(5, 0).Fetched, End: 300, Cost: 1})
	ps.Keep(collection.SupersededWindow[string]{Key: "wanted", List: "l", Version: at(0, 590), Until: at(120, 0).Fetched, End: 300, Cost: 1})
	interval := func(string) time.Duration { return time.Hour }
	ps.Release(w, interval, at(5, 0).Fetched)
	if ps.Len() != 1 || len(ps.Of("wanted", at(5, 0).Fetched)) != 1 || ps.Bytes() != 1 {
		t.Errorf("%d with %d bytes are kept, want the one that is wanted", ps.Len(), ps.Bytes())
	}
	ps.Release(w, interval, at(11, 0).Fetched)
	if ps.Len() != 0 || ps.Bytes() != 0 {
		t.Errorf("%d with %d bytes are kept though nobody walks", ps.Len(), ps.Bytes())
	}
}
