// Package body reads and writes the bodies of Launch Library 2 as bytes: it finds
// the links and elements of a body (ScanJSON, ScanHTML), proves that a page is the
// window that was requested (NewWindow), cuts other pages and single objects out of
// windows (NewCut, Element), and writes them with the links that belong to one
// client's request (Substitution).
//
// The package is pure. A body is scanned once, when it is stored; after that
// upstream's own bytes are copied, and only the links are replaced. Everything in
// it is safe for concurrent use as long as the bodies are not changed.
package body

import (
	"html"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"perigee/proxy/ll2"
)

// Span is a range of bytes in a body, Start inclusive, End exclusive.
type Span struct{ Start, End int }

// Link is an absolute link to upstream in a body.
type Link struct {
	// Span is upstream's base URL, scheme://host[:port], as it stands in the body.
	// The slash that begins the path comes after it.
	Span Span
	// Suffix is the offset where the echo of the client's format parameter goes,
	// the end of the link; -1 if DRF writes no echo there. DRF gives one to every
	// link that it reverses from an API view (preserve_builtin_query_params), and
	// those are the links to /2.N.N/…/ without a query. Documentation, static
	// files and media have none.
	Suffix int
}

// Layout tells where the parts of a body are that depend on the client's request.
// It is found once, when a body is stored, and then serves any number of answers.
//
// A Layout is not changed after the scan and is safe for concurrent use.
type Layout struct {
	// Links are the links that begin a JSON string, or an attribute value or link
	// text in HTML, ordered by Start. Those in Next and Previous are not among
	// them.
	Links []Link
	// IsPage tells that the body is one page of a list: an object with exactly one
	// each of count (a whole number written in digits), next and previous (a string
	// or null) and results (an array), in any order and among any others. The
	// fields below are zero if it is false.
	IsPage bool
	// Count is the number of elements in the whole list.
	Count int64
	// Next and Previous are the members' whole values, null or a string with its
	// quotes.
	Next, Previous Span
	// Results are the elements of the page, without the commas and the space
	// between them.
	Results []Span

	// nextBase and previousBase are upstream's base URL in Next and Previous; empty
	// if they begin with something else.
	nextBase, previousBase Span
	// html tells how to escape what is substituted.
	html bool
}

// LinksIn returns the links that begin inside s, such as an element of Results.
// The result shares memory with Links and must not be modified.
func (l *Layout) LinksIn(s Span) []Link {
	i, j := l.linksBefore(s.Start), l.linksBefore(s.End)
	return l.Links[i:max(i, j)]
}

// linksBefore returns how many links begin before offset at.
func (l *Layout) linksBefore(at int) int {
	n, _ := slices.BinarySearchFunc(l.Links, at, func(k Link, at int) int { return k.Span.Start - at })
	return n
}

// Cost returns the bytes of memory that the layout takes, rounded up to those of
// a 64-bit machine.
func (l *Layout) Cost() int {
	const layout, link, span = 160, 24, 16
	return layout + link*cap(l.Links) + span*cap(l.Results)
}

// Substitution is what one answer has in place of what upstream wrote. The texts
// are plain; a Text escapes them for where they go.
type Substitution struct {
	// Base is the base URL that the client uses, without a slash at the end. If
	// empty, upstream's stays.
	Base string
	// Suffix is the echo of the client's format parameter, ?format=json, for every
	// link that has a place for it. If empty, there is none.
	Suffix string
	// Page tells that Next and Previous take the place of the page's own. If false,
	// those stay, but for their base URL. It means nothing for a body that is no
	// page.
	Page bool
	// Next and Previous are whole links; empty means null.
	Next, Previous string
}

// SubstitutionFor returns what an answer to r has in place of what upstream wrote:
// base, the echo of r's format, and the links to the pages around r in a list of
// count elements. Base is a scheme and host and must not be empty.
func SubstitutionFor(r *ll2.Resource, base string, count int64) Substitution {
	s := Substitution{Base: base, Suffix: r.LinkSuffix(), Page: true}
	s.Next, _ = r.Next(base, count)
	s.Previous, _ = r.Previous(base, count)
	return s
}

// Text returns body, which must be the one that was scanned, with every base URL,
// format echo and link to another page as s has them. All else stays byte for byte.
func (l *Layout) Text(body []byte, s Substitution) Text {
	return newText(l, s, piece{l, body, Span{0, len(body)}})
}

// edits calls replace for each change that makes a stretch of the body what s
// says, in order. An empty span is an insertion. It looks at no link outside.
func (l *Layout) edits(stretch Span, s Substitution, replace func(old Span, text string)) {
	at := stretch.Start
	if l.IsPage {
		first, second := pageLink{l.Next, l.nextBase, s.Next}, pageLink{l.Previous, l.previousBase, s.Previous}
		if first.value.Start > second.value.Start {
			first, second = second, first
		}
		for _, p := range [...]pageLink{first, second} {
			if stretch.Start <= p.value.Start && p.value.End <= stretch.End {
				editLinks(l.LinksIn(Span{at, p.value.Start}), s, replace)
				p.edit(s, replace)
				at = p.value.End
			}
		}
	}
	editLinks(l.LinksIn(Span{at, stretch.End}), s, replace)
}

func editLinks(links []Link, s Substitution, replace func(old Span, text string)) {
	for _, k := range links {
		if s.Base != "" {
			replace(k.Span, s.Base)
		}
		if k.Suffix >= 0 && s.Suffix != "" {
			replace(Span{k.Suffix, k.Suffix}, s.Suffix)
		}
	}
}

// pageLink is the value of next or previous, the base URL in it, and the link
// that may take its place.
type pageLink struct {
	value, base Span
	link        string
}

func (p pageLink) edit(s Substitution, replace func(old Span, text string)) {
	switch {
	case s.Page && p.link == "":
		replace(p.value, "null")
	case s.Page:
		replace(Span{p.value.Start, p.value.Start}, `"`)
		replace(p.value, p.link)
		replace(Span{p.value.End, p.value.End}, `"`)
	case s.Base != "" && p.base != Span{}:
		replace(p.base, s.Base)
	}
}

// escape returns s as its texts are written inside of the body.
func (l *Layout) escape(s Substitution) Substitution {
	escape := escapeJSON
	if l.html {
		escape = html.EscapeString
	}
	s.Base, s.Suffix = escape(s.Base), escape(s.Suffix)
	s.Next, s.Previous = escape(s.Next), escape(s.Previous)
	return s
}

// escapeJSON returns text as the content of a JSON string. A link is returned as
// it is, without an allocation.
func escapeJSON(text string) string {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x80 {
			quoted, _ := jsontext.AppendQuote(nil, text) // an error tells of invalid UTF-8, by now U+FFFD
			return string(quoted[1 : len(quoted)-1])
		}
	}
	return text
}
