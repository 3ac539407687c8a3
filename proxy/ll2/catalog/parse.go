package catalog

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// comparisons are the suffixes that x* and x<> stand for in a table.
var comparisons = []string{"__gt", "__gte", "__lt", "__lte"}

// words names the kinds of parameters as tables do.
var words = map[string]Kind{
	"bool": Boolean, "int": Integer, "float": Float, "date": Date, "time": DateTime,
	"string": String, "uuid": UUID, "ints": IntegerList, "strings": StringList,
	"uuids": UUIDList, "repeated": Repeated,
}

// Parse reads the table of an API version, in the form that is described at the
// top of each file in endpoints. It returns the endpoints sorted by path. Errors
// name the line at fault.
func Parse(version, text string) ([]*Endpoint, error) {
	p := parser{version: version, lists: map[string]stanza{}}
	lines, err := logicalLines(text)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		add := p.fact
		if l.opens {
			add = p.open
		}
		if err := add(l.words[0], l.words[1:]); err != nil {
			return nil, fmt.Errorf("line %d: %w", l.number, err)
		}
	}
	slices.SortFunc(p.all, func(a, b *Endpoint) int { return strings.Compare(a.Path, b.Path) })
	return p.all, nil
}

// logicalLine is a line with those that continue it, in words.
type logicalLine struct {
	number int
	opens  bool // begins at the margin: opens a stanza
	words  []string
}

func logicalLines(text string) ([]logicalLine, error) {
	var lines []logicalLine
	for n, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || strings.HasPrefix(line, "#"):
		case !strings.HasPrefix(line, "    "):
			lines = append(lines, logicalLine{number: n + 1, opens: line[0] != ' ', words: words})
		case len(lines) == 0:
			return nil, fmt.Errorf("line %d: %q continues nothing", n+1, words[0])
		default:
			last := &lines[len(lines)-1]
			last.words = append(last.words, words...)
		}
	}
	return lines, nil
}

// parser is a table while it is read.
type parser struct {
	version string
	all     []*Endpoint
	lists   map[string]stanza // by path, as it stands in the table
	current stanza
}

// stanza is one list and its object; neither while there is none.
type stanza struct{ list, object *Endpoint }

// open begins a stanza.
func (p *parser) open(word string, fields []string) error {
	if len(fields) != 1 {
		return fmt.Errorf("%q wants one path", word)
	}
	path := "/" + p.version + fields[0]
	p.current = stanza{}
	switch word {
	case "single":
		p.all = append(p.all, &Endpoint{Path: path})
		return nil
	case "list":
	default:
		return fmt.Errorf("unknown kind of endpoint %q", word)
	}
	list := &Endpoint{
		Path: path, List: true, Items: map[string]string{},
		params: map[string]Kind{"limit": Limit, "offset": Offset},
	}
	object := &Endpoint{Path: path + idSegment, parent: list}
	list.object = object
	p.current = stanza{list, object}
	p.lists[fields[0]] = p.current
	p.all = append(p.all, list, object)
	return nil
}

// fact adds a line to the stanza that is open.
func (p *parser) fact(label string, fields []string) error {
	if p.current.list == nil || len(fields) == 0 {
		return fmt.Errorf("%q stands outside a list or says nothing", label)
	}
	list, object := p.current.list, p.current.object
	switch label {
	case "like":
		return p.current.like(p.lists[fields[0]])
	case "items":
		return list.items(fields)
	case "object":
		if len(fields) != 2 || words[fields[0]] == 0 {
			return errors.New("object: want the kind of its id and a schema")
		}
		object.ID, object.Schema = words[fields[0]], fields[1]
		return nil
	case "search":
		list.params["search"], list.Search = Search, documented(fields)
		return nil
	case "order":
		list.params["ordering"], list.Ordering = Ordering, documented(fields)
		return nil
	}
	kind, ok := words[label]
	if !ok {
		return fmt.Errorf("unknown label %q", label)
	}
	for _, name := range fields {
		list.param(name, kind)
	}
	return nil
}

// like makes the stanza begin with all that an earlier one has.
func (s stanza) like(other stanza) error {
	if other.list == nil {
		return errors.New("like: no such list above")
	}
	s.list.Items, s.list.Search, s.list.Ordering = maps.Clone(other.list.Items), other.list.Search, other.list.Ordering
	s.list.params = maps.Clone(other.list.params)
	s.object.ID, s.object.Schema = other.object.ID, other.object.Schema
	return nil
}

func (e *Endpoint) items(fields []string) error {
	for _, f := range fields {
		mode, schema, ok := strings.Cut(f, "=")
		if !ok {
			return fmt.Errorf("items: want mode=schema, have %q", f)
		}
		e.Items[mode] = schema
		if mode != AnyMode {
			e.params["mode"] = Mode
		}
	}
	return nil
}

// documented reads the fields of search and order, where ? stands for none that
// are documented.
func documented(fields []string) []string {
	if len(fields) == 1 && fields[0] == "?" {
		return nil
	}
	return fields
}

// param adds what one word of a table stands for: x, x* or x<>.
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
