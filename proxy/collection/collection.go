// Package collection is all that is known of lists beyond their cached pages: from
// which windows a page is cut, who walks a list and which versions of its windows
// belong together, in which lists an object stands, and how wide their windows are.
//
// Choosing among versions is pure (Choose, Walks, Superseded): what it decides on
// is handed in, the time included.
package collection

import (
	"iter"
	"maps"
	"sync"
	"time"

	"perigee/cache"
	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
	"perigee/proxy/render"
)

// maxWindows bounds the windows that are counted.
const maxWindows = 10_000

// Options configure Collections.
type Options struct {
	// Store has the entries. Required.
	Store cache.Tier
	// ObjectLists is what SaveObjectLists was given last, in an earlier run with the
	// same Store: which lists have objects that they can answer for. If nil, or of
	// another version, only those do that are fetched again.
	ObjectLists []byte
	// SaveObjectLists keeps that. It is called before what is new is answered, never
	// twice at a time. If nil, it is not kept.
	SaveObjectLists func([]byte)
	// Remember has peers told of a list that was found to have objects when it was
	// stored. If nil, nobody is.
	Remember func(key string)
}

// Collections is what is known of all lists. It is safe for concurrent use.
type Collections struct {
	options     Options
	generations *generations
	objects     *objectIndex
	objectLists *objectLists

	learning sync.Mutex // held while it is found out which objects a window has
	reading  sync.Mutex // held while object lists are read

	widths widths

	mu      sync.Mutex           // guards windows
	windows map[string]time.Time // that were fetched, and until when they may be served
}

// New returns Collections of which nothing is known but the ObjectLists.
func New(o Options) *Collections {
	if o.Remember == nil {
		o.Remember = func(string) {}
	}
	return &Collections{
		options: o, generations: newGenerations(), objects: newObjectIndex(),
		objectLists: newObjectLists(o.ObjectLists, o.SaveObjectLists),
		windows:     make(map[string]time.Time),
	}
}

// LookUp returns what is cached of the windows of a plan.
func (c *Collections) LookUp(p *Plan) Windows {
	return p.lookUp(func(res *ll2.Resource) *cache.Entry {
		e, ok := c.options.Store.Get(res.Key)
		if !ok || render.WindowOf(e) == nil {
			return nil
		}
		c.Learn(res, e)
		return e
	})
}

// Select picks the versions of the windows that an answer to a client is made of,
// so that they belong together if that can be. newest has the newest of each.
func (c *Collections) Select(p *Plan, newest []*cache.Entry, client string, now time.Time) Selection {
	return c.generations.selectFrom(p, newest, client, now)
}

// Answered notes that a client was given its page out of a selection.
func (c *Collections) Answered(p *Plan, s Selection, client string, now time.Time) {
	c.generations.step(p, s.Generation, client, now)
}

// Stored notes an entry that was fetched for res, and the one that it has taken the
// place of, which may be nil.
func (c *Collections) Stored(res *ll2.Resource, e, previous *cache.Entry) {
	if c.Learn(res, e) {
		c.options.Remember(res.Key) // here and not in Learn: a hit waits for no peer
	}
	if w := render.WindowOf(e); w != nil {
		c.count(e)
		c.widths.widen(res, w.Width)
	}
	if previous != nil {
		c.generations.supersede(res, previous, time.Now())
	}
}

// Forget forgets what is known of an entry that was purged.
func (c *Collections) Forget(key string) {
	c.objects.purge(key, time.Now())
	c.generations.drop(key)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.windows, key)
}

// count notes a window that was fetched.
func (c *Collections) count(e *cache.Entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.windows) >= maxWindows {
		clear(c.windows)
	}
	c.windows[e.Key] = e.StaleIfErrorUntil
}

// Cached returns how many windows were fetched that may still be served.
func (c *Collections) Cached(now time.Time) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.windows, func(_ string, until time.Time) bool { return !now.Before(until) })
	return len(c.windows)
}

// Plan returns from which windows a page is cut now: those of its usual plan, which
// may be nil, or of narrower ones; nil if it is fetched as it is.
func (c *Collections) Plan(res *ll2.Resource, usual *Plan, now time.Time) *Plan {
	if usual == nil {
		return nil
	}
	width, narrowed := c.widths.of(res, now)
	if !narrowed || width >= usual.Width() {
		return usual
	}
	return NewPlan(res, Widths{Normal: width, Detailed: width})
}

// Rejected notes that an answer was not the window that was asked for: the windows
// of such lists are at most as wide as most for a while; if that is 0, these lists are
// not cut. It reports whether that is news.
func (c *Collections) Rejected(window *ll2.Resource, most int, now time.Time) (news bool) {
	return c.widths.narrow(allLists, window, window.Page.Limit, most, now)
}

// TooWide notes that a window could not be fetched although a page of its list could:
// the windows of this list are narrower for a while.
func (c *Collections) TooWide(window *ll2.Resource, now time.Time) (news bool) {
	return c.widths.narrow(oneList, window, window.Page.Limit, window.Page.Limit, now)
}

// Object returns the element that answers for an object, and the entry of its list;
// nil if there is none. own is the object's own entry, which may be nil: if neither
// is fresh, the lists that may have the object and were not read yet are read.
func (c *Collections) Object(res *ll2.Resource, own *cache.Entry, now time.Time) (*cache.Entry, body.Element) {
	e, element, lost := c.objects.find(res.Key, c.options.Store)
	if lost != "" && c.readList(lost) { // it was stored a moment ago, and is not known yet
		e, element, _ = c.objects.find(res.Key, c.options.Store)
	}
	if isFresh(own, now) || isFresh(e, now) {
		return e, element
	}
	// A list that has taken the place of the one where the object was may have it. If
	// that was lost and none of these does, any other may.
	schema := res.ObjectSchema()
	c.readLists(schema, false)
	e, element, _ = c.objects.find(res.Key, c.options.Store)
	if e == nil && lost != "" {
		c.readLists(schema, true)
		e, element, _ = c.objects.find(res.Key, c.options.Store)
	}
	return e, element
}

func isFresh(e *cache.Entry, now time.Time) bool {
	return e != nil && e.State(now) == cache.Fresh
}

// readLists reads the windows that may have objects of a schema and were not read
// yet, or all of them again. Whoever comes meanwhile waits: what they would ask
// upstream may be there.
func (c *Collections) readLists(schema string, again bool) {
	c.reading.Lock()
	defer c.reading.Unlock()
	for _, key := range c.objectLists.take(schema, again) {
		if !c.readList(key) {
			c.objectLists.lost(key)
		}
	}
}

// readList finds out which objects a window has. It reports whether it is cached.
func (c *Collections) readList(key cache.Key) bool {
	res, known := ll2.FromKey(key)
	e, cached := c.options.Store.Get(key)
	if !known || !cached {
		return false
	}
	c.indexObjects(&res, e)
	return true
}

// Learn finds out which objects a window has that is cached for res, and reports
// whether it is new among those that have any. It looks once for each time that the
// window comes into memory.
func (c *Collections) Learn(res *ll2.Resource, e *cache.Entry) (added bool) {
	if b := render.Of(e); b.Window == nil || b.Seen() {
		return false
	}
	return c.indexObjects(res, e)
}

// indexObjects is Learn, whether it was done or not. Whoever comes meanwhile waits.
func (c *Collections) indexObjects(res *ll2.Resource, e *cache.Entry) (added bool) {
	c.learning.Lock()
	defer c.learning.Unlock()
	if found := objectsIn(res, e); len(found) > 0 {
		c.objects.add(e, found)
		added = c.objectLists.read(res.Key, res.ObjectSchema())
	}
	render.Of(e).MarkSeen()
	return added
}

// LearnAll indexes the objects in entries of earlier runs, each with the resource
// that it answers.
func (c *Collections) LearnAll(entries iter.Seq2[*ll2.Resource, *cache.Entry]) {
	for res, e := range entries {
		c.objects.add(e, objectsIn(res, e))
	}
}

// HeardOf is told of what other replicas have stored: it may have objects.
func (c *Collections) HeardOf(keys ...string) { c.objectLists.heardOf(keys...) }
