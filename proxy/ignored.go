package proxy

import "github.com/dunglas/httpsfv"

// Bounds of the Perigee-Ignored field.
const (
	maxIgnoredNames = 16
	maxIgnoredName  = 64 // bytes
)

// ignoredField lists the parameters that made no difference to the answer,
// since LL2 does not know them, as a structured field: a list of strings
// (RFC 9651 §3.3.3). Bytes that a string may not hold are shown as '?'.
func ignoredField(names []string) string {
	list := make(httpsfv.List, 0, min(len(names), maxIgnoredNames+1))
	for i, name := range names {
		if i == maxIgnoredNames {
			list = append(list, httpsfv.NewItem("..."))
			break
		}
		list = append(list, httpsfv.NewItem(printable(name[:min(len(name), maxIgnoredName)])))
	}
	field, err := httpsfv.Marshal(list)
	if err != nil {
		panic(err) // printable strings always marshal
	}
	return field
}

// printable replaces the bytes that a String may not hold.
func printable(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '?'
		}
	}
	return string(b)
}
