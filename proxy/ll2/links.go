package ll2

import (
	"math/big"
	"strconv"
	"strings"
)

// LinkSuffix returns what DRF appends to each API link within the body, as in
// ?format=json, or nothing: the client's own format parameter, even if it is blank.
// It is for bodies that were fetched without format: those of Unknown resources and
// HTML pages have it already.
func (r *Resource) LinkSuffix() string {
	if r.Representation != JSON || !r.Kind.Tabled() && r.Kind != Untabled {
		return ""
	}
	format, ok := last(r.sent, "format")
	if !ok {
		return ""
	}
	return "?format=" + quotePlus(format)
}

// Next returns the link to the page after this one, exactly as DRF's
// LimitOffsetPagination writes it for this very request, where count is the number
// of elements of the whole list and base is the scheme and host, as in
// https://example.org. It reports false where DRF says null.
func (r *Resource) Next(base string, count int64) (link string, ok bool) {
	offset, ok := r.Page.OffsetInt()
	if !ok || offset >= count-int64(r.Page.Limit) {
		return "", false
	}
	return r.link(base, strconv.FormatInt(offset+int64(r.Page.Limit), 10)), true
}

// Previous is Next for the page before this one. The count makes no
// difference: far past the end of a list, or in an empty one, there is a previous
// page too.
func (r *Resource) Previous(base string, _ int64) (link string, ok bool) {
	if r.Page.Offset == "0" || r.Page.Offset == "" {
		return "", false
	}
	return r.link(base, subtract(r.Page.Offset, r.Page.Limit)), true
}

// Canonical returns the canonical request as a resource: it has r's Key, but its
// links repeat the canonical query, as upstream writes them.
func (r *Resource) Canonical() Resource {
	canonical := *r
	canonical.sent, canonical.Ignored = r.canonical, nil
	return canonical
}

// subtract returns offset-limit, or nothing if it would be 0 or less.
func subtract(offset string, limit int) string {
	n, ok := new(big.Int).SetString(offset, 10)
	if !ok || n.Sub(n, big.NewInt(int64(limit))).Sign() <= 0 {
		return ""
	}
	return n.String()
}

// link writes the request's own URL with limit and offset set, sorted by name; an
// empty offset is left out. Values of one name keep their order.
func (r *Resource) link(base, offset string) string {
	pairs := append(withoutPage(r.sent), pair{"limit", strconv.Itoa(r.Page.Limit)})
	if offset != "" {
		pairs = append(pairs, pair{"offset", offset})
	}
	sortByName(pairs)
	var b strings.Builder
	b.Grow(len(base) + len(r.Path) + len("?") + queryLen(pairs))
	b.WriteString(base)
	b.WriteString(r.Path)
	b.WriteByte('?')
	writeQuery(&b, pairs)
	return b.String()
}
