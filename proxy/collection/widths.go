package collection

import (
	"sync"
	"time"

	"perigee/proxy/ll2"
)

// How wide windows get again that had to be narrowed.
const (
	leastWidth    = 10               // narrower ones are not worth it: pages are fetched as they are
	firstNarrowed = 10 * time.Minute // doubles each time that it was too early
	mostNarrowed  = 6 * time.Hour
	maxNarrowed   = 512 // lists
)

// widths is how wide the windows of lists are where wide ones failed, or were not
// the pages that were asked for. What one answer was says little of the next: so
// wide ones are tried again after a while, and one that is good ends it at once. It
// is safe for concurrent use.
type widths struct {
	mu    sync.Mutex // guards lists
	lists map[string]narrowed
}

// narrowed is a list whose windows are narrower than the settings say.
type narrowed struct {
	width  int // of its windows; 0: it is not cut
	failed int // the width that failed
	until  time.Time
	rounds int // how often it has been so, one after the other
}

// scope is what is narrowed together.
type scope func(res *ll2.Resource) string

// oneList narrows a list with its filters: where fetching fails, that may be because
// of what a client filters by.
func oneList(res *ll2.Resource) string { return res.List() }

// allLists narrows all lists of an endpoint and mode: what upstream makes of a limit
// does not depend on filters.
func allLists(res *ll2.Resource) string { return res.Path + " " + res.Mode }

// of returns the width of a list's windows now, if it is narrowed.
func (w *widths) of(res *ll2.Resource, now time.Time) (width int, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.lists) == 0 {
		return 0, false
	}
	for _, key := range []string{allLists(res), oneList(res)} {
		if n, found := w.lists[key]; found && now.Before(n.until) && (!ok || n.width < width) {
			width, ok = n.width, true
		}
	}
	return width, ok
}

// narrow makes the windows of lists narrower for a while, since one of the width
// failed was no good; they are at most as wide as most. It reports whether that is
// news.
func (w *widths) narrow(of scope, res *ll2.Resource, failed, most int, now time.Time) (news bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := of(res)
	n, known := w.lists[key]
	current := known && now.Before(n.until)
	if current && n.width < failed {
		return false // others were faster
	}
	if w.lists == nil || !known && len(w.lists) >= maxNarrowed {
		w.lists = make(map[string]narrowed)
	}
	n.failed = max(n.failed, failed)
	if n.width = min(most, failed/2); n.width < leastWidth {
		n.width = 0
	}
	if !current {
		n.rounds++
	}
	n.until = now.Add(min(firstNarrowed<<min(n.rounds-1, 10), mostNarrowed))
	w.lists[key] = n
	return !current
}

// widen notes a window that is good. One as wide as what failed ends it.
func (w *widths) widen(res *ll2.Resource, good int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.lists) == 0 {
		return
	}
	for _, key := range []string{allLists(res), oneList(res)} {
		if n, ok := w.lists[key]; ok && good >= n.failed {
			delete(w.lists, key)
		}
	}
}
