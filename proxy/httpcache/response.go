package httpcache

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net/http"
	"sync"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/spool"
)

// keptBody is a body that is kept on the side while its one reader reads it.
type keptBody struct {
	io.ReadCloser
	resp   *http.Response
	budget *spool.Budget
	limit  int64
	whole  func(body []byte) // gets the body when all of it has come; nil: it is not kept any more
	end    func()
	kept   []byte
	taken  int64
	once   sync.Once
}

// Read reads, and keeps what it reads.
func (b *keptBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.whole == nil {
		return n, err
	}
	if more := int64(len(b.kept) + n); more > b.limit || more > b.taken && !b.take(2*more) {
		b.whole, b.kept = nil, nil
		return n, err
	}
	b.kept = append(b.kept, p[:n]...)
	if err == io.EOF && len(b.resp.Trailer) == 0 { // trailers would have to be kept with it
		b.whole(bytes.Clone(b.kept)) // the buffer has space left that would stay allocated
		b.whole = nil
	}
	return n, err
}

// take takes from the budget until n bytes are taken.
func (b *keptBody) take(n int64) bool {
	if !b.budget.Take(n - b.taken) {
		return false
	}
	b.taken = n
	return true
}

// Close ends the body, read or not.
func (b *keptBody) Close() error {
	b.once.Do(func() { b.budget.Give(b.taken); b.end() })
	return b.ReadCloser.Close()
}

// endingBody is a body with which something else ends.
type endingBody struct {
	io.ReadCloser
	once sync.Once
	end  func()
}

// Close ends both.
func (b *endingBody) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(b.end)
	return err
}

// newEntry makes the entry of a response. It has no key yet.
func newEntry(x *rfc9111.Exchange, d *rfc9111.StoreDecision, body []byte) *cache.Entry {
	return &cache.Entry{
		Status: x.Status, Header: rfc9111.Storable(x.Response, d.Omit), Body: body,
		Asked: x.Asked, Answered: x.Answered, Age: d.Age, Date: d.Date,
		FreshUntil: d.FreshUntil, StaleWhileRevalidateUntil: d.StaleWhileRevalidateUntil,
		StaleIfErrorUntil: d.StaleIfErrorUntil, Digest: sha256.Sum256(body), Derived: d.ReuseRules,
	}
}

// cookies are the fields by which an answer makes its client known to upstream.
func cookies() []string { return []string{"Set-Cookie"} }

// freshen returns a stored response with what a later one without content says
// (RFC 9111, sections 4.3.4 and 4.3.5). Its cookies are for the one who asked.
func freshen(rules *rfc9111.Shared, stored *cache.Entry, x *rfc9111.Exchange) (*cache.Entry, rfc9111.StoreDecision) {
	merged := *x
	merged.Method, merged.Status = http.MethodGet, stored.Status
	merged.Response = rfc9111.Freshen(stored.Header, x.Response, cookies())
	if age := x.Response["Age"]; age != nil {
		merged.Response["Age"] = age
	}
	d := rules.Decide(&merged)
	return newEntry(&merged, &d, stored.Body), d
}

// fieldsOf are those fields of a response that have one of the names: what is not
// stored, and is for the one whose request it answers.
func fieldsOf(response http.Header, names []string) http.Header {
	fields := make(http.Header, len(names))
	for _, name := range names {
		if values := response[name]; values != nil {
			fields[name] = values
		}
	}
	return fields
}

// failure names what is wrong with a status, if it is one that a stale response is
// better than: those of RFC 5861, section 4, and being throttled. Else it is empty.
func failure(status int) string {
	switch status {
	case http.StatusTooManyRequests:
		return "throttled"
	case http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return "upstream-status"
	}
	return ""
}
