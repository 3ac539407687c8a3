package drf

import (
	"fmt"
	"strconv"
	"strings"
)

// RenderJSON writes a value as DRF's JSONRenderer does, indented by so many spaces
// a level, or compact if that is 0. link writes out a Link or Media; it may be nil
// where there is none. It panics for what is no value of a body.
func RenderJSON(value any, indent int, link func(any) string) string {
	w := jsonWriter{indent: indent, link: link}
	w.value(value, 0)
	return w.out.String()
}

type jsonWriter struct {
	out    strings.Builder
	indent int
	link   func(any) string
}

func (w *jsonWriter) value(value any, depth int) {
	switch v := value.(type) {
	case nil:
		w.out.WriteString("null")
	case bool:
		w.out.WriteString(strconv.FormatBool(v))
	case Decimal:
		w.out.WriteString(string(v))
	case string:
		w.text(v)
	case Link, Media:
		w.text(w.link(v))
	case List:
		w.nested('[', ']', len(v), depth, func(i int) { w.value(v[i], depth+1) })
	case Object:
		w.nested('{', '}', len(v), depth, func(i int) {
			w.text(v[i].Name)
			w.out.WriteByte(':')
			if w.indent > 0 {
				w.out.WriteByte(' ')
			}
			w.value(v[i].Value, depth+1)
		})
	default:
		panic(fmt.Sprintf("drf: a %T in a body", value))
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
		switch i := strings.IndexRune("\"\\\b\f\n\r\t", r); {
		case i >= 0:
			w.out.WriteByte('\\')
			w.out.WriteByte(`"\bfnrt`[i])
		case r < ' ' || r == 0x2028 || r == 0x2029:
			fmt.Fprintf(&w.out, `\u%04x`, r)
		default:
			w.out.WriteRune(r)
		}
	}
	w.out.WriteByte('"')
}
