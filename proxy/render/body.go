package render

import (
	"net/http"
	"sync"
	"sync/atomic"

	"perigee/cache"
	"perigee/proxy/ll2/body"
)

// maxRenderings bounds the renderings that one entry keeps.
const maxRenderings = 16

// Body is what is known of a cached body beyond its bytes: where its links are,
// whether pages can be cut from it, and the renderings made of it since. It hangs
// at cache.Entry.Derived and is safe for concurrent use.
type Body struct {
	// Layout is where the links and elements are.
	Layout body.Layout
	// Paged tells that next and previous are written for each client.
	Paged bool
	// Window is the wide page that the body is, from which others are cut; nil if
	// none can be, for the reason that Rejection is.
	Window    *body.Window
	Rejection body.Rejection

	seen atomic.Bool

	mu         sync.Mutex // serialises writers of renderings
	renderings atomic.Pointer[[]*Rendering]
}

// WindowOf returns the wide page that an entry is, nil if none can be cut from it.
func WindowOf(e *cache.Entry) *body.Window { return Of(e).Window }

// Seen reports whether MarkSeen was called: what is to be learned from the body
// is learned once for each time that it comes into memory.
func (b *Body) Seen() bool { return b.seen.Load() }

// MarkSeen makes Seen true.
func (b *Body) MarkSeen() { b.seen.Store(true) }

// Cost is how many bytes a Body of size bytes may take in memory: the index, and
// renderings that together are no larger than the body.
func (b *Body) Cost(size int) int { return b.Layout.Cost() + budget(size) }

// budget is how many bytes of renderings an entry keeps: as many as its body has, but
// no more than maxRenderings usual ones. One always fits.
func budget(size int) int { return min(size+size/8+4096, maxRenderings*maxCopied/2) }

// Of returns the Body of an entry. One that nothing is known of is relayed as
// it is.
func Of(e *cache.Entry) *Body {
	if b, ok := e.Derived.(*Body); ok {
		return b
	}
	return new(Body)
}

// echo is all of the request's text that a rendering repeats: for a page and a
// redirect the query, which is in next, previous and Location, else the format that
// links repeat.
func (b *Body) echo(e *cache.Entry, req Request) string {
	if b.Paged || e.Status != http.StatusOK {
		return req.Query
	}
	return req.Resource.LinkSuffix()
}

// kept returns the rendering of that key, nil if there is none.
func (b *Body) kept(k key) *Rendering {
	if all := b.renderings.Load(); all != nil {
		for _, r := range *all {
			if r.key.equal(k) {
				return r
			}
		}
	}
	return nil
}

// keep adds r and lets go of the oldest that the budget has no room for.
func (b *Body) keep(r *Rendering, budget int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := []*Rendering{r}
	budget -= r.size()
	if old := b.renderings.Load(); old != nil {
		for _, o := range *old {
			if budget -= o.size(); budget < 0 || len(all) == maxRenderings {
				break
			}
			all = append(all, o)
		}
	}
	b.renderings.Store(&all)
}
