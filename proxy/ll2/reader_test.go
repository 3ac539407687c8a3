package ll2_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"perigee/proxy/ll2"
)

// reader answers as the fill does, on a clock of its own: out of held windows,
// which are fresh for an hour and may be served stale for another.
type reader struct {
	t     failer
	api   api
	now   time.Time
	asked int
	held  map[string]version
	walks *ll2.Walks
	old   *ll2.Predecessors[version]
	quota int // requests left; negative: any number

	hidden  int                    // elements that are gone
	windows map[string]*ll2.Window // by hidden and Key: what was answered once
}

type version struct {
	window *ll2.Window
	stamp  ll2.Stamp
}

const lifetime, staleness = time.Hour, 2 * time.Hour

func newReader(t failer) *reader { return newReaderOf(t, newAPI(), map[string]*ll2.Window{}) }

func newReaderOf(t failer, a api, windows map[string]*ll2.Window) *reader {
	a.sim.Hide("spacecraft", 0)
	return &reader{
		t: t, api: a, now: noon(), quota: -1, windows: windows,
		held: map[string]version{}, walks: ll2.NewWalks(0), old: ll2.NewPredecessors[version](0, 0),
	}
}

// hide lets the first n elements be gone.
func (r *reader) hide(n int) {
	r.hidden = n
	r.api.sim.Hide("spacecraft", n)
}

// fetch asks for a window and keeps its predecessor if a walker comes to it.
func (r *reader) fetch(w *ll2.Resource) version {
	r.asked++
	r.quota--
	state := fmt.Sprint(r.hidden, w.Key)
	if r.windows[state] == nil {
		r.windows[state] = r.api.window(r.t, w)
	}
	window := r.windows[state]
	if before, ok := r.held[w.Key]; ok && r.walks.Wants(w.List(), before.stamp, window.Offset+100, lifetime, r.now) {
		r.old.Keep(ll2.Predecessor[version]{
			Key: w.Key, List: w.List(), Stamp: before.stamp, Until: before.stamp.Fetched.Add(staleness),
			End: window.Offset + 100, Cost: 1, Value: before,
		})
	}
	v := version{window, ll2.Stamp{Count: window.Count, Fetched: r.now}}
	r.held[w.Key] = v
	return v
}

// versions are those of a window that may be served, the newest first.
func (r *reader) versions(w *ll2.Resource) []version {
	var all []version
	if v, ok := r.held[w.Key]; ok && r.now.Sub(v.stamp.Fetched) < staleness {
		all = append(all, v)
	}
	for _, p := range r.old.Of(w.Key, r.now) {
		all = append(all, p.Value)
	}
	return all
}

// answer is a page and how it came about.
type answer struct {
	ll2.Choice
	body    string
	count   int
	results []int // ids
}

// get answers one request for spacecraft by id.
func (r *reader) get(client string, limit, offset int) answer {
	r.old.Release(r.walks, func(string) time.Duration { return lifetime }, r.now)
	res := resolved(r.t, "/2.3.0/spacecraft/", fmt.Sprintf("ordering=id&limit=%d&offset=%d", limit, offset), "*/*")
	walk := r.walks.Find(client, res.List(), res.Page, r.now)
	held := r.gather(res, func(versions []version) bool {
		return slices.ContainsFunc(versions, func(v version) bool { return walk.Admits(v.stamp, lifetime) }) && walk != ll2.Generation{} ||
			len(versions) > 0 && (r.now.Sub(versions[0].stamp.Fetched) < lifetime || r.quota == 0)
	})
	c := r.choose(walk, res, held)
	r.walks.Step(client, res.List(), res.Page, c.Generation, r.now)
	return r.cut(res, c, held)
}

// gather returns the versions of all windows that a page needs. Where they are not
// enough, the window is fetched.
func (r *reader) gather(res *ll2.Resource, enough func([]version) bool) [][]version {
	var all [][]version
	for _, w := range res.Windows(100) {
		if at, _ := w.Page.OffsetInt(); len(all) > 0 && !res.Page.Reaches(at, all[0][0].window.Count) {
			break
		}
		versions := r.versions(&w)
		if !enough(versions) {
			versions = append([]version{r.fetch(&w)}, versions...)
		}
		all = append(all, versions)
	}
	return all
}

// choose renews each window at most once.
func (r *reader) choose(walk ll2.Generation, res *ll2.Resource, held [][]version) ll2.Choice {
	for renewed := 0; ; renewed++ {
		stamps := make([][]ll2.Stamp, len(held))
		for i, versions := range held {
			for _, v := range versions {
				stamps[i] = append(stamps[i], v.stamp)
			}
		}
		c := ll2.Choose(walk, stamps, lifetime)
		if c.Renew < 0 || renewed == len(held) || r.quota == 0 {
			return c
		}
		held[c.Renew] = append([]version{r.fetch(&res.Windows(100)[c.Renew])}, held[c.Renew]...)
	}
}

// cut makes the page, with the newest count with which it can be made.
func (r *reader) cut(res *ll2.Resource, c ll2.Choice, held [][]version) answer {
	var windows []*ll2.Window
	var newest []version
	for i, pick := range c.Picks {
		v := held[i][pick]
		windows = append(windows, v.window)
		if len(newest) > 0 && v.stamp.Fetched.After(newest[0].stamp.Fetched) {
			newest = append([]version{v}, newest...)
		} else {
			newest = append(newest, v)
		}
	}
	for _, v := range newest {
		page, ok := ll2.NewCut(res.Page, v.window, windows...)
		if !ok {
			continue
		}
		a := answer{Choice: c, body: written(r.t, page, res)}
		var read struct {
			Count   int
			Results []struct{ ID int }
		}
		if err := json.Unmarshal([]byte(a.body), &read); err != nil {
			r.t.Fatalf("%v", err)
		}
		a.count = read.Count
		for _, e := range read.Results {
			a.results = append(a.results, e.ID)
		}
		return a
	}
	r.t.Fatalf("%s cannot be cut from what is held", res.Key)
	return answer{}
}
