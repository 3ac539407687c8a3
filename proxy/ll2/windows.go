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
// fetched as it is unless the windows are cached already.
//
// Each is the resource that Resolve finds for its canonical request, so that it
// shares its Key with a request of a client for just that page.
//
// There are none, and r is fetched as it is, if r is no list or not known to be
// one, is not JSON, or lies further out than can be counted, or if width is not
// from 1 to MaxWidth. Untabled resources get windows where their path can be that
// of a list; only the answer's shape proves that it is (body.NewWindow).
func (r *Resource) Windows(width int) []Resource {
	offset, ok := r.Page.OffsetInt()
	if !ok || offset > math.MaxInt64-2*maxLimit || width < 1 || width > MaxWidth || !r.hasWindows() {
		return nil
	}
	pairs, w := withoutPage(r.canonical), int64(width)
	var windows []Resource
	for at := offset - offset%w; at < offset+int64(r.Page.Limit); at += w {
		windows = append(windows, r.withPage(pairs, width, at))
	}
	return windows
}

// List names the list that r is a page of, the same for all its pages and
// windows; it is the Key of the list's first page of default size. It is empty
// if r has no windows.
func (r *Resource) List() string {
	if !r.hasWindows() {
		return ""
	}
	first := r.withPage(withoutPage(r.canonical), defaultLimit, 0)
	return first.Key
}

// hasWindows reports whether r's kind and representation are such that pages are
// cut from others, and whether there is room for limit and offset in its query.
func (r *Resource) hasWindows() bool {
	if r.Representation != JSON || len(r.canonical)+2 > MaxParameters {
		return false
	}
	return r.Kind == List || r.Kind == Untabled && mayBeList(r.Path)
}

// mayBeList tells apart paths of versions without a table, by what all versions
// have in common: lists end in a word, their elements in an id, and dashboards
// are documents of their own.
func mayBeList(path string) bool {
	path = strings.TrimSuffix(path, "/")
	last := path[strings.LastIndexByte(path, '/')+1:]
	return !isDigits(last) && !catalog.IsUUID(last) && !strings.Contains(path, "/dashboard/")
}

// withoutPage returns a copy of pairs without limit and offset, and with room for
// both.
func withoutPage(pairs []pair) []pair {
	others := make([]pair, 0, len(pairs)+2)
	for _, p := range pairs {
		if p.name != "limit" && p.name != "offset" {
			others = append(others, p)
		}
	}
	return others
}

// withPage returns a page of r's list, as if its canonical request had been
// resolved. The other pairs of that are handed in.
func (r *Resource) withPage(others []pair, limit int, offset int64) Resource {
	pairs := append(make([]pair, 0, len(others)+2), others...)
	if limit != defaultLimit {
		pairs = append(pairs, pair{"limit", strconv.Itoa(limit)})
	}
	page := Page{Limit: limit, Offset: strconv.FormatInt(offset, 10)}
	if offset != 0 {
		pairs = append(pairs, pair{"offset", page.Offset})
	}
	w := r.withQuery(sortByName(pairs))
	w.Page, w.Ignored, w.sent = page, nil, pairs
	return w
}

// withQuery returns r, which is JSON, with another canonical query.
func (r *Resource) withQuery(canonical []pair) Resource {
	other := *r
	other.canonical = canonical
	other.setTarget(negotiated{r.Representation, r.Indent}.label(), r.Path, encodeQuery(canonical))
	return other
}
