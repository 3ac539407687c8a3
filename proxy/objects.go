package proxy

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strconv"
	"sync"
	"time"

	"perigee/cache"
	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
	"perigee/proxy/respond"
)

// maxObjects bounds the objects that are known to stand in held windows.
const maxObjects = 100_000

// objects knows which window of which list an object stands in: an element that
// is of the very schema of the object endpoint answers for the object. It holds
// no windows, so that none is kept for its sake. It is safe for concurrent use.
type objects struct {
	mu     sync.RWMutex // guards places and purged
	places map[string]objectPlace
	purged map[string]time.Time // objects that must not be answered by what was asked for before

	learning sync.Mutex // held while it is found out which objects a window holds
	reading  sync.Mutex // held while windows are read
}

// objectPlace is where an object stands, as long as the window is still the same.
type objectPlace struct {
	window   string // key
	answered time.Time
	digest   [32]byte
	index    int
}

func newObjects() *objects {
	return &objects{places: make(map[string]objectPlace), purged: make(map[string]time.Time)}
}

// objectsIn returns the keys of the objects in a window that was fetched for res,
// and which of its elements they are.
func objectsIn(res *ll2.Resource, e *cache.Entry) map[string]int {
	w := windowOf(e)
	if w == nil || !res.HasObjects() {
		return nil
	}
	found := make(map[string]int)
	for key, element := range w.Objects(res) {
		found[key] = element.Index
	}
	return found
}

// place notes which elements of a window are objects, by their keys. Windows can
// come in any order: the newest answers.
func (o *objects) place(e *cache.Entry, found map[string]int) {
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
		o.places[key] = objectPlace{window: e.Key, answered: e.Answered, digest: e.Digest, index: index}
	}
}

// purge notes that nothing that was asked for until now answers for an object.
func (o *objects) purge(key string, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.places, key)
	if len(o.purged) >= maxObjects {
		clear(o.purged)
	}
	o.purged[key] = now
}

// find returns the element that answers for an object, and the entry it is in. lost
// tells that it stood in a window that is not there any more: older ones may answer
// in its place, for this object and for all others in that window.
func (o *objects) find(key string, store cache.Tier) (e *cache.Entry, element *body.Element, lost bool) {
	o.mu.RLock()
	place, ok := o.places[key]
	o.mu.RUnlock()
	if !ok {
		return nil, nil, false
	}
	e, ok = store.Get(place.window)
	if !ok || e.Digest != place.digest || windowOf(e) == nil {
		o.lose(place)
		return nil, nil, true
	}
	return e, &body.Element{Window: windowOf(e), Index: place.index}, false
}

// lose forgets all that stood in the window of a place.
func (o *objects) lose(gone objectPlace) {
	o.mu.Lock()
	defer o.mu.Unlock()
	maps.DeleteFunc(o.places, func(_ string, p objectPlace) bool {
		return p.window == gone.window && p.digest == gone.digest
	})
}

// held returns the newest of what is held of x's resource: its own entry or, for
// an object, an element of a list.
func (h *Handler) held(x *exchange) (subject, bool) {
	own, ok := h.options.Store.Get(x.resource.Key)
	if ok {
		h.learn(x.resource, own)
	}
	if x.resource.Kind != ll2.Object || x.resource.Representation != ll2.JSON {
		return whole(own), ok
	}
	e, element, lost := h.objects.find(x.resource.Key, h.options.Store)
	if !isFresh(own, x.Start) && !isFresh(e, x.Start) {
		e, element = h.findInHolders(x.resource, lost)
	}
	if element != nil && (!ok || own.Answered.Before(e.Answered)) {
		return subject{entry: e, element: element}, true
	}
	return whole(own), ok
}

// learn finds out which objects a window holds that is held for res, and reports
// whether it is new among those that do. It looks once for each time that the window
// comes into memory.
func (h *Handler) learn(res *ll2.Resource, e *cache.Entry) (news bool) {
	if pg, ok := e.Derived.(*page); ok && pg.window != nil && !pg.learned.Load() {
		return h.study(res, e, pg)
	}
	return false
}

// study is learn, whether it was done or not. Whoever comes meanwhile waits.
func (h *Handler) study(res *ll2.Resource, e *cache.Entry, pg *page) (news bool) {
	h.objects.learning.Lock()
	defer h.objects.learning.Unlock()
	if found := objectsIn(res, e); len(found) > 0 {
		h.objects.place(e, found)
		news = h.holders.read(res.Key, res.ObjectSchema())
	}
	pg.learned.Store(true)
	return news
}

func isFresh(e *cache.Entry, now time.Time) bool {
	return e != nil && e.State(now) == cache.Fresh
}

// findInHolders looks for an object in the windows that were not read yet: one that
// has taken the place of the window where it was may have it. If that was lost and
// none of these does, in all others.
func (h *Handler) findInHolders(res *ll2.Resource, lost bool) (*cache.Entry, *body.Element) {
	schema := res.ObjectSchema()
	h.readHolders(schema, false)
	e, element, _ := h.objects.find(res.Key, h.options.Store)
	if element == nil && lost {
		h.readHolders(schema, true)
		e, element, _ = h.objects.find(res.Key, h.options.Store)
	}
	return e, element
}

// readHolders reads the windows that may hold objects of a schema and were not read
// yet, or all of them again. Whoever comes meanwhile waits: what they would ask
// upstream may be there.
func (h *Handler) readHolders(schema string, again bool) {
	h.objects.reading.Lock()
	defer h.objects.reading.Unlock()
	for _, key := range h.holders.take(schema, again) {
		res, known := ll2.FromKey(key)
		e, held := h.options.Store.Get(key)
		if !known || !held {
			h.holders.lost(key)
			continue
		}
		if pg, ok := e.Derived.(*page); ok && pg.window != nil {
			h.study(&res, e, pg)
		}
	}
}

// Landed is told of what other replicas have stored: it may hold objects.
func (h *Handler) Landed(keys ...string) { h.holders.heardOf(keys...) }

// renderElement makes the rendering of an object that is an element of a window.
func renderElement(s subject, x *exchange) *variant {
	sub := body.Substitution{Base: x.base.String(), Suffix: x.resource.LinkSuffix()}
	v := &variant{base: x.base, body: s.element.Append(make([]byte, 0, s.element.Len(sub)), sub)}
	sum := sha256.New()
	sum.Write(s.element.AppendIdentity(nil))
	sum.Write([]byte(sub.Base + "\x00" + sub.Suffix))
	v.etag = `"` + hex.EncodeToString(sum.Sum(nil)[:12]) + `"`
	v.detail = fromListDetail
	v.hit = respond.Handling{Outcome: respond.Hit, Detail: v.detail}.Member(x.resource.Key).Prepare(nil)
	v.fields = append(fields(s.entry, x.resource, v.etag), field{"Content-Length", []string{strconv.Itoa(len(v.body))}})
	return v
}

// fromListDetail tells that an object was answered from a list.
const fromListDetail = "from-list"
