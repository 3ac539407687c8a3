package ll2

import (
	"math"
	"strconv"
	"strings"

	"perigee/proxy/ll2/catalog"
)

// MaxWidth is the greatest width of a window, the most elements that LL2 puts on
// one page.
const MaxWidth = maxLimit

// Windows returns the pages from which r can be cut: those of the same list that
// begin at multiples of width and together cover r, in the list's order. A page
// no wider than width needs one or two; a wider one needs more, and is then
// asked for as it is unless the windows are there already.
//
// Each is the resource that Resolve finds for what it asks upstream, so that it
// shares its Key with a client that happens to ask for just that page.
//
// There are none, and r is asked for as it is, if r is no list or not known to be
// one, is not JSON, or lies further out than can be counted, or if width is not
// from 1 to MaxWidth. Untabled resources get windows where their path can be that
// of a list; only the answer's shape proves that it is (body.NewWindow).
func (r *Resource) Windows(width int) []Resource {
	offset, ok := r.Page.OffsetInt()
	if !ok || offset > math.MaxInt64-2*maxLimit || width < 1 || width > MaxWidth || !r.isCuttable() {
		return nil
	}
	pairs, ok := r.unpaged()
	if !ok {
		return nil
	}
	w := int64(width)
	var windows []Resource
	for at := offset - offset%w; at < offset+int64(r.Page.Limit); at += w {
		windows = append(windows, r.paged(pairs, width, at))
	}
	return windows
}

// List names the list that r is a page of, the same for all its pages and
// windows; it is the Key of the list's first page of default size. It is empty
// if r has no windows.
func (r *Resource) List() string {
	if !r.isCuttable() {
		return ""
	}
	pairs, ok := r.unpaged()
	if !ok {
		return ""
	}
	first := r.paged(pairs, defaultLimit, 0)
	return first.Key
}

// Beyond reports whether the page begins after the last of count elements, so
// that it is empty whatever they are.
func (p Page) Beyond(count int64) bool {
	offset, ok := p.OffsetInt()
	return !ok || offset >= count
}

// Reaches reports whether the page has an element at the given offset or after
// it, in a list of count elements. A window that a page does not reach, though it
// is wide enough to, need not be asked for: the list ends before.
func (p Page) Reaches(offset, count int64) bool {
	if p.Beyond(count) {
		return false
	}
	begin, _ := p.OffsetInt()
	return min(count-begin, int64(p.Limit)) > offset-begin
}

// isCuttable reports whether r's kind and representation are such that pages are
// cut from others.
func (r *Resource) isCuttable() bool {
	switch {
	case r.Representation != JSON:
		return false
	case r.Kind == Untabled:
		return mayBeList(r.Path)
	}
	return r.Kind == List
}

// mayBeList tells apart paths of versions without a table, by what all versions
// have in common: lists end in a word, their elements in an id, and dashboards
// are documents of their own.
func mayBeList(path string) bool {
	path = strings.TrimSuffix(path, "/")
	last := path[strings.LastIndexByte(path, '/')+1:]
	return !isDigits(last) && !catalog.IsUUID(last) && !strings.Contains(path, "/dashboard/")
}

// unpaged returns what is asked upstream without limit and offset; ok is false if
// there is no room for these.
func (r *Resource) unpaged() (pairs []pair, ok bool) {
	asked, err := parseQuery(r.Query)
	if err != nil || len(asked)+2 > MaxParameters {
		return nil, false
	}
	pairs = make([]pair, 0, len(asked))
	for _, p := range asked {
		if p.name != "limit" && p.name != "offset" {
			pairs = append(pairs, p)
		}
	}
	return pairs, true
}

// paged returns a page of r's list. The pairs are those of unpaged.
func (r *Resource) paged(pairs []pair, limit int, offset int64) Resource {
	all := append(make([]pair, 0, len(pairs)+2), pairs...)
	if limit != defaultLimit {
		all = append(all, pair{"limit", strconv.Itoa(limit)})
	}
	page := Page{Limit: limit, Offset: strconv.FormatInt(offset, 10)}
	if offset != 0 {
		all = append(all, pair{"offset", page.Offset})
	}
	w := r.asking(sortByName(all))
	w.Page, w.Ignored, w.Echo = page, nil, Echo{all}
	return w
}

// asking returns r with another query upstream. The pairs are sorted by name and
// plain, and r is JSON.
func (r *Resource) asking(pairs []pair) Resource {
	a := newAsked(representation{r.Representation, r.Indent}.word(), r.Path, len(r.Query))
	a.addAll(pairs)
	other := *r
	other.Key, other.Path, other.Query = a.split()
	return other
}
