package proxy

import (
	"net/http"
	"slices"
	"time"

	"perigee/cache"
	"perigee/proxy/collection"
	"perigee/proxy/ll2"
	"perigee/proxy/render"
)

// cached is what look-up found for a question.
type cached struct {
	// whole is the resource itself, as its own entry or an element of a list,
	// whichever is newer; nil: neither is cached. It is not looked for where the page
	// can be cut from cached windows.
	whole render.Source
	// windows are those of the page; without a Plan if it is not cut.
	windows collection.Windows
	// selection is the versions of the windows that belong together, nil unless all
	// are cached, and page what is cut from them; nil: it cannot be.
	selection *collection.Selection
	page      render.Source
}

// finder looks up what is cached.
type finder struct {
	store   cache.Tier
	lists   *collection.Collections
	offline bool
}

// find is the look-up for a question of a client.
func (f *finder) find(q *question, w walker, now time.Time) (c cached) {
	if q.plan == nil {
		c.whole = f.whole(q.resource, now)
		return c
	}
	c.windows = f.lists.LookUp(q.plan)
	if !slices.Contains(c.windows.Entries, nil) {
		selection := w.selectFrom(f.lists, q.plan, c.windows.Entries, now)
		c.selection = &selection
		if c.page = f.cut(q.plan.Page, c.selection.Entries); c.page != nil {
			return c
		}
	}
	c.whole = f.whole(q.resource, now)
	if f.offline && c.whole == nil {
		// What upstream said to a window in place of a page it says to every page of it.
		if e, ok := f.store.Get(q.plan.Windows[0].Key); ok && e.Status != http.StatusOK {
			c.whole = render.Whole(e)
		}
	}
	return c
}

// cut cuts a page from windows, nil if that cannot be. Offline nobody can be asked
// for what an older window lacks of a newer count: the older count will do.
func (f *finder) cut(p ll2.Page, windows []*cache.Entry) render.Source {
	page, ok := render.NewPage(p, windows)
	if !ok && f.offline {
		page, ok = render.NewOldPage(p, windows)
	}
	if !ok {
		return nil
	}
	return page
}

// whole is the newest of what is cached of a resource: its own entry or, for an
// object, an element of a list; nil if nothing is.
func (f *finder) whole(res *ll2.Resource, now time.Time) render.Source {
	own, ok := f.store.Get(res.Key)
	if ok {
		f.lists.Learn(res, own)
	}
	if res.Kind == ll2.Object && res.Representation == ll2.JSON {
		e, element := f.lists.Object(res, own, now)
		if e != nil && (!ok || own.Answered.Before(e.Answered)) {
			return render.Element(e, element)
		}
	}
	if !ok {
		return nil
	}
	return render.Whole(own)
}
