package collection_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"perigee/proxy/collection"
	"perigee/proxy/ll2/ll2test"
)

// at is a window with so many of the list, fetched so many minutes after noon.
func at(minute int, count int64) collection.Version {
	return collection.Version{Count: count, Fetched: ll2test.Noon().Add(time.Duration(minute) * time.Minute)}
}

// generation is that of windows fetched between two minutes.
func generation(first, last int, count int64) collection.Generation {
	return collection.Generation{}.With(at(first, count)).With(at(last, count))
}

func TestGenerationAdmits(t *testing.T) {
	for _, tt := range []struct {
		reason string
		g      collection.Generation
		s      collection.Version
		want   bool
	}{
		{"none yet: the first makes it", collection.Generation{}, at(0, 590), true},
		{"in between", generation(0, 10, 590), at(5, 590), true},
		{"one interval after the first", generation(0, 10, 590), at(60, 590), true},
		{"later", generation(0, 10, 590), at(61, 590), false},
		{"one interval before the last", generation(0, 10, 590), at(-50, 590), true},
		{"earlier", generation(0, 10, 590), at(-51, 590), false},
		{"another count", generation(0, 10, 590), at(5, 591), false},
		{"an empty list is one too", generation(0, 10, 0), at(5, 0), true},
	} {
		if got := tt.g.Admits(tt.s, time.Hour); got != tt.want {
			t.Errorf("%s: Admits = %v, want %v", tt.reason, got, tt.want)
		}
	}
}

func TestChoose(t *testing.T) {
	none := collection.Generation{}
	for _, tt := range []struct {
		reason   string
		walk     collection.Generation
		versions [][]collection.Version
		picks    []int
		renew    int
		mixed    bool
		left     bool
	}{
		{"one window", none, [][]collection.Version{{at(0, 590)}}, []int{0}, -1, false, false},
		{"one window, the newest of several", none, [][]collection.Version{{at(50, 590), at(0, 590)}}, []int{0}, -1, false, false},
		{"two of one generation", none, [][]collection.Version{{at(0, 590)}, {at(30, 590)}}, []int{0, 0}, -1, false, false},
		{"another count: the older is renewed, or they are mixed", none,
			[][]collection.Version{{at(0, 590)}, {at(30, 591)}}, []int{0, 0}, 0, true, false},
		{"the same, the other way round", none, [][]collection.Version{{at(30, 591)}, {at(0, 590)}}, []int{0, 0}, 1, true, false},
		{"too far apart in time", none, [][]collection.Version{{at(0, 590)}, {at(61, 590)}}, []int{0, 0}, 0, true, false},
		{"an older version fits: better than mixing, worse than renewing", none,
			[][]collection.Version{{at(40, 591), at(0, 590)}, {at(10, 590)}}, []int{1, 0}, 1, false, false},
		{"of the older ones that fit, the latest", none,
			[][]collection.Version{{at(50, 592), at(20, 591), at(0, 590)}, {at(45, 593), at(21, 591), at(1, 590)}}, []int{1, 1}, 1, false, false},
		{"the latest, whichever window shows it", none,
			[][]collection.Version{{at(50, 592), at(30, 590), at(20, 591)}, {at(55, 593), at(31, 590), at(19, 591)}}, []int{1, 1}, 0, false, false},
		{"of three the oldest that does not fit", none,
			[][]collection.Version{{at(10, 590)}, {at(0, 590)}, {at(50, 591)}}, []int{0, 0, 0}, 1, true, false},
		{"a window that is not cached is left out", none, [][]collection.Version{{at(0, 590)}, nil}, []int{0, -1}, -1, false, false},
		{"no window is cached", none, [][]collection.Version{nil, nil}, []int{-1, -1}, -1, false, false},

		{"a walker gets what he reads", generation(0, 5, 590), [][]collection.Version{{at(40, 591), at(1, 590)}}, []int{1}, -1, false, false},
		{"though the newest would do", generation(0, 5, 590), [][]collection.Version{{at(40, 590), at(1, 590)}}, []int{1}, -1, false, false},
		{"what is closest to it, though that is newer", generation(10, 12, 590),
			[][]collection.Version{{at(14, 590), at(-30, 590)}}, []int{0}, -1, false, false},
		{"of both windows", generation(0, 5, 590),
			[][]collection.Version{{at(40, 591), at(1, 590)}, {at(41, 591), at(2, 590)}}, []int{1, 1}, -1, false, false},
		{"the newest, if it is of his generation", generation(0, 5, 590), [][]collection.Version{{at(40, 590)}}, []int{0}, -1, false, false},
		{"he leaves if there is none", generation(0, 5, 590), [][]collection.Version{{at(40, 591)}}, []int{0}, -1, false, true},
		{"he leaves with both windows, as anyone", generation(0, 5, 590),
			[][]collection.Version{{at(1, 590)}, {at(40, 591)}}, []int{0, 0}, 0, true, true},
		{"he leaves what is too old to go on with", generation(0, 5, 590), [][]collection.Version{{at(61, 590)}}, []int{0}, -1, false, true},
		{"a window that is not cached is left out for him too", generation(0, 5, 590),
			[][]collection.Version{{at(40, 591), at(1, 590)}, nil}, []int{1, -1}, -1, false, false},
	} {
		c := collection.Choose(tt.walk, tt.versions, time.Hour)
		if !slices.Equal(c.Picks, tt.picks) || c.Renew != tt.renew || c.Mixed != tt.mixed || c.Left != tt.left {
			t.Errorf("%s: picks %v, renew %d, mixed %v, left %v, want %v, %d, %v, %v",
				tt.reason, c.Picks, c.Renew, c.Mixed, c.Left, tt.picks, tt.renew, tt.mixed, tt.left)
		}
	}
}

// The generation goes on growing along a walk, so that it cannot drift.
func TestChoiceTellsTheGeneration(t *testing.T) {
	c := collection.Choose(generation(0, 5, 590), [][]collection.Version{{at(30, 590)}}, time.Hour)
	if want := generation(0, 30, 590); c.Generation != want {
		t.Errorf("generation %v, want %v", c.Generation, want)
	}
	c = collection.Choose(collection.Generation{}, [][]collection.Version{{at(0, 590)}, {at(30, 590)}}, time.Hour)
	if want := generation(0, 30, 590); c.Generation != want {
		t.Errorf("generation %v, want %v", c.Generation, want)
	}
	c = collection.Choose(generation(0, 5, 590), [][]collection.Version{{at(0, 590)}, {at(30, 591)}}, time.Hour)
	if c.Generation != (collection.Generation{}) {
		t.Errorf("generation %v of a mixture, want none", c.Generation)
	}
}

// Whatever is cached, the choice is what its rules say.
func TestChooseKeepsItsRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		version := rapid.Custom(func(t *rapid.T) collection.Version {
			return at(rapid.IntRange(0, 120).Draw(t, "minute"), rapid.Int64Range(1, 3).Draw(t, "count"))
		})
		versions := rapid.SliceOfN(rapid.SliceOfN(version, 0, 3), 1, 3).Draw(t, "versions")
		for _, v := range versions {
			slices.SortFunc(v, func(a, b collection.Version) int { return b.Fetched.Compare(a.Fetched) })
		}
		var walk collection.Generation
		if rapid.Bool().Draw(t, "walks") {
			walk = walk.With(version.Draw(t, "walk"))
		}
		c := collection.Choose(walk, versions, time.Hour)
		all := combinations(versions)
		fits := func(from collection.Generation) func(picks []int) bool {
			return func(picks []int) bool { return !fitting(from, versions, picks).IsZero() }
		}
		kept, coherent := walk != collection.Generation{} && slices.ContainsFunc(all, fits(walk)), slices.ContainsFunc(all, fits(collection.Generation{}))
		if c.Left != (walk != collection.Generation{} && !kept) {
			t.Fatalf("%+v, though the walker's generation has them: %v", c, kept)
		}
		if kept && !fits(walk)(c.Picks) {
			t.Fatalf("%+v is not the walker's", c)
		}
		if c.Mixed == coherent {
			t.Fatalf("%+v, though there are coherent ones: %v", c, coherent)
		}
		if !c.Mixed && !fits(collection.Generation{})(c.Picks) {
			t.Fatalf("%+v is mixed", c)
		}
		if newest := all[0]; c.Renew >= 0 && fits(collection.Generation{})(newest) {
			t.Fatalf("%+v renews what is coherent", c)
		}
	})
}

// combinations returns all picks there can be, the newest of each window first.
func combinations(versions [][]collection.Version) [][]int {
	if len(versions) == 0 {
		return [][]int{nil}
	}
	var all [][]int
	first := []int{-1}
	if n := len(versions[0]); n > 0 {
		first = first[:0]
		for i := range n {
			first = append(first, i)
		}
	}
	for _, pick := range first {
		for _, rest := range combinations(versions[1:]) {
			all = append(all, append([]int{pick}, rest...))
		}
	}
	return all
}

// fitting is the time of the latest of picks that belong together, the plain way;
// zero if they do not.
func fitting(from collection.Generation, versions [][]collection.Version, picks []int) time.Time {
	times, counts := []time.Time{}, map[int64]bool{}
	if from != (collection.Generation{}) {
		times, counts[from.Count] = append(times, from.First, from.Last), true
	}
	for i, pick := range picks {
		if pick >= 0 {
			times, counts[versions[i][pick].Count] = append(times, versions[i][pick].Fetched), true
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	switch {
	case len(times) == 0:
		return ll2test.Noon()
	case len(counts) > 1 || times[len(times)-1].Sub(times[0]) > time.Hour:
		return time.Time{}
	}
	return times[len(times)-1]
}

func ExampleChoose() {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := collection.Choose(collection.Generation{}, [][]collection.Version{
		{{Count: 590, Fetched: noon}},                      // [0,100)
		{{Count: 591, Fetched: noon.Add(5 * time.Minute)}}, // [100,200), after one was added
	}, time.Hour)
	fmt.Println("fetch anew:", c.Renew, "- else the answer is mixed:", c.Mixed)
	// Output: fetch anew: 0 - else the answer is mixed: true
}
