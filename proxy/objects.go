package proxy

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"sync"

	"perigee/cache"
	"perigee/proxy/ll2"
)

// maxObjects bounds the objects that are known to stand in held windows.
const maxObjects = 100_000

// objects knows which window of which list an object stands in: an element that
// is of the very schema of the object endpoint answers for the object. It holds
// no windows, so that none is kept for its sake. It is safe for concurrent use.
type objects struct {
	mu     sync.RWMutex // guards places
	places map[string]objectPlace
}

// objectPlace is where an object stands, as long as the window is still the same.
type objectPlace struct {
	window string // key
	digest [32]byte
	index  int
}

func newObjects() *objects { return &objects{places: make(map[string]objectPlace)} }

// learn notes the objects of a window that was fetched for res. What the window
// says is newer than what earlier ones said.
func (o *objects) learn(res *ll2.Resource, e *cache.Entry) {
	o.place(e, objectsIn(res, e))
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

// place notes which elements of a window are objects, by their keys.
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
		o.places[key] = objectPlace{window: e.Key, digest: e.Digest, index: index}
	}
}

// forget notes that no list answers for an object any more.
func (o *objects) forget(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.places, key)
}

// find returns the element that answers for an object, and the entry it is in.
func (o *objects) find(key string, store cache.Tier) (*cache.Entry, *ll2.Element) {
	o.mu.RLock()
	place, ok := o.places[key]
	o.mu.RUnlock()
	if !ok {
		return nil, nil
	}
	e, ok := store.Get(place.window)
	if !ok || e.Digest != place.digest || windowOf(e) == nil {
		return nil, nil
	}
	return e, &ll2.Element{Window: windowOf(e), Index: place.index}
}

// held returns the newest of what is held of x's resource: its own entry or, for
// an object, an element of a list.
func (h *Handler) held(x *exchange) (subject, bool) {
	own, ok := h.options.Store.Get(x.resource.Key)
	if x.resource.Kind == ll2.Object && x.resource.Representation == ll2.JSON {
		e, element := h.objects.find(x.resource.Key, h.options.Store)
		if element != nil && (!ok || own.Answered.Before(e.Answered)) {
			return subject{entry: e, element: element}, true
		}
	}
	return whole(own), ok
}

// renderElement makes the rendering of an object that is an element of a window.
func renderElement(s subject, x *exchange) *variant {
	sub := ll2.Substitution{Base: x.base.String(), Suffix: x.resource.LinkSuffix()}
	v := &variant{base: x.base, body: s.element.Append(make([]byte, 0, s.element.Len(sub)), sub)}
	sum := sha256.New()
	sum.Write(s.element.AppendIdentity(nil))
	sum.Write([]byte(sub.Base + "\x00" + sub.Suffix))
	v.etag = `"` + hex.EncodeToString(sum.Sum(nil)[:12]) + `"`
	v.detail = fromListDetail
	v.hit = verdict{outcome: Hit, detail: v.detail}.member(x.resource.Key).Prepare(nil)
	v.fields = append(fields(s.entry, x.resource, v.etag), field{"Content-Length", []string{strconv.Itoa(len(v.body))}})
	return v
}

// fromListDetail tells that an object was answered from a list.
const fromListDetail = "from-list"
