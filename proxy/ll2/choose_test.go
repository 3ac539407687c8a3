package ll2_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"perigee/proxy/ll2"
)

// at is a window with so many of the list, fetched so many minutes after noon.
func at(minute int, count int64) ll2.Stamp {
	return ll2.Stamp{Count: count, Fetched: noon().Add(time.Duration(minute) * time.Minute)}
}

// generation is that of windows fetched between two minutes.
func generation(first, last int, count int64) ll2.Generation {
	return ll2.Generation{}.With(at(first, count)).With(at(last, count))
}

func TestGenerationAdmits(t *testing.T) {
	for _, tt := range []struct {
		reason string
		g      ll2.Generation
		s      ll2.Stamp
		want   bool
	}{
		{"none yet: the first makes it", ll2.Generation{}, at(0, 590), true},
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
	none := ll2.Generation{}
	for _, tt := range []struct {
		reason   string
		walk     ll2.Generation
		versions [][]ll2.Stamp
		picks    []int
		renew    int
		mixed    bool
		left     bool
	}{
		{"one window", none, [][]ll2.Stamp{{at(0, 590)}}, []int{0}, -1, false, false},
		{"one window, the newest of several", none, [][]ll2.Stamp{{at(50, 590), at(0, 590)}}, []int{0}, -1, false, false},
		{"two of one generation", none, [][]ll2.Stamp{{at(0, 590)}, {at(30, 590)}}, []int{0, 0}, -1, false, false},
		{"another count: the older is renewed, or they are mixed", none,
			[][]ll2.Stamp{{at(0, 590)}, {at(30, 591)}}, []int{0, 0}, 0, true, false},
		{"the same, the other way round", none, [][]ll2.Stamp{{at(30, 591)}, {at(0, 590)}}, []int{0, 0}, 1, true, false},
		{"too far apart in time", none, [][]ll2.Stamp{{at(0, 590)}, {at(61, 590)}}, []int{0, 0}, 0, true, false},
		{"an older version fits: better than mixing, worse than renewing", none,
			[][]ll2.Stamp{{at(40, 591), at(0, 590)}, {at(10, 590)}}, []int{1, 0}, 1, false, false},
		{"of the older ones that fit, the latest", none,
			[][]ll2.Stamp{{at(50, 592), at(20, 591), at(0, 590)}, {at(45, 593), at(21, 591), at(1, 590)}}, []int{1, 1}, 1, false, false},
		{"the latest, whichever window shows it", none,
			[][]ll2.Stamp{{at(50, 592), at(30, 590), at(20, 591)}, {at(55, 593), at(31, 590), at(19, 591)}}, []int{1, 1}, 0, false, false},
		{"of three the oldest that does not fit", none,
			[][]ll2.Stamp{{at(10, 590)}, {at(0, 590)}, {at(50, 591)}}, []int{0, 0, 0}, 1, true, false},
		{"a window that is not held is left out", none, [][]ll2.Stamp{{at(0, 590)}, nil}, []int{0, -1}, -1, false, false},
		{"no window is held", none, [][]ll2.Stamp{nil, nil}, []int{-1, -1}, -1, false, false},

		{"a walker gets what he reads", generation(0, 5, 590), [][]ll2.Stamp{{at(40, 591), at(1, 590)}}, []int{1}, -1, false, false},
		{"though the newest would do", generation(0, 5, 590), [][]ll2.Stamp{{at(40, 590), at(1, 590)}}, []int{1}, -1, false, false},
		{"what is closest to it, though that is newer", generation(10, 12, 590),
			[][]ll2.Stamp{{at(14, 590), at(-30, 590)}}, []int{0}, -1, false, false},
		{"of both windows", generation(0, 5, 590),
			[][]ll2.Stamp{{at(40, 591), at(1, 590)}, {at(41, 591), at(2, 590)}}, []int{1, 1}, -1, false, false},
		{"the newest, if it is of his generation", generation(0, 5, 590), [][]ll2.Stamp{{at(40, 590)}}, []int{0}, -1, false, false},
		{"he leaves if there is none", generation(0, 5, 590), [][]ll2.Stamp{{at(40, 591)}}, []int{0}, -1, false, true},
		{"he leaves with both windows, as anyone", generation(0, 5, 590),
			[][]ll2.Stamp{{at(1, 590)}, {at(40, 591)}}, []int{0, 0}, 0, true, true},
		{"he leaves what is too old to go on with", generation(0, 5, 590), [][]ll2.Stamp{{at(61, 590)}}, []int{0}, -1, false, true},
		{"a window that is not held is left out for him too", generation(0, 5, 590),
			[][]ll2.Stamp{{at(40, 591), at(1, 590)}, nil}, []int{1, -1}, -1, false, false},
	} {
		c := ll2.Choose(tt.walk, tt.versions, time.Hour)
		if !slices.Equal(c.Picks, tt.picks) || c.Renew != tt.renew || c.Mixed != tt.mixed || c.Left != tt.left {
			t.Errorf("%s: picks %v, renew %d, mixed %v, left %v, want %v, %d, %v, %v",
				tt.reason, c.Picks, c.Renew, c.Mixed, c.Left, tt.picks, tt.renew, tt.mixed, tt.left)
		}
	}
}

// The generation goes on growing along a walk, so that it cannot drift.
func TestChoiceTellsTheGeneration(t *testing.T) {
	c := ll2.Choose(generation(0, 5, 590), [][]ll2.Stamp{{at(30, 590)}}, time.Hour)
	if want := generation(0, 30, 590); c.Generation != want {
		t.Errorf("generation %v, want %v", c.Generation, want)
	}
	c = ll2.Choose(ll2.Generation{}, [][]ll2.Stamp{{at(0, 590)}, {at(30, 590)}}, time.Hour)
	if want := generation(0, 30, 590); c.Generation != want {
		t.Errorf("generation %v, want %v", c.Generation, want)
	}
	c = ll2.Choose(generation(0, 5, 590), [][]ll2.Stamp{{at(0, 590)}, {at(30, 591)}}, time.Hour)
	if c.Generation != (ll2.Generation{}) {
		t.Errorf("generation %v of a mixture, want none", c.Generation)
	}
}

// Whatever is held, the choice is what its rules say.
func TestChooseKeepsItsRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stamp := rapid.Custom(func(t *rapid.T) ll2.Stamp {
			return at(rapid.IntRange(0, 120).Draw(t, "minute"), rapid.Int64Range(1, 3).Draw(t, "count"))
		})
		versions := rapid.SliceOfN(rapid.SliceOfN(stamp, 0, 3), 1, 3).Draw(t, "versions")
		for _, v := range versions {
			slices.SortFunc(v, func(a, b ll2.Stamp) int { return b.Fetched.Compare(a.Fetched) })
		}
		var walk ll2.Generation
		if rapid.Bool().Draw(t, "walks") {
			walk = walk.With(stamp.Draw(t, "walk"))
		}
		c := ll2.Choose(walk, versions, time.Hour)
		all := combinations(versions)
		fits := func(from ll2.Generation) func(picks []int) bool {
			return func(picks []int) bool { return !fitting(from, versions, picks).IsZero() }
		}
		kept, coherent := walk != ll2.Generation{} && slices.ContainsFunc(all, fits(walk)), slices.ContainsFunc(all, fits(ll2.Generation{}))
		if c.Left != (walk != ll2.Generation{} && !kept) {
			t.Fatalf("%+v, though the walker's generation has them: %v", c, kept)
		}
		if kept && !fits(walk)(c.Picks) {
			t.Fatalf("%+v is not the walker's", c)
		}
		if c.Mixed == coherent {
			t.Fatalf("%+v, though there are coherent ones: %v", c, coherent)
		}
		if !c.Mixed && !fits(ll2.Generation{})(c.Picks) {
			t.Fatalf("%+v is mixed", c)
		}
		if newest := all[0]; c.Renew >= 0 && fits(ll2.Generation{})(newest) {
			t.Fatalf("%+v renews what is coherent", c)
		}
	})
}

// combinations returns all picks there can be, the newest of each window first.
func combinations(versions [][]ll2.Stamp) [][]int {
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
func fitting(from ll2.Generation, versions [][]ll2.Stamp, picks []int) time.Time {
	times, counts := []time.Time{}, map[int64]bool{}
	if from != (ll2.Generation{}) {
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
		return noon()
	case len(counts) > 1 || times[len(times)-1].Sub(times[0]) > time.Hour:
		return time.Time{}
	}
	return times[len(times)-1]
}

func ExampleChoose() {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := ll2.Choose(ll2.Generation{}, [][]ll2.Stamp{
		{{Count: 590, Fetched: noon}},                      // [0,100)
		{{Count: 591, Fetched: noon.Add(5 * time.Minute)}}, // [100,200), after one was added
	}, time.Hour)
	fmt.Println("fetch anew:", c.Renew, "- else the answer is mixed:", c.Mixed)
	// Output: fetch anew: 0 - else the answer is mixed: true
}
