package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// comparisons are the suffixes that x* and x<> in the source stand for.
var comparisons = []string{"__gt", "__gte", "__lt", "__lte"}

// words names the kinds as the source does.
var words = map[string]Kind{
	"bool": Boolean, "int": Integer, "float": Float, "date": Date, "time": DateTime,
	"string": String, "uuid": UUID, "ints": IntegerList, "strings": StringList,
	"uuids": UUIDList, "repeated": Repeated,
}

// stanza is one list of the source while it is read: the list and its object.
type stanza struct{ list, object *Endpoint }

// parse reads the source form, which is described at its top.
func parse(text string) ([]*Endpoint, error) {
	var all []*Endpoint
	lists := map[string]stanza{}
	var current stanza
	for _, l := range logicalLines(text) {
		if l.opens {
			current = open(l.words[0], l.words[len(l.words)-1])
			lists[l.words[1]] = current
			all = append(all, current.list)
			if current.object != nil {
				all = append(all, current.object)
			}
			continue
		}
		if current.object == nil || len(l.words) < 2 {
			return nil, fmt.Errorf("line %d: %q stands outside a list or says nothing", l.number, l.words[0])
		}
		if err := current.add(l.words[0], l.words[1:], lists); err != nil {
			return nil, fmt.Errorf("line %d: %w", l.number, err)
		}
	}
	slices.SortFunc(all, func(a, b *Endpoint) int { return strings.Compare(a.Path, b.Path) })
	return all, nil
}

// logicalLine is a line with those that continue it, in words.
type logicalLine struct {
	number int
	opens  bool // begins at the margin: opens a stanza
	words  []string
}

func logicalLines(text string) []logicalLine {
	var lines []logicalLine
	for n, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "    "): // goes on with the line before
			last := &lines[len(lines)-1]
			last.words = append(last.words, words...)
		default:
			lines = append(lines, logicalLine{number: n + 1, opens: line[0] != ' ', words: words})
		}
	}
	return lines
}

func open(word, path string) stanza {
	path = "/" + Version + path
	if word == "single" {
		return stanza{list: &Endpoint{Path: path}}
	}
	return stanza{
		list: &Endpoint{
			Path: path, List: true, Items: map[string]string{},
			params: map[string]Kind{"limit": Limit, "offset": Offset},
		},
		object: &Endpoint{Path: path + idSegment},
	}
}

func (s stanza) add(label string, fields []string, lists map[string]stanza) error {
	switch label {
	case "like":
		return s.like(lists[fields[0]])
	case "items":
		return s.items(fields)
	case "object":
		s.object.ID, s.object.Schema = words[fields[0]], fields[1]
		return nil
	case "search":
		s.list.params["search"], s.list.Search = Search, documented(fields)
		return nil
	case "order":
		s.list.params["ordering"], s.list.Ordering = Ordering, documented(fields)
		return nil
	}
	kind, ok := words[label]
	if !ok {
		return fmt.Errorf("unknown label %q", label)
	}
	for _, name := range fields {
		s.list.param(name, kind)
	}
	return nil
}

// like makes the stanza begin with all that an earlier one has.
func (s stanza) like(other stanza) error {
	if other.object == nil {
		return fmt.Errorf("like: no such list above")
	}
	s.list.Items, s.list.Search, s.list.Ordering = other.list.Items, other.list.Search, other.list.Ordering
	s.list.params = maps.Clone(other.list.params)
	s.object.ID, s.object.Schema = other.object.ID, other.object.Schema
	return nil
}

func (s stanza) items(fields []string) error {
	for _, f := range fields {
		mode, schema, ok := strings.Cut(f, "=")
		if !ok {
			return fmt.Errorf("items: want mode=schema, have %q", f)
		}
		s.list.Items[mode] = schema
		if mode != AnyMode {
			s.list.params["mode"] = Mode
		}
	}
	return nil
}

func documented(fields []string) []string {
	if len(fields) == 1 && fields[0] == "?" {
		return nil
	}
	return fields
}

// param adds what one word of the source stands for: x, x* or x<>.
func (e *Endpoint) param(word string, kind Kind) {
	base, only := strings.CutSuffix(word, "<>")
	base, too := strings.CutSuffix(base, "*")
	if !only {
		e.params[base] = kind
	}
	if only || too {
		for _, suffix := range comparisons {
			e.params[base+suffix] = kind
		}
	}
}
