package body

import (
	"bytes"
	"slices"
)

// ScanHTML finds the links of an HTML body of upstream, the browsable API. base
// is read as ScanJSON reads it.
//
// A link is upstream's base URL and a slash, right after a quote that opens an
// attribute value or stands in the text (as itself or as an entity), or right
// after a tag, as the text of a link. Anywhere else the URL is prose and stays.
//
// No link has a Suffix and IsPage is false: DRF writes the client's whole query
// into such a page, so a stored one answers that very query and no other.
func ScanHTML(body []byte, base string) Layout {
	l := Layout{html: true}
	forms := baseForms(base)
	for i := 1; i < len(body); i++ {
		if n := prefixBase(body[i:], forms); n > 0 && opensLink(body[:i]) {
			l.Links = append(l.Links, Link{Span: Span{i, i + n}, Suffix: -1})
		}
	}
	return l
}

// opensLink reports whether a link may begin after before, which is not empty.
func opensLink(before []byte) bool {
	switch before[len(before)-1] {
	case '"', '\'', '>':
		return true
	case ';':
		return slices.ContainsFunc([]string{"&quot;", "&#x27;", "&#39;", "&#34;"}, func(entity string) bool {
			return bytes.HasSuffix(before, []byte(entity))
		})
	}
	return false
}
