package render

import (
	"perigee/cache"
	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
)

// Source is what an answer is made of: see Whole, NewPage and Element.
type Source interface {
	// Entry is the cache entry that gives the answer its status and fields.
	Entry() *cache.Entry
	// Entries are all that the answer is made of, Entry first.
	Entries() []*cache.Entry
	// Oldest is the one that was fetched first, which tells the answer's age.
	Oldest() *cache.Entry
	// Detail is what Cache-Status says of such an answer, if there is nothing more
	// important to say.
	Detail() string

	// part is what tells it apart from others that begin with the same entry.
	part() (part int, rest []*cache.Entry)
	// content is what its body is made of.
	content() content
}

// content is what a body is made of but for the links.
type content struct {
	// paged tells that next and previous are those of the request in a list of
	// count elements.
	paged bool
	count int64
	// identity is what upstream's bytes are known by.
	identity []byte
	// text is the body with the links of sub.
	text func(sub body.Substitution) body.Text
}

// Whole is an entry as it is.
func Whole(e *cache.Entry) Source { return whole{e} }

type whole struct{ entry *cache.Entry }

func (w whole) Entry() *cache.Entry         { return w.entry }
func (w whole) Entries() []*cache.Entry     { return []*cache.Entry{w.entry} }
func (w whole) Oldest() *cache.Entry        { return w.entry }
func (w whole) Detail() string              { return "" }
func (w whole) part() (int, []*cache.Entry) { return 0, nil }

func (w whole) content() content {
	b := Of(w.entry)
	return content{
		paged: b.Paged, count: b.Layout.Count, identity: w.entry.Digest[:],
		text: func(sub body.Substitution) body.Text { return b.Layout.Text(w.entry.Body, sub) },
	}
}

// Element is the element of a list that answers for an object.
func Element(e *cache.Entry, element body.Element) Source { return listElement{e, element} }

type listElement struct {
	entry   *cache.Entry
	element body.Element
}

func (l listElement) Entry() *cache.Entry         { return l.entry }
func (l listElement) Entries() []*cache.Entry     { return []*cache.Entry{l.entry} }
func (l listElement) Oldest() *cache.Entry        { return l.entry }
func (l listElement) Detail() string              { return FromList }
func (l listElement) part() (int, []*cache.Entry) { return 2 + l.element.Index, nil }

func (l listElement) content() content {
	return content{identity: l.element.AppendIdentity(nil), text: l.element.Text}
}

// FromList is the Detail of an Element.
const FromList = "from-list"

// page is a page of a list, cut from the windows that it lies in.
type page struct {
	page     ll2.Page
	windows  []*cache.Entry
	envelope *cache.Entry // whose count the page has, and whatever else stands around the elements
}

// NewPage returns a page of a list, cut from entries that are windows of it. It
// says of the list what the newest of them does, since its count is the truest; ok
// is false if some element that this count promises is in none of them.
//
// For a page beyond the end of the list, any one window will do.
func NewPage(p ll2.Page, windows []*cache.Entry) (s Source, ok bool) {
	return newPage(p, windows, newest(windows))
}

// NewOldPage is NewPage of the list as it was when the oldest window was fetched.
// Where the list has grown since, that window is too short for the count of a newer
// one.
func NewOldPage(p ll2.Page, windows []*cache.Entry) (s Source, ok bool) {
	return newPage(p, windows, oldest(windows))
}

func newPage(p ll2.Page, windows []*cache.Entry, envelope *cache.Entry) (Source, bool) {
	s := page{p, windows, envelope}
	if len(windows) == 1 { // as nearly always
		return s, WindowOf(windows[0]).Covers(p)
	}
	_, ok := s.cut()
	return s, ok
}

// cut cuts the page out of its windows.
func (p page) cut() (*body.Cut, bool) {
	windows := make([]*body.Window, len(p.windows))
	for i, e := range p.windows {
		windows[i] = WindowOf(e)
	}
	return body.NewCut(p.page, WindowOf(p.envelope), windows...)
}

func (p page) Entry() *cache.Entry         { return p.windows[0] }
func (p page) Entries() []*cache.Entry     { return p.windows }
func (p page) Oldest() *cache.Entry        { return oldest(p.windows) }
func (p page) Detail() string              { return "" }
func (p page) part() (int, []*cache.Entry) { return 1, p.windows[1:] }

func (p page) content() content {
	cut, ok := p.cut()
	if !ok { // newPage has tried it
		return content{text: func(body.Substitution) body.Text { return body.Text{} }}
	}
	return content{paged: true, count: cut.Count(), identity: cut.AppendIdentity(nil), text: cut.Text}
}

// oldest is the entry that was fetched first, of several the first in order.
func oldest(entries []*cache.Entry) *cache.Entry {
	first := entries[0]
	for _, e := range entries[1:] {
		if e.Answered.Before(first.Answered) {
			first = e
		}
	}
	return first
}

// newest is the entry that was fetched last, of several the first in order.
func newest(entries []*cache.Entry) *cache.Entry {
	last := entries[0]
	for _, e := range entries[1:] {
		if e.Answered.After(last.Answered) {
			last = e
		}
	}
	return last
}
