package reply

import "strings"

// matchesAny reports whether the list of entity tags in lines (RFC 9110 §13.1.1,
// §13.1.2) has one that is the same as etag, or is "*" and nothing else: what is
// held is the current representation.
func matchesAny(lines []string, etag string, same func(a, b string) bool) bool {
	members, star := 0, false
	for _, line := range lines {
		for {
			var tag string
			if tag, line = cutTag(line); tag == "" {
				break
			}
			if same(tag, etag) {
				return true
			}
			members++
			star = star || tag == "*"
		}
	}
	return star && members == 1
}

// cutTag cuts the first member off a list, or nothing if there is none. An opaque
// tag may hold commas, so quotes decide where it ends. A quote that is never
// closed is no quote: it must not hide the members behind it.
func cutTag(list string) (tag, rest string) {
	list = strings.TrimLeft(list, " \t,")
	for i := 0; i < len(list); i++ {
		switch list[i] {
		case ',':
			return trim(list[:i]), list[i+1:]
		case '"':
			i += strings.IndexByte(list[i+1:], '"') + 1 // where it was, if there is none
		}
	}
	return trim(list), ""
}

// sameStrong is the strong comparison (RFC 9110 §8.8.3.2): the same bytes can be
// relied on, so neither may be weak. Tags without quotes, which some origins send
// and clients then repeat, are compared as they stand.
func sameStrong(a, b string) bool {
	return a == b && a != "" && !looksWeak(a)
}

// looksWeak also knows the misspellings of W/ that occur in the wild, which must
// not become strong by being misspelt.
func looksWeak(tag string) bool {
	return len(tag) > 1 && tag[0]|0x20 == 'w' && strings.IndexByte(`/\"`, tag[1]) >= 0
}

// sameWeak is the weak comparison (RFC 9110 §8.8.3.2). It looks past missing
// quotes too: the worst that follows of that is a 304 for a tag that differs from
// ours in its quotes alone.
func sameWeak(a, b string) bool {
	return b != "" && (a == b || opaque(a) == opaque(b))
}

// opaque returns the tag without the mark of weakness and without quotes.
func opaque(tag string) string {
	if len(tag) > 1 && tag[0]|0x20 == 'w' && tag[1] == '/' {
		tag = tag[2:]
	}
	if len(tag) > 1 && tag[0] == '"' && tag[len(tag)-1] == '"' {
		tag = tag[1 : len(tag)-1]
	}
	return tag
}

// trim removes optional whitespace (RFC 9110 §5.6.3).
func trim(s string) string { return strings.Trim(s, " \t") }

// joined makes one field value of several lines (RFC 9110 §5.3).
func joined(lines []string) string {
	if len(lines) == 1 {
		return lines[0]
	}
	return strings.Join(lines, ", ")
}
