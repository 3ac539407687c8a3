package ll2sim

import (
	"math/big"
)

// The sizes of pages.
const (
	defaultLimit = 10
	maxLimit     = 100
)

// page is what part of a list is asked for. The offset may be of any size.
type page struct {
	limit  int
	offset *big.Int
	count  int
}

// newPage reads limit and offset as DRF's LimitOffsetPagination does: what is no
// number counts as absent, as do a limit below one and an offset below zero.
func newPage(q query, count int) page {
	p := page{limit: defaultLimit, offset: new(big.Int), count: count}
	if text, ok := q.last("limit"); ok {
		if n, ok := pyInt(text); ok && n.Sign() > 0 {
			p.limit = maxLimit
			if n.IsInt64() && n.Int64() < maxLimit {
				p.limit = int(n.Int64())
			}
		}
	}
	if text, ok := q.last("offset"); ok {
		if n, ok := pyInt(text); ok && n.Sign() > 0 {
			p.offset = n
		}
	}
	return p
}

// cut returns the elements of the page.
func (p page) cut(all []*row) []*row {
	if !p.offset.IsInt64() || p.offset.Int64() >= int64(len(all)) {
		return nil
	}
	start := int(p.offset.Int64())
	return all[start:min(start+p.limit, len(all))]
}

// envelope is the body of a list. The url is the request's own without a query.
func (p page) envelope(url string, q query, results list) object {
	return object{
		{"count", number(p.count)},
		{"next", nextLink(url, q, p)},
		{"previous", previousLink(url, q, p)},
		{"results", results},
	}
}
