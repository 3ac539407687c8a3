package body

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// ScanJSON finds the layout of a JSON body of upstream, whose base URL is base:
// https://host or https://host:port, without a slash at the end. baseForms tells
// which spellings of it count, escapes inside of the JSON string included.
//
// Only a string value that begins with the base URL and a slash is a link: names
// of members and text that mentions a link further on stay as they are.
//
// The error says that body is not exactly one JSON value (RFC 8259). Invalid
// UTF-8 and repeated names are no error, since such a body is relayed as it is
// and only its syntax must be sound.
func ScanJSON(body []byte, base string) (Layout, error) {
	s := jsonScan{
		// The decoder reads out of a bytes.Buffer without copying or changing it.
		dec: jsontext.NewDecoder(bytes.NewBuffer(body),
			jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)),
		body:  body,
		forms: baseForms(base),
	}
	if s.forms != nil { // a hint, exact for what DRF writes but for next and previous
		s.out.Links = make([]Link, 0, bytes.Count(body, []byte(base)))
	}
	if err := s.document(); err != nil {
		return Layout{}, fmt.Errorf("scan JSON: %w", err)
	}
	s.settlePage()
	return s.out, nil
}

// jsonScan is one pass over a JSON body.
type jsonScan struct {
	dec   *jsontext.Decoder
	body  []byte
	forms []string
	out   Layout
	found pageMembers
}

// pageMembers counts the members of the outermost object that make a page. One
// of the wrong type counts twice, so that it cannot make one.
type pageMembers struct{ count, next, previous, results int }

// document reads the whole body.
func (s *jsonScan) document() error {
	var err error
	if s.dec.PeekKind() == '{' {
		err = s.object()
	} else {
		_, err = s.value()
	}
	switch {
	case errors.Is(err, io.EOF): // the decoder's word for a body of nothing but space
		return io.ErrUnexpectedEOF
	case err != nil:
		return err
	}
	switch _, err := s.dec.ReadToken(); {
	case err == nil:
		return fmt.Errorf("a second value before byte %d", s.dec.InputOffset())
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}

// object reads the outermost object.
func (s *jsonScan) object() error {
	if _, err := s.dec.ReadToken(); err != nil {
		return err
	}
	for s.dec.PeekKind() != '}' {
		name, err := s.dec.ReadValue()
		if err != nil {
			return err
		}
		if err := s.member(string(unescapeJSON(name[1 : len(name)-1]))); err != nil {
			return err
		}
	}
	_, err := s.dec.ReadToken()
	return err
}

// member reads the value of one member of the outermost object.
func (s *jsonScan) member(name string) error {
	kind := s.dec.PeekKind()
	if name == "results" && kind == '[' {
		s.found.results++
		return s.results()
	}
	v, err := s.value()
	if err != nil {
		return err
	}
	switch name {
	case "count":
		n, err := strconv.ParseUint(string(s.body[v.Start:v.End]), 10, 63)
		s.out.Count = int64(n)
		s.found.count += weight(err == nil)
	case "next":
		s.out.Next = v
		s.found.next += weight(kind == '"' || kind == 'n')
	case "previous":
		s.out.Previous = v
		s.found.previous += weight(kind == '"' || kind == 'n')
	case "results":
		s.found.results += weight(false)
	}
	return nil
}

// weight is what one member adds to pageMembers.
func weight(rightType bool) int {
	if rightType {
		return 1
	}
	return 2
}

// results reads the array of a page's elements.
func (s *jsonScan) results() error {
	if _, err := s.dec.ReadToken(); err != nil {
		return err
	}
	for s.dec.PeekKind() != ']' {
		v, err := s.value()
		if err != nil {
			return err
		}
		s.out.Results = append(s.out.Results, v)
	}
	_, err := s.dec.ReadToken()
	return err
}

// value reads one value with all that is in it and notes its links.
func (s *jsonScan) value() (Span, error) {
	outside, start := s.dec.StackDepth(), -1
	for {
		t, err := s.token()
		if err != nil {
			return Span{}, err
		}
		if start < 0 {
			start = t.Start
		}
		if s.dec.StackDepth() == outside {
			return Span{start, t.End}, nil
		}
	}
}

// token reads a bracket, a brace, or a value that contains no others.
func (s *jsonScan) token() (Span, error) {
	kind := s.dec.PeekKind()
	switch kind {
	case '{', '}', '[', ']': // one byte each
		_, err := s.dec.ReadToken()
		end := int(s.dec.InputOffset())
		return Span{end - 1, end}, err
	}
	in, n := s.dec.StackIndex(s.dec.StackDepth())
	isName := in == '{' && n%2 == 0 // names and values are counted alike
	raw, err := s.dec.ReadValue()
	end := int(s.dec.InputOffset())
	t := Span{end - len(raw), end}
	if err == nil && kind == '"' && !isName {
		s.text(Span{t.Start + 1, t.End - 1})
	}
	return t, err
}

// text notes the link with which a string begins, if it does.
func (s *jsonScan) text(content Span) {
	text := s.body[content.Start:content.End]
	n := prefixBase(text, s.forms)
	if n == 0 {
		return
	}
	k := Link{Span: Span{content.Start, content.Start + n}, Suffix: -1}
	if isReversed(unescapeJSON(text[n:])) {
		k.Suffix = content.End
	}
	s.out.Links = append(s.out.Links, k)
}

// settlePage decides whether the body is a page, once all of it is read.
func (s *jsonScan) settlePage() {
	l := &s.out
	if s.found != (pageMembers{count: 1, next: 1, previous: 1, results: 1}) {
		*l = Layout{Links: l.Links}
		return
	}
	l.IsPage = true
	l.nextBase = l.takeLink(l.Next)
	l.previousBase = l.takeLink(l.Previous)
}

// takeLink removes the link of the string in s from Links and returns where its
// base is.
func (l *Layout) takeLink(s Span) Span {
	i := l.linksBefore(s.Start)
	if i == l.linksBefore(s.End) {
		return Span{}
	}
	base := l.Links[i].Span
	l.Links = slices.Delete(l.Links, i, i+1)
	return base
}

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
