package httpcache

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"sync"

	"perigee/cache"
	"perigee/cache/rfc9111"
)

// readWhole reads the content of a response. If there is more than limit, or
// trailers come behind it, which would have to be kept with it, whole is false,
// and the response can be handed on as it came. Who announces trailers may be
// streaming, so of that nothing is read.
func readWhole(resp *http.Response, limit int64) (body []byte, whole bool, err error) {
	if resp.ContentLength > limit || len(resp.Trailer) > 0 {
		return nil, false, nil
	}
	var b bytes.Buffer
	if resp.ContentLength > 0 {
		b.Grow(int(resp.ContentLength) + bytes.MinRead)
	}
	n, err := io.Copy(&b, io.LimitReader(resp.Body, limit+1))
	if err != nil {
		resp.Body.Close()
		return nil, false, fmt.Errorf("read the response: %w", err)
	}
	if n > limit || len(resp.Trailer) > 0 {
		resp.Body = &restOfBody{Reader: io.MultiReader(&b, resp.Body), Closer: resp.Body}
		return nil, false, nil
	}
	resp.Body.Close()
	body = bytes.Clone(b.Bytes()) // the buffer has space left that would stay allocated
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return body, true, nil
}

// restOfBody is a body of which the beginning was read already.
type restOfBody struct {
	io.Reader
	io.Closer
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
func cookies() []string { return []string{"Set-Cookie", "Set-Cookie2"} }

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
