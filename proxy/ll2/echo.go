package ll2

import (
	"math/big"
	"strconv"
)

// Echo is what DRF repeats of a client's own request when it writes links: all
// its parameters as sent, in their order, also those that mean nothing.
type Echo struct {
	pairs []pair
}

// Format returns the value of the format parameter, which every link of the body
// repeats, even if it is blank; ok is false if the request has none.
func (e Echo) Format() (value string, ok bool) { return last(e.pairs, "format") }

// LinkSuffix returns what DRF appends to each API link within the body, as in
// ?format=json, or nothing. It is for bodies that were asked without format: those
// of Unknown resources and HTML pages have it already.
func (r *Resource) LinkSuffix() string {
	if r.Representation != JSON || !r.Kind.Tabled() && r.Kind != Untabled {
		return ""
	}
	format, ok := r.Echo.Format()
	if !ok {
		return ""
	}
	return string(appendQuoted([]byte("?format="), format))
}

// Canonical returns the request that goes upstream as if a client had sent it: it
// has r's Key, and its links are those that upstream writes.
func (r *Resource) Canonical() Resource {
	canonical := *r
	pairs, _ := parseQuery(r.Query) // r was resolved, so it can be read
	canonical.Echo = Echo{pairs}
	return canonical
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
// difference: far past the end of a list, or in an empty one, there is a previous page too.
func (r *Resource) Previous(base string, _ int64) (link string, ok bool) {
	if r.Page.Offset == "0" || r.Page.Offset == "" {
		return "", false
	}
	return r.link(base, subtract(r.Page.Offset, r.Page.Limit)), true
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
	pairs := make([]pair, 0, len(r.Echo.pairs)+2)
	size := len(base) + len(r.Path) + len(offset) + len("?limit=100&offset=")
	for _, p := range r.Echo.pairs {
		if p.name != "limit" && p.name != "offset" {
			pairs = append(pairs, p)
			size += len(p.name) + len(p.value) + len("&=")
		}
	}
	pairs = append(pairs, pair{"limit", strconv.Itoa(r.Page.Limit)})
	if offset != "" {
		pairs = append(pairs, pair{"offset", offset})
	}
	sortByName(pairs)
	text := append(make([]byte, 0, size), base...)
	text = append(text, r.Path...)
	separator := byte('?')
	for _, p := range pairs {
		text = appendPair(append(text, separator), p.name, p.value)
		separator = '&'
	}
	return string(text)
}
