package collection

import (
	"sync"
	"time"

	"perigee/cache"
	"perigee/proxy/ll2"
	"perigee/proxy/render"
)

// Selection is the versions of the windows that an answer is made of.
type Selection struct {
	Entries []*cache.Entry
	Choice
}

// generations is who walks which list and reads which versions of its windows.
type generations struct {
	mu         sync.Mutex // guards all below
	walks      *Walks
	superseded *Superseded[*cache.Entry]
	lifetimes  map[string]time.Duration // of the answers of a list that has superseded windows
}

func newGenerations() *generations {
	return &generations{
		walks: NewWalks(0), superseded: NewSuperseded[*cache.Entry](0, 0), lifetimes: make(map[string]time.Duration),
	}
}

// selectFrom picks versions that belong together if that can be. newest has the
// newest of each window.
func (g *generations) selectFrom(p *Plan, newest []*cache.Entry, client string, now time.Time) Selection {
	g.mu.Lock()
	defer g.mu.Unlock()
	walk := g.walks.Find(client, p.list, p.Page, now)
	if len(newest) == 1 && g.superseded.Len() == 0 { // as nearly always: there is nothing to choose
		return Selection{newest, chooseOnly(walk, newest[0])}
	}
	versions, entries := make([][]Version, len(newest)), make([][]*cache.Entry, len(newest))
	for i, e := range newest {
		versions[i], entries[i] = []Version{versionOf(e)}, []*cache.Entry{e}
		for _, s := range g.superseded.Of(e.Key, now) {
			versions[i], entries[i] = append(versions[i], s.Version), append(entries[i], s.Value)
		}
	}
	s := Selection{Entries: make([]*cache.Entry, len(newest)), Choice: Choose(walk, versions, lifetime(newest[0]))}
	for i, pick := range s.Picks {
		s.Entries[i] = entries[i][pick]
	}
	return s
}

// chooseOnly is Choose where there is one window in one version.
func chooseOnly(walk Generation, e *cache.Entry) Choice {
	v, c := versionOf(e), Choice{Renew: -1}
	if c.Left = !walk.Admits(v, lifetime(e)); c.Left {
		walk = Generation{}
	}
	c.Generation = walk.With(v)
	return c
}

// step notes that a client was given its page out of a generation.
func (g *generations) step(p *Plan, generation Generation, client string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.walks.Step(client, p.list, p.Page, generation, now)
}

// supersede keeps a window that a newer one has taken the place of, if somebody
// walks its list who reads its generation.
func (g *generations) supersede(res *ll2.Resource, old *cache.Entry, now time.Time) {
	w, list := render.WindowOf(old), res.List()
	if w == nil || list == "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.superseded.Release(g.walks, func(list string) time.Duration { return g.lifetimes[list] }, now)
	if g.superseded.Len() == 0 {
		clear(g.lifetimes)
	}
	version, end := versionOf(old), w.Offset+int64(w.Width)
	if !g.walks.Wants(list, version, end, lifetime(old), now) {
		return
	}
	g.lifetimes[list] = lifetime(old)
	g.superseded.Keep(SupersededWindow[*cache.Entry]{
		Key: res.Key, List: list, Version: version, Until: old.StaleWhileRevalidateUntil, End: end,
		Cost: int(old.Cost()), Value: old,
	})
}

// drop lets go of the superseded versions of a window.
func (g *generations) drop(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.superseded.Drop(key)
}

func versionOf(e *cache.Entry) Version {
	return Version{Count: render.WindowOf(e).Count, Fetched: e.Answered}
}

// lifetime is how long the answers of an entry's list are fresh.
func lifetime(e *cache.Entry) time.Duration { return e.FreshUntil.Sub(e.Answered) }
