package ll2sim

import (
	"fmt"
	"strconv"
	"strings"
)

// The values of a body are nil, bool, string, decimal, link, media, list and object.
type (
	// object keeps its members in order, as the API does.
	object []member
	member struct {
		name  string
		value any
	}
	list []any
	// decimal is a number as it is written.
	decimal string
	// link is the path of an API resource, as version 2.3.0 names it. Written, it
	// becomes absolute and repeats the request's format.
	link string
	// media is the path of a file. Written, it becomes absolute and no more.
	media string
)

func number(n int) decimal { return decimal(strconv.Itoa(n)) }

// get returns the member of a name; ok is false if there is none.
func (o object) get(name string) (value any, ok bool) {
	for _, m := range o {
		if m.name == name {
			return m.value, true
		}
	}
	return nil, false
}

// jsonWriter writes as DRF's JSONRenderer does.
type jsonWriter struct {
	out    strings.Builder
	indent int              // spaces a level; 0: compact
	link   func(any) string // writes out a link or media
}

// renderJSON writes a value, compact or indented, with its links written out.
func renderJSON(value any, indent int, write func(any) string) string {
	w := jsonWriter{indent: indent, link: write}
	w.value(value, 0)
	return w.out.String()
}

func (w *jsonWriter) value(value any, depth int) {
	switch v := value.(type) {
	case nil:
		w.out.WriteString("null")
	case bool:
		w.out.WriteString(strconv.FormatBool(v))
	case decimal:
		w.out.WriteString(string(v))
	case string:
		w.text(v)
	case link, media:
		w.text(w.link(v))
	case list:
		w.nested('[', ']', len(v), depth, func(i int) { w.value(v[i], depth+1) })
	case object:
		w.nested('{', '}', len(v), depth, func(i int) {
			w.text(v[i].name)
			w.out.WriteByte(':')
			if w.indent > 0 {
				w.out.WriteByte(' ')
			}
			w.value(v[i].value, depth+1)
		})
	default:
		panic(fmt.Sprintf("ll2sim: a %T in a body", value)) // a mistake in this package
	}
}

func (w *jsonWriter) nested(open, end byte, n, depth int, element func(i int)) {
	w.out.WriteByte(open)
	for i := range n {
		if i > 0 {
			w.out.WriteByte(',')
		}
		w.line(depth + 1)
		element(i)
	}
	if n > 0 {
		w.line(depth)
	}
	w.out.WriteByte(end)
}

func (w *jsonWriter) line(depth int) {
	if w.indent > 0 {
		w.out.WriteByte('\n')
		w.out.WriteString(strings.Repeat(" ", w.indent*depth))
	}
}

// text escapes as json.dumps(ensure_ascii=False) does, and the two line
// separators that JavaScript once took for line ends as DRF does.
func (w *jsonWriter) text(s string) {
	w.out.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			w.out.WriteByte('\\')
			w.out.WriteRune(r)
		case r < ' ':
			w.control(r)
		case r == 0x2028 || r == 0x2029:
			fmt.Fprintf(&w.out, `\u%04x`, r)
		default:
			w.out.WriteRune(r)
		}
	}
	w.out.WriteByte('"')
}

func (w *jsonWriter) control(r rune) {
	if i := strings.IndexRune("\b\f\n\r\t", r); i >= 0 {
		w.out.WriteByte('\\')
		w.out.WriteByte("bfnrt"[i])
		return
	}
	fmt.Fprintf(&w.out, `\u%04x`, r)
}

// set replaces the value of a member; a name that is not there stays so.
func (o object) set(name string, value any) {
	for i := range o {
		if o[i].name == name {
			o[i].value = value
		}
	}
}
