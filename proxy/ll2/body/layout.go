package body

import "slices"

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

// Layout tells where the parts of a body lie that depend on who asks. It is
// found once, when a body is stored, and then serves any number of answers.
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
	// html tells how to escape what is put in.
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
