package collection_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"perigee/proxy/collection"
	"perigee/proxy/ll2/body"
	"perigee/proxy/ll2/ll2test"
)

func TestOneWalkCostsItsWindows(t *testing.T) {
	r := newReader(t)
	for offset := 0; offset < 590; offset += 10 {
		for _, client := range []string{"a", "b", "c"} {
			r.get(client, 10, offset)
		}
	}
	if r.asked != 6 {
		t.Errorf("%d requests, want 6", r.asked)
	}
}

// Five are gone while somebody walks: he gets to the end of what he began, and
// everyone else what there is now.
func TestWalkerKeepsItsGeneration(t *testing.T) {
	r := newReader(t)
	for offset := range 6 {
		r.get("early", 100, 100*offset)
	}
	r.now = r.now.Add(50 * time.Minute)
	seen := map[int]bool{}
	for offset := 0; offset < 590; offset += 10 {
		if r.now = r.now.Add(time.Minute); offset == 150 {
			r.hide(5)
			for i := range 6 {
				if a := r.get("other", 100, 100*i); a.count != 585 || a.Mixed || a.Left {
					t.Fatalf("another client gets %d, mixed %v, left %v", a.count, a.Mixed, a.Left)
				}
			}
		}
		a := r.get("walker", 10, offset)
		if a.count != 590 || a.Left || a.Mixed {
			t.Fatalf("at %d: count %d, left %v, mixed %v", offset, a.count, a.Left, a.Mixed)
		}
		for _, id := range a.results {
			seen[id] = true
		}
	}
	if len(seen) != 590 {
		t.Errorf("%d different ones of 590", len(seen))
	}
	if r.asked != 12 {
		t.Errorf("%d requests, want 6 for each generation", r.asked)
	}
	if r.now = r.now.Add(collection.WalkPause + time.Second); r.get("late", 10, 0).count != 585 || r.old.Len() != 0 {
		t.Errorf("%d superseded windows are kept though nobody walks", r.old.Len())
	}
}

// A client that saved the link to the next page comes back three hours later.
func TestWalkResumedAfterThreeHours(t *testing.T) {
	r := newReader(t)
	for offset := 0; offset < 300; offset += 10 {
		r.get("walker", 10, offset)
	}
	r.hide(5)
	r.now = r.now.Add(3 * time.Hour)
	for offset := 300; offset < 585; offset += 10 {
		if a := r.get("walker", 10, offset); a.count != 585 || a.Left || a.Mixed {
			t.Fatalf("at %d: count %d, left %v, mixed %v", offset, a.count, a.Left, a.Mixed)
		}
	}
	if r.asked != 6 {
		t.Errorf("%d requests, want 3 before and 3 after", r.asked)
	}
}

// The list changes under a walk whose next windows nobody holds: it goes on in a
// new generation, and is told.
func TestWalkerLeavesWhatIsNotThere(t *testing.T) {
	r := newReader(t)
	r.get("walker", 10, 90)
	r.hide(5)
	if a := r.get("walker", 10, 100); a.count != 585 || !a.Left || a.Mixed {
		t.Errorf("count %d, left %v, mixed %v, want 585 and left", a.count, a.Left, a.Mixed)
	}
	if a := r.get("walker", 10, 110); a.count != 585 || a.Left {
		t.Errorf("count %d, left %v, want 585 and not left again", a.count, a.Left)
	}
}

// Windows that disagree are mixed only where the quota forbids to renew one.
func TestMixedOnlyWithoutQuota(t *testing.T) {
	r := newReader(t)
	r.get("a", 10, 0)
	r.hide(5)
	r.now = r.now.Add(time.Minute)
	r.quota = 1
	if a := r.get("b", 10, 95); !a.Mixed || a.Renew != 0 || a.count != 585 || len(a.results) != 10 {
		t.Errorf("mixed %v, renew %d, count %d with %v", a.Mixed, a.Renew, a.count, a.results)
	}
	r.quota = 1
	if a := r.get("b", 10, 95); a.Mixed || a.count != 585 || r.quota != 0 {
		t.Errorf("mixed %v, count %d, %d requests left", a.Mixed, a.count, r.quota)
	}
}

// Whatever happens to the list while many read it, no answer contradicts itself,
// and an interval after the last change all get what there is.
func TestReadersConverge(t *testing.T) {
	a, windows := ll2test.NewAPI(), map[string]*body.Window{}
	rapid.Check(t, func(t *rapid.T) {
		r := newReaderOf(t, a, windows)
		next := map[string]int{}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			client := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "client")
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				r.hide(rapid.IntRange(0, 9).Draw(t, "hidden"))
			case 1:
				r.now = r.now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute)
			case 2:
				next[client] = rapid.SampledFrom([]int{0, 85, 190, 570, 600}).Draw(t, "offset")
			}
			limit := rapid.SampledFrom([]int{3, 10, 25}).Draw(t, "limit")
			a := r.get(client, limit, next[client])
			if want := max(0, min(limit, a.count-next[client])); len(a.results) != want {
				t.Fatalf("%d results at %d of %d, want %d", len(a.results), next[client], a.count, want)
			}
			for i := 1; i < len(a.results); i++ {
				if !a.Mixed && a.results[i] <= a.results[i-1] {
					t.Fatalf("one answer has %d after %d", a.results[i], a.results[i-1])
				}
			}
			next[client] += limit
		}
		r.now = r.now.Add(lifetime)
		a := r.get("late", 10, 95)
		if _, want := r.api.Get("/2.3.0/spacecraft/", "ordering=id&limit=10&offset=95", "*/*"); a.data != ll2test.Localized(want) {
			t.Fatalf("not what there is: %s", ll2test.Diff(a.data, ll2test.Localized(want)))
		}
	})
}
