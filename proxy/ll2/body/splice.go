package body

import (
	"html"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Substitution is what one answer has in place of what upstream wrote. The texts
// are plain; Splice escapes them for where they go.
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

// Splice appends body to dst, with every base URL, format echo and link to
// another page as s has them, and returns the extended slice. All else is copied
// byte for byte. It allocates only if dst lacks the capacity. body must be the one
// that was scanned; dst must not overlap it.
func (l *Layout) Splice(dst, body []byte, s Substitution) []byte {
	dst = slices.Grow(dst, l.SplicedLen(body, s))
	done := 0
	l.edits(s, func(old Span, text string) {
		dst = append(dst, body[done:old.Start]...)
		dst = append(dst, text...)
		done = old.End
	})
	return append(dst, body[done:]...)
}

// SplicedLen returns how many bytes Splice appends.
func (l *Layout) SplicedLen(body []byte, s Substitution) int {
	n := len(body)
	l.edits(s, func(old Span, text string) { n += len(text) - (old.End - old.Start) })
	return n
}

// edits calls replace for each change that makes the body what s asks for, in
// the body's order. An empty span is an insertion.
func (l *Layout) edits(s Substitution, replace func(old Span, text string)) {
	s = l.escape(s)
	if !l.IsPage {
		editLinks(l.Links, s, replace)
		return
	}
	first, second := pageLink{l.Next, l.nextBase, s.Next}, pageLink{l.Previous, l.previousBase, s.Previous}
	if first.value.Start > second.value.Start {
		first, second = second, first
	}
	i, j := l.linksBefore(first.value.Start), l.linksBefore(second.value.Start)
	editLinks(l.Links[:i], s, replace)
	first.edit(s, replace)
	editLinks(l.Links[i:j], s, replace)
	second.edit(s, replace)
	editLinks(l.Links[j:], s, replace)
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
