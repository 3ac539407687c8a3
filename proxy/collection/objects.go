package collection

import (
	"maps"
	"sync"
	"time"

	"perigee/cache"
	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
	"perigee/proxy/render"
)

// maxObjects bounds the objects that are known to stand in cached windows.
const maxObjects = 100_000

// objectIndex knows which window of which list an object stands in: an element that
// is of the very schema of the object endpoint answers for the object. It refers to
// no window, so that none is kept for its sake. It is safe for concurrent use.
type objectIndex struct {
	mu     sync.RWMutex // guards all below
	places map[string]location
	purged map[string]time.Time // objects that must not be answered by what was asked for before
}

// location is where an object stands, as long as the window is still the same.
type location struct {
	window   string // key
	answered time.Time
	digest   [32]byte
	index    int
}

func newObjectIndex() *objectIndex {
	return &objectIndex{places: make(map[string]location), purged: make(map[string]time.Time)}
}

// objectsIn returns the keys of the objects in a window that was fetched for res,
// and which of its elements they are.
func objectsIn(res *ll2.Resource, e *cache.Entry) map[string]int {
	w := render.WindowOf(e)
	if w == nil || !res.HasObjects() {
		return nil
	}
	found := make(map[string]int)
	for key, element := range w.Objects(res) {
		found[key] = element.Index
	}
	return found
}

// add notes which elements of a window are objects, by their keys. Windows can come
// in any order: the newest answers.
func (o *objectIndex) add(e *cache.Entry, found map[string]int) {
	if len(found) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.places)+len(found) > maxObjects {
		clear(o.places)
	}
	for key, index := range found {
		if at, ok := o.purged[key]; ok && !e.Asked.After(at) || o.places[key].answered.After(e.Answered) {
			continue
		}
		o.places[key] = location{window: e.Key, answered: e.Answered, digest: e.Digest, index: index}
	}
}

// purge notes that nothing that was asked for until now answers for an object.
func (o *objectIndex) purge(key string, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.places, key)
	if len(o.purged) >= maxObjects {
		clear(o.purged)
	}
	o.purged[key] = now
}

// find returns the element that answers for an object, and the entry it is in; nil
// if there is none. lost is the key of the window in which it stood, if that is not the
// same any more: others may answer in its place, for this object and for all in it.
func (o *objectIndex) find(key string, store cache.Tier) (e *cache.Entry, element body.Element, lost cache.Key) {
	o.mu.RLock()
	at, ok := o.places[key]
	o.mu.RUnlock()
	if !ok {
		return nil, body.Element{}, ""
	}
	e, ok = store.Get(at.window)
	if ok && e.Digest == at.digest {
		if w := render.WindowOf(e); w != nil {
			return e, body.Element{Window: w, Index: at.index}, ""
		}
	}
	o.lose(at)
	return nil, body.Element{}, at.window
}

// lose forgets all that stood in the window of a location.
func (o *objectIndex) lose(gone location) {
	o.mu.Lock()
	defer o.mu.Unlock()
	maps.DeleteFunc(o.places, func(_ string, at location) bool {
		return at.window == gone.window && at.digest == gone.digest
	})
}
