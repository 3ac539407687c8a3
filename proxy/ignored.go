package proxy

import "strings"

// Bounds of the Perigee-Ignored field.
const (
	maxIgnoredNames = 16
	maxIgnoredName  = 64 // bytes
)

// ignoredField lists the parameters that made no difference to the answer,
// since LL2 does not know them, as a structured field: a list of strings
// (RFC 9651 §3.3.3). Bytes that a string may not hold are shown as '?'.
func ignoredField(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i == maxIgnoredNames {
			b.WriteString(`, "..."`)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('"')
		for j := range min(len(name), maxIgnoredName) {
			switch c := name[j]; {
			case c < ' ' || c > '~':
				b.WriteByte('?')
			case c == '"' || c == '\\':
				b.WriteByte('\\')
				fallthrough
			default:
				b.WriteByte(c)
			}
		}
		b.WriteByte('"')
	}
	return b.String()
}
