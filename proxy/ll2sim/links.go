package ll2sim

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// What is never encoded (RFC 3986, section 2.3), and what else stays as it is
// where Django repeats a query (iri_to_uri) or a path (escape_uri_path).
const (
	unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	safeQuery  = "/#%[]=:;$&()+,!?*@'~"
	safePath   = "/:@&+$,-_.!~*'()"
)

// quote percent-encodes all bytes of s but the unreserved and the safe ones.
func quote(s, safe string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; strings.IndexByte(unreserved, c) >= 0 || strings.IndexByte(safe, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// quotePlus is Python's quote_plus.
func quotePlus(s string) string {
	return strings.ReplaceAll(quote(s, " "), " ", "+")
}

// multidict holds the values of each name, as parse_qs returns them.
type multidict map[string][]string

func (q query) multidict() multidict {
	m := multidict{}
	for _, p := range q {
		m[p.name] = append(m[p.name], p.value)
	}
	return m
}

// encode writes the names in order, with the values of each in theirs, as
// urlencode(sorted(items), doseq=True) does.
func (m multidict) encode() string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names) // by bytes, which for UTF-8 is by characters, as in Python
	var fields []string
	for _, name := range names {
		for _, value := range m[name] {
			fields = append(fields, quotePlus(name)+"="+quotePlus(value))
		}
	}
	return strings.Join(fields, "&")
}

// withQuery joins a URL and a query, which may be empty.
func withQuery(url, encoded string) string {
	if encoded == "" {
		return url
	}
	return url + "?" + encoded
}

// nextLink returns the link to the page after p, or nil if there is none.
func nextLink(url string, q query, p page) any {
	after := new(big.Int).Add(p.offset, big.NewInt(int64(p.limit)))
	if after.Cmp(big.NewInt(int64(p.count))) >= 0 {
		return nil
	}
	return pageLink(url, q, p.limit, after)
}

// previousLink returns the link to the page before p, or nil if p is the first.
// The first page is linked without an offset.
func previousLink(url string, q query, p page) any {
	if p.offset.Sign() <= 0 {
		return nil
	}
	return pageLink(url, q, p.limit, new(big.Int).Sub(p.offset, big.NewInt(int64(p.limit))))
}

func pageLink(url string, q query, limit int, offset *big.Int) string {
	m := q.multidict()
	m["limit"] = []string{fmt.Sprint(limit)}
	if offset.Sign() > 0 {
		m["offset"] = []string{offset.String()}
	} else {
		delete(m, "offset")
	}
	return withQuery(url, m.encode())
}

// linkSuffix is what DRF adds to every link to the API in a body: the format of
// the request, where one was named, an empty one too.
func linkSuffix(q query) string {
	value, ok := q.last("format")
	if !ok {
		return ""
	}
	return "?format=" + quotePlus(value)
}
