package drf

import (
	"math/big"
	"strconv"

	"perigee/proxy/ll2sim/python"
)

// The sizes of pages.
const (
	defaultLimit = 10
	maxLimit     = 100
)

// Page is what part of a list is asked for. The offset may be of any size.
type Page struct {
	Limit  int
	Offset *big.Int
	Count  int
}

// NewPage reads limit and offset as DRF's LimitOffsetPagination does: what is no
// number counts as absent, as do a limit below one and an offset below zero.
func NewPage(q python.Query, count int) Page {
	p := Page{Limit: defaultLimit, Offset: new(big.Int), Count: count}
	if n := positive(q, "limit"); n != nil {
		p.Limit = maxLimit
		if n.IsInt64() && n.Int64() < maxLimit {
			p.Limit = int(n.Int64())
		}
	}
	if n := positive(q, "offset"); n != nil {
		p.Offset = n
	}
	return p
}

// positive returns the number of a parameter, nil if there is none above zero.
func positive(q python.Query, name string) *big.Int {
	text, _ := q.Last(name)
	if n, ok := python.Int(text); ok && n.Sign() > 0 {
		return n
	}
	return nil
}

// Cut returns the elements of the page.
func (p Page) Cut(all []*Row) []*Row {
	if !p.Offset.IsInt64() || p.Offset.Int64() >= int64(len(all)) {
		return nil
	}
	start := int(p.Offset.Int64())
	return all[start:min(start+p.Limit, len(all))]
}

// Envelope is the body of a list. The url is the request's own without its query.
func (p Page) Envelope(url string, q python.Query, results List) Object {
	var next, previous any
	limit := big.NewInt(int64(p.Limit))
	if after := new(big.Int).Add(p.Offset, limit); after.Cmp(big.NewInt(int64(p.Count))) < 0 {
		next = p.link(url, q, after)
	}
	if p.Offset.Sign() > 0 {
		previous = p.link(url, q, new(big.Int).Sub(p.Offset, limit))
	}
	return Object{{"count", Number(p.Count)}, {"next", next}, {"previous", previous}, {"results", results}}
}

// link returns the link to a page of the same list. The first page is linked without
// an offset.
func (p Page) link(url string, q python.Query, offset *big.Int) string {
	values := q.Values()
	values.Set("limit", strconv.Itoa(p.Limit))
	values.Set("offset", offset.String())
	if offset.Sign() <= 0 {
		values.Del("offset")
	}
	return WithQuery(url, values.Encode())
}
