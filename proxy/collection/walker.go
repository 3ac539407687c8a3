package collection

import (
	"container/list"
	"time"

	"perigee/proxy/ll2"
)

// WalkPause is how long a client may take from one page to the next and still
// count as walking.
const WalkPause = 10 * time.Minute

// DefaultMaxWalks is the default of NewWalks.
const DefaultMaxWalks = 4096

// Walks remembers who walks which list, page by page, and which generation he
// reads. Several walks of one client, or of many behind one address, are told
// apart by where they are.
//
// It is bounded: the walks that were not heard of for the longest time are
// forgotten, which costs their clients no more than a change of generation. It
// is not safe for concurrent use.
type Walks struct {
	max    int
	places map[place]*list.Element // of *walk
	order  *list.List              // the most recent first
}

// place is where a walker is expected next.
type place struct {
	client, list string
	next         int64 // offset of the page
}

type walk struct {
	place
	generation Generation
	at         time.Time // of the last page
}

// NewWalks returns an empty memory of at most so many walks. If most is zero or
// less, DefaultMaxWalks.
func NewWalks(most int) *Walks {
	if most <= 0 {
		most = DefaultMaxWalks
	}
	return &Walks{max: most, places: map[place]*list.Element{}, order: list.New()}
}

// Find returns the generation of the walk that a page goes on with: one of the
// same client through the same list (Resource.List), where this page begins where
// the last one ended, no longer than WalkPause ago. Without such a walk it is the
// zero Generation.
func (w *Walks) Find(client, list string, p ll2.Page, now time.Time) Generation {
	offset, ok := p.OffsetInt()
	if !ok {
		return Generation{}
	}
	e, ok := w.places[place{client, list, offset}]
	if !ok {
		return Generation{}
	}
	if k := e.Value.(*walk); !k.over(now) {
		return k.generation
	}
	return Generation{}
}

// Step notes that a client was answered a page out of a generation, that of its
// Choice. A page after which the list ends is the end of its walk and is not
// noted, nor is one of no generation. The step before is not forgotten at once:
// a client may ask for a page again.
func (w *Walks) Step(client, list string, p ll2.Page, g Generation, now time.Time) {
	offset, ok := p.OffsetInt()
	if !ok || g == (Generation{}) || offset >= g.Count-int64(p.Limit) {
		return
	}
	k := &walk{place{client, list, offset + int64(p.Limit)}, g, now}
	if e, ok := w.places[k.place]; ok {
		e.Value = k
		w.order.MoveToFront(e)
		return
	}
	w.places[k.place] = w.order.PushFront(k)
	w.trim(now)
}

// trim forgets walks that are over, and as many more as are too many.
func (w *Walks) trim(now time.Time) {
	for e := w.order.Back(); e != nil; e = w.order.Back() {
		k := e.Value.(*walk)
		if !k.over(now) && w.order.Len() <= w.max {
			return
		}
		w.order.Remove(e)
		delete(w.places, k.place)
	}
}

// over reports whether so much time has passed that the client no longer walks.
func (k *walk) over(now time.Time) bool { return now.Sub(k.at) > WalkPause }

// Wants reports whether somebody who walks the list now will come to a window and
// would want this version of it, since it belongs to the generation he reads.
// end is the offset where the window ends.
func (w *Walks) Wants(list string, s Version, end int64, interval time.Duration, now time.Time) bool {
	for e := w.order.Front(); e != nil; e = e.Next() {
		k := e.Value.(*walk)
		if k.over(now) {
			return false // as are all that follow
		}
		if k.list == list && k.next < end && k.generation.Admits(s, interval) {
			return true
		}
	}
	return false
}

// Len returns how many walks are remembered, over or not.
func (w *Walks) Len() int { return w.order.Len() }
