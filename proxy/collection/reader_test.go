package collection_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"perigee/proxy/collection"
	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
	"perigee/proxy/ll2/ll2test"
)

// reader answers as the proxy does, on a clock of its own: out of cached windows,
// which are fresh for an hour and may be served stale for another.
type reader struct {
	t     ll2test.TB
	api   ll2test.API
	now   time.Time
	asked int
	store map[string]cached
	walks *collection.Walks
	old   *collection.Superseded[cached]
	quota int // requests left; negative: any number

	hidden  int                     // elements that are gone
	windows map[string]*body.Window // by hidden and Key: what was answered once
}

type cached struct {
	window  *body.Window
	version collection.Version
}

const lifetime, staleness = time.Hour, 2 * time.Hour

func newReader(t ll2test.TB) *reader {
	return newReaderOf(t, ll2test.NewAPI(), map[string]*body.Window{})
}

func newReaderOf(t ll2test.TB, a ll2test.API, windows map[string]*body.Window) *reader {
	a.Hide("spacecraft", 0)
	return &reader{
		t: t, api: a, now: ll2test.Noon(), quota: -1, windows: windows,
		store: map[string]cached{}, walks: collection.NewWalks(0), old: collection.NewSuperseded[cached](0, 0),
	}
}

// hide lets the first n elements be gone.
func (r *reader) hide(n int) {
	r.hidden = n
	r.api.Hide("spacecraft", n)
}

// fetch asks for a window and keeps the superseded one if a walker comes to it.
func (r *reader) fetch(w *ll2.Resource) cached {
	r.asked++
	r.quota--
	state := fmt.Sprint(r.hidden, w.Key)
	if r.windows[state] == nil {
		r.windows[state] = r.api.Window(r.t, w)
	}
	window := r.windows[state]
	if before, ok := r.store[w.Key]; ok && r.walks.Wants(w.List(), before.version, window.Offset+100, lifetime, r.now) {
		r.old.Keep(collection.SupersededWindow[cached]{
			Key: w.Key, List: w.List(), Version: before.version, Until: before.version.Fetched.Add(staleness),
			End: window.Offset + 100, Cost: 1, Value: before,
		})
	}
	v := cached{window, collection.Version{Count: window.Count, Fetched: r.now}}
	r.store[w.Key] = v
	return v
}

// versions are those of a window that may be served, the newest first.
func (r *reader) versions(w *ll2.Resource) []cached {
	var all []cached
	if v, ok := r.store[w.Key]; ok && r.now.Sub(v.version.Fetched) < staleness {
		all = append(all, v)
	}
	for _, p := range r.old.Of(w.Key, r.now) {
		all = append(all, p.Value)
	}
	return all
}

// answer is a page and how it came about.
type answer struct {
	collection.Choice
	data    string
	count   int
	results []int // ids
}

// get answers one request for spacecraft by id.
func (r *reader) get(client string, limit, offset int) answer {
	r.old.Release(r.walks, func(string) time.Duration { return lifetime }, r.now)
	res := ll2test.Resolve(r.t, "/2.3.0/spacecraft/", fmt.Sprintf("ordering=id&limit=%d&offset=%d", limit, offset), "*/*")
	walk := r.walks.Find(client, res.List(), res.Page, r.now)
	found := r.gather(res, func(versions []cached) bool {
		return slices.ContainsFunc(versions, func(v cached) bool { return walk.Admits(v.version, lifetime) }) && walk != collection.Generation{} ||
			len(versions) > 0 && (r.now.Sub(versions[0].version.Fetched) < lifetime || r.quota == 0)
	})
	c := r.choose(walk, res, found)
	r.walks.Step(client, res.List(), res.Page, c.Generation, r.now)
	return r.cut(res, c, found)
}

// gather returns the versions of all windows that a page needs. Where they are not
// enough, the window is fetched.
func (r *reader) gather(res *ll2.Resource, enough func([]cached) bool) [][]cached {
	var all [][]cached
	for _, w := range res.Windows(100) {
		if at, _ := w.Page.OffsetInt(); len(all) > 0 && !res.Page.Reaches(at, all[0][0].window.Count) {
			break
		}
		versions := r.versions(&w)
		if !enough(versions) {
			versions = append([]cached{r.fetch(&w)}, versions...)
		}
		all = append(all, versions)
	}
	return all
}

// choose renews each window at most once.
func (r *reader) choose(walk collection.Generation, res *ll2.Resource, found [][]cached) collection.Choice {
	for renewed := 0; ; renewed++ {
		versions := make([][]collection.Version, len(found))
		for i, window := range found {
			for _, v := range window {
				versions[i] = append(versions[i], v.version)
			}
		}
		c := collection.Choose(walk, versions, lifetime)
		if c.Renew < 0 || renewed == len(found) || r.quota == 0 {
			return c
		}
		found[c.Renew] = append([]cached{r.fetch(&res.Windows(100)[c.Renew])}, found[c.Renew]...)
	}
}

// cut makes the page, with the newest count with which it can be made.
func (r *reader) cut(res *ll2.Resource, c collection.Choice, found [][]cached) answer {
	var windows []*body.Window
	var newest []cached
	for i, pick := range c.Picks {
		v := found[i][pick]
		windows = append(windows, v.window)
		if len(newest) > 0 && v.version.Fetched.After(newest[0].version.Fetched) {
			newest = append([]cached{v}, newest...)
		} else {
			newest = append(newest, v)
		}
	}
	for _, v := range newest {
		page, ok := body.NewCut(res.Page, v.window, windows...)
		if !ok {
			continue
		}
		a := answer{Choice: c, data: ll2test.Render(r.t, page, res)}
		var read struct {
			Count   int
			Results []struct{ ID int }
		}
		if err := json.Unmarshal([]byte(a.data), &read); err != nil {
			r.t.Fatalf("%v", err)
		}
		a.count = read.Count
		for _, e := range read.Results {
			a.results = append(a.results, e.ID)
		}
		return a
	}
	r.t.Fatalf("%s cannot be cut from what is cached", res.Key)
	return answer{}
}
