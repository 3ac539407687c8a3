package respond

import (
	"net/http"
	"strings"
	"time"

	"perigee/cache/rfc9111"
)

// Representation is what Select must know of the stored 200 answer, as this
// client would get it without conditions and ranges.
type Representation struct {
	// ETag and LastModified are the fields as they stand, not parsed. If empty,
	// the representation has none.
	ETag, LastModified string
	// Date is the answer's Date field, else when the answer was received (§6.6.1).
	// If zero, If-Modified-Since needs a Last-Modified, no date is strong enough
	// for If-Range, and two-digit years mean 1951 to 2050.
	Date time.Time
	// MediaType is the Content-Type field, for the parts of multipart/byteranges.
	// If empty, the parts have none.
	MediaType string
	// Length is that of the whole representation in bytes.
	Length int64
}

// precondition evaluates the conditions in the order of RFC 9110 §13.2.2, which
// makes the entity tag win over the date, and returns 200, 304 or 412.
func precondition(request http.Header, rep *Representation) int {
	if lines := request["If-Match"]; lines != nil {
		if !matchesAny(lines, rep.ETag, sameStrong) {
			return http.StatusPreconditionFailed
		}
	} else if since, ok := soleDate(request["If-Unmodified-Since"], rep.Date); ok {
		// Without a modification date the field is ignored (§13.1.4).
		if modified, ok := rfc9111.ParseHTTPDate(rep.LastModified, rep.Date); ok && modified.After(since) {
			return http.StatusPreconditionFailed
		}
	}
	if lines := request["If-None-Match"]; lines != nil {
		if matchesAny(lines, rep.ETag, sameWeak) {
			return http.StatusNotModified
		}
	} else if since, ok := soleDate(request["If-Modified-Since"], rep.Date); ok {
		// A date in the future is as good as any other: §13.1.3 does not except it.
		if modified, ok := rep.modified(); ok && !modified.After(since) {
			return http.StatusNotModified
		}
	}
	return http.StatusOK
}

// modified is the date that If-Modified-Since is compared with: without a
// Last-Modified it is that of the answer itself (RFC 9111 §4.3.2).
func (rep *Representation) modified() (time.Time, bool) {
	if rep.LastModified == "" {
		return rep.Date.Truncate(time.Second), !rep.Date.IsZero()
	}
	return rfc9111.ParseHTTPDate(rep.LastModified, rep.Date)
}

// rangeHolds evaluates If-Range (RFC 9110 §13.1.5): whether the client's part and
// the representation are of one piece, so that Range is to be looked at.
func rangeHolds(lines []string, rep *Representation) bool {
	if lines == nil {
		return true
	}
	if len(lines) != 1 {
		return false
	}
	if date, ok := rfc9111.ParseHTTPDate(lines[0], rep.Date); ok {
		modified, ok := rfc9111.ParseHTTPDate(rep.LastModified, rep.Date)
		return ok && date.Equal(modified) && strongDate(modified, rep.Date)
	}
	return sameStrong(trim(lines[0]), rep.ETag)
}

// strongDate reports whether a Last-Modified date names one sequence of bytes. It
// does if the answer was made in a later second: nothing can have changed twice
// in the second it names without the answer having seen it (§8.8.2.2).
func strongDate(modified, answered time.Time) bool {
	return !answered.Before(modified.Add(time.Second))
}

// soleDate reads a field that must hold one date; lines of several are invalid,
// and an invalid date is no condition (§13.1.3, §13.1.4).
func soleDate(lines []string, near time.Time) (time.Time, bool) {
	if len(lines) != 1 {
		return time.Time{}, false
	}
	return rfc9111.ParseHTTPDate(lines[0], near)
}

// matchesAny reports whether the list of entity tags in lines (RFC 9110 §13.1.1,
// §13.1.2) has one that is the same as etag, or is "*" and nothing else: what is
// cached is the current representation.
func matchesAny(lines []string, etag string, same func(a, b string) bool) bool {
	members, star := 0, false
	for _, line := range lines {
		for {
			var tag string
			if tag, line = cutTag(line); tag == "" {
				break
			}
			if same(tag, etag) {
				return true
			}
			members++
			star = star || tag == "*"
		}
	}
	return star && members == 1
}

// cutTag cuts the first member off a list, or nothing if there is none. An opaque
// tag may hold commas, so quotes decide where it ends. A quote that is never
// closed is no quote: it must not hide the members behind it.
func cutTag(list string) (tag, rest string) {
	list = strings.TrimLeft(list, " \t,")
	for i := 0; i < len(list); i++ {
		switch list[i] {
		case ',':
			return trim(list[:i]), list[i+1:]
		case '"':
			i += strings.IndexByte(list[i+1:], '"') + 1 // where it was, if there is none
		}
	}
	return trim(list), ""
}

// sameStrong is the strong comparison (RFC 9110 §8.8.3.2): the same bytes can be
// relied on, so neither may be weak. Tags without quotes, which some origins send
// and clients then repeat, are compared as they stand.
func sameStrong(a, b string) bool {
	return a == b && a != "" && !looksWeak(a)
}

// looksWeak also knows the misspellings of W/ that occur in the wild, which must
// not become strong by being misspelt.
func looksWeak(tag string) bool {
	return len(tag) > 1 && tag[0]|0x20 == 'w' && strings.IndexByte(`/\"`, tag[1]) >= 0
}

// sameWeak is the weak comparison (RFC 9110 §8.8.3.2). It looks past missing
// quotes too: the worst that follows of that is a 304 for a tag that differs from
// ours in its quotes alone.
func sameWeak(a, b string) bool {
	return b != "" && (a == b || opaque(a) == opaque(b))
}

// opaque returns the tag without the mark of weakness and without quotes.
func opaque(tag string) string {
	if len(tag) > 1 && tag[0]|0x20 == 'w' && tag[1] == '/' {
		tag = tag[2:]
	}
	if len(tag) > 1 && tag[0] == '"' && tag[len(tag)-1] == '"' {
		tag = tag[1 : len(tag)-1]
	}
	return tag
}
