package main

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// form describes the table's form, at its top.
const form = `# Launch Library 2, version %s: every endpoint and the type of every parameter it documents.
# Generated from the API's OpenAPI document (see package catalog); not to be edited.
#
# list PATH      a paginated collection; it always takes limit and offset
#   like PATH      begins with all that the earlier list PATH has
#   items          mode=schema of the elements; with * there are no modes and no mode parameter
#   object KIND S  PATH/{id}/ exists, its id is of KIND, its body of schema S; it takes no parameters
#   search         takes search, over these fields; ? means the fields are not documented
#   order          takes ordering, by these fields; ? means the fields are not documented
#   TYPE           parameters of that type: bool int float date time string uuid,
#                  ints strings uuids (one comma list), repeated (name=1&name=2)
#                    x*   x and its comparisons x__gt, x__gte, x__lt, x__lte
#                    x<>  the comparisons alone
# single PATH    one document without parameters
`

// types are the words for types of parameters, in the order of their lines.
var types = []string{"bool", "int", "float", "date", "time", "string", "uuid", "ints", "strings", "uuids", "repeated"}

// comparisons are the suffixes that x* and x<> stand for.
var comparisons = []string{"__gt", "__gte", "__lt", "__lte"}

// write returns the table of endpoints, which are sorted by path.
func write(version string, endpoints []*endpoint) string {
	var b strings.Builder
	fmt.Fprintf(&b, form, version)
	lists := map[string]*endpoint{}
	for _, e := range endpoints {
		if !e.list {
			fmt.Fprintf(&b, "\nsingle %s\n", e.path)
			continue
		}
		fmt.Fprintf(&b, "\nlist %s\n", e.path)
		e.write(&b, lists[path.Dir(path.Dir(e.path))+"/"])
		lists[e.path] = e
	}
	return b.String()
}

// write writes the facts of a list: all of them, or what it has beyond the list
// above it, if it has all of that.
func (e *endpoint) write(b *strings.Builder, above *endpoint) {
	known := &endpoint{}
	if above != nil && e.includes(above) {
		known = above
		writeLine(b, "like", []string{above.path})
	} else {
		writeLine(b, "items", e.itemWords())
		writeLine(b, "object", []string{e.idKind, e.schema})
	}
	if !slices.Equal(e.search, known.search) {
		writeLine(b, "search", e.search)
	}
	if !slices.Equal(e.order, known.order) {
		writeLine(b, "order", e.order)
	}
	for _, word := range types {
		own := map[string]bool{}
		for name, w := range e.params {
			if w == word && known.params[name] != word {
				own[name] = true
			}
		}
		writeLine(b, word, paramWords(own))
	}
}

// includes reports whether e has all that another list has.
func (e *endpoint) includes(other *endpoint) bool {
	for name, word := range other.params {
		if e.params[name] != word {
			return false
		}
	}
	return maps.Equal(e.items, other.items) && e.idKind == other.idKind && e.schema == other.schema &&
		(e.search != nil || other.search == nil) && (e.order != nil || other.order == nil)
}

// itemWords returns mode=schema, by how much detail a mode has.
func (e *endpoint) itemWords() []string {
	modes := []string{"list", "normal", "detailed"}
	var words []string
	for _, mode := range slices.SortedFunc(maps.Keys(e.items), func(a, b string) int {
		return cmp.Or(cmp.Compare(slices.Index(modes, a), slices.Index(modes, b)), cmp.Compare(a, b))
	}) {
		words = append(words, mode+"="+e.items[mode])
	}
	return words
}

// paramWords returns names in order, with the comparisons of one written as x* or
// x<> where all are there.
func paramWords(names map[string]bool) []string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		base := withoutComparison(name)
		switch compared := base != name && hasComparisons(names, base); {
		case compared && (names[base] || name != base+comparisons[0]): // it is a part of another word
		case compared:
			words = append(words, base+"<>")
		case hasComparisons(names, name):
			words = append(words, name+"*")
		default:
			words = append(words, name)
		}
	}
	return words
}

// withoutComparison returns x for x__gt.
func withoutComparison(name string) string {
	for _, suffix := range comparisons {
		if base, ok := strings.CutSuffix(name, suffix); ok {
			return base
		}
	}
	return name
}

func hasComparisons(names map[string]bool, base string) bool {
	return !slices.ContainsFunc(comparisons, func(suffix string) bool { return !names[base+suffix] })
}

// Widths of a line and of its label with what is before and after it.
const (
	lineWidth  = 100
	labelWidth = len("  repeated ")
)

// writeLine writes a label and words, on as many lines as it takes; nothing if
// there are no words.
func writeLine(b *strings.Builder, label string, words []string) {
	if len(words) == 0 {
		return
	}
	fmt.Fprintf(b, "  %-8s", label)
	at := labelWidth - len(" ")
	for i, word := range words {
		if i > 0 && at+len(" ")+len(word) > lineWidth {
			b.WriteString("\n" + strings.Repeat(" ", labelWidth-len(" ")))
			at = labelWidth - len(" ")
		}
		b.WriteString(" " + word)
		at += len(" ") + len(word)
	}
	b.WriteString("\n")
}
