package proxy

import (
	"maps"
	"sync"
	"time"

	"perigee/cache"
	"perigee/proxy/collection"
	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
)

// Bounds of what is remembered.
const (
	maxExact       = 512    // lists that have no windows
	maxHeldWindows = 10_000 // windows that are counted
)

// lists is what is known of lists beyond their windows: who walks them, which
// older windows the walkers still read, and which lists have none. It is safe for
// concurrent use.
type lists struct {
	mu    sync.Mutex // guards all below
	walks *collection.Walks
	kept  *collection.Superseded[*cache.Entry]
	exact map[string]bool          // lists whose pages are not believed to be windows
	fresh map[string]time.Duration // how long the windows of a kept list are fresh
	held  map[string]time.Time     // windows that were fetched, and until when they may be served
}

func newLists() *lists {
	return &lists{
		walks: collection.NewWalks(0), kept: collection.NewSuperseded[*cache.Entry](0, 0),
		exact: make(map[string]bool), fresh: make(map[string]time.Duration),
		held: make(map[string]time.Time),
	}
}

// hold notes a window that was fetched.
func (l *lists) hold(e *cache.Entry) {
	if windowOf(e) == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.held) >= maxHeldWindows {
		clear(l.held)
	}
	l.held[e.Key] = e.StaleIfErrorUntil
}

// forget notes that a window is gone for good, in each of its versions.
func (l *lists) forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, key)
	l.kept.Drop(key)
}

func (l *lists) windowsHeld(now time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.held, func(_ string, until time.Time) bool { return !now.Before(until) })
	return len(l.held)
}

// kindOfList is what shares a doubt: an endpoint and mode, or a path.
func kindOfList(res *ll2.Resource) string { return res.Path + " " + res.Mode }

// doubt notes that a list has no windows. It reports whether that is news.
func (l *lists) doubt(res *ll2.Resource) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	kind := kindOfList(res)
	if l.exact[kind] {
		return false
	}
	if len(l.exact) >= maxExact {
		clear(l.exact)
	}
	l.exact[kind] = true
	return true
}

func (l *lists) isExact(res *ll2.Resource) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.exact[kindOfList(res)]
}

// replaced keeps a window that a newer one has taken the place of, if somebody
// walks its list who reads its generation.
func (l *lists) replaced(res *ll2.Resource, old *cache.Entry) {
	w := windowOf(old)
	list := res.List()
	if w == nil || list == "" {
		return
	}
	now := time.Now()
	interval := freshness(old)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept.Release(l.walks, func(list string) time.Duration { return l.fresh[list] }, now)
	if l.kept.Len() == 0 {
		clear(l.fresh)
	}
	stamp, end := stampOf(old), w.Offset+int64(w.Width)
	if !l.walks.Wants(list, stamp, end, interval, now) {
		return
	}
	l.fresh[list] = interval
	l.kept.Keep(collection.SupersededWindow[*cache.Entry]{
		Key: res.Key, List: list, Version: stamp, Until: old.StaleWhileRevalidateUntil, End: end,
		Cost: int(old.Cost()), Value: old,
	})
}

// choose picks the versions of the windows that an answer to x is made of, so
// that they belong together if that can be. held has the newest of each.
func (l *lists) choose(x *exchange, client string, held []*cache.Entry) ([]*cache.Entry, collection.Choice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(held) == 1 && l.kept.Len() == 0 { // as nearly always: there is nothing to choose
		return held, l.only(x, client, held[0])
	}
	versions, entries := make([][]collection.Version, len(held)), make([][]*cache.Entry, len(held))
	for i, e := range held {
		versions[i], entries[i] = []collection.Version{stampOf(e)}, []*cache.Entry{e}
		for _, p := range l.kept.Of(e.Key, x.Start) {
			versions[i], entries[i] = append(versions[i], p.Version), append(entries[i], p.Value)
		}
	}
	walk := l.walks.Find(client, x.windows.list, x.resource.Page, x.Start)
	choice := collection.Choose(walk, versions, freshness(held[0]))
	picked := make([]*cache.Entry, len(held))
	for i, pick := range choice.Picks {
		picked[i] = entries[i][pick]
	}
	return picked, choice
}

// only is the choice where there is one window in one version.
func (l *lists) only(x *exchange, client string, e *cache.Entry) collection.Choice {
	s, c := stampOf(e), collection.Choice{Renew: -1}
	walk := l.walks.Find(client, x.windows.list, x.resource.Page, x.Start)
	if c.Left = !walk.Admits(s, freshness(e)); c.Left {
		walk = collection.Generation{}
	}
	c.Generation = walk.With(s)
	return c
}

// step notes that the client was given its page out of a generation.
func (l *lists) step(x *exchange, client string, g collection.Generation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.walks.Step(client, x.windows.list, x.resource.Page, g, x.Start)
}

func stampOf(e *cache.Entry) collection.Version {
	return collection.Version{Count: windowOf(e).Count, Fetched: e.Answered}
}

// freshness is how long the answers of an entry's list are fresh.
func freshness(e *cache.Entry) time.Duration { return e.FreshUntil.Sub(e.Answered) }

// windowOf returns the window that an entry is, nil if it is none.
func windowOf(e *cache.Entry) *body.Window {
	if pg, ok := e.Derived.(*page); ok {
		return pg.window
	}
	return nil
}
