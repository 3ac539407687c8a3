package proxy

import "strings"

// matches reports whether If-None-Match names etag (RFC 9110 §13.1.2): "*", or a
// list that holds it. The comparison is the weak one, so W/ is looked past.
func matches(lines []string, etag string) bool {
	for _, line := range lines {
		if strings.TrimSpace(line) == "*" {
			return true
		}
		for line != "" {
			var tag string
			if tag, line = cutTag(line); tag == etag {
				return true
			}
		}
	}
	return false
}

// cutTag cuts the first entity tag off a list. An opaque tag may hold commas, so
// the quotes decide where it ends. Text that is no tag ends the list.
func cutTag(list string) (tag, rest string) {
	list = strings.TrimLeft(list, " \t,")
	list = strings.TrimPrefix(list, "W/")
	if !strings.HasPrefix(list, `"`) {
		return "", ""
	}
	end := strings.IndexByte(list[1:], '"')
	if end < 0 {
		return "", ""
	}
	return list[:end+2], list[end+2:]
}
