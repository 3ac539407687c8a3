package collection

import (
	"perigee/cache"
	"perigee/proxy/ll2"
	"perigee/proxy/render"
)

// MaxWindows is how many windows one answer may need. A page that needs more is
// fetched as it is.
const MaxWindows = 2

// Widths are how many elements of a list are fetched at once, from 1 to
// ll2.MaxWidth; Detailed is for mode=detailed, whose elements are large. If zero,
// pages are fetched as clients ask for them.
type Widths struct{ Normal, Detailed int }

// Plan says from which windows a page of a list is cut.
type Plan struct {
	Page ll2.Page
	// Windows cover the page, in the list's order.
	Windows []ll2.Resource

	list    string // ll2.Resource.List
	offsets []int64
	first   ll2.Resource // the first window of the list, which tells its count
}

// NewPlan returns nil for what is fetched as it is.
func NewPlan(res *ll2.Resource, w Widths) *Plan {
	width := w.Normal
	if res.Mode == "detailed" {
		width = w.Detailed
	}
	windows := res.Windows(width)
	if len(windows) == 0 || len(windows) > MaxWindows {
		return nil
	}
	p := &Plan{Page: res.Page, Windows: windows, list: res.List(), offsets: make([]int64, len(windows))}
	for i := range windows {
		p.offsets[i], _ = windows[i].Page.OffsetInt() // Windows has counted it
	}
	first := *res
	first.Page.Offset = "0"
	p.first = first.Windows(width)[0]
	return p
}

// Width is how many elements its windows have room for.
func (p *Plan) Width() int { return p.Windows[0].Page.Limit }

// Narrower returns the plans with narrower windows that the page may have been cut from
// while wide ones failed. Of no plan there are none.
func (p *Plan) Narrower(res *ll2.Resource) (plans []*Plan) {
	if p == nil {
		return nil
	}
	for width := p.Width() / 2; width >= leastWidth; width /= 2 {
		plans = append(plans, NewPlan(res, Widths{Normal: width, Detailed: width}))
	}
	return plans
}

// Windows are those of a Plan, as far as they are cached.
type Windows struct {
	Plan *Plan
	// Entries has nil for each window that is not cached. Windows that the page does
	// not reach, since the list ends before, are left out.
	Entries []*cache.Entry
	// Beyond is a window that tells that the list ends before the page begins; nil:
	// none does.
	Beyond *cache.Entry
}

// Fit leaves out what the page does not reach, now that window i is known, and has
// what it reaches now that the list has grown be asked for.
func (w *Windows) Fit(i int) {
	switch next := i + 1; {
	case next >= len(w.Plan.Windows):
	case !w.Plan.reaches(next, w.Entries[i]):
		w.Entries = w.Entries[:next]
	case next == len(w.Entries):
		w.Entries = append(w.Entries, nil)
	}
}

// reaches reports whether the page has elements of window i, as another window
// tells the count.
func (p *Plan) reaches(i int, other *cache.Entry) bool {
	return p.Page.Reaches(p.offsets[i], render.WindowOf(other).Count)
}

// lookUp returns what get finds of the windows.
func (p *Plan) lookUp(get func(res *ll2.Resource) *cache.Entry) Windows {
	w := Windows{Plan: p, Entries: make([]*cache.Entry, 0, len(p.Windows))}
	for i := range p.Windows {
		if i > 0 && w.Entries[i-1] != nil && !p.reaches(i, w.Entries[i-1]) {
			break
		}
		w.Entries = append(w.Entries, get(&p.Windows[i]))
	}
	if w.Entries[0] == nil && p.offsets[0] > 0 {
		if first := get(&p.first); first != nil && p.Page.Beyond(render.WindowOf(first).Count) {
			w.Beyond = first
		}
	}
	return w
}
