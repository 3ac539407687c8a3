package cache

import (
	"net/http"
	"slices"
	"strings"
)

// Bounds of what is told apart by Vary. Beyond them an answer is not kept: a
// client may send what it likes, and each value would be another entry.
const (
	maxVaryNames = 16
	maxVaryBytes = 4 << 10
)

// VaryNames returns the request fields that an answer was chosen by (RFC 9110,
// section 12.5.5), in canonical form, sorted, each once. any is true when it was
// chosen by more than the request's fields, as "*" says.
func VaryNames(response http.Header) (names []string, any bool) {
	for _, line := range response["Vary"] {
		for name := range strings.SplitSeq(line, ",") {
			switch name = strings.Trim(name, " \t"); name {
			case "":
			case "*":
				any = true
			default:
				names = append(names, http.CanonicalHeaderKey(name))
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), any
}

// variesWithoutLimit reports whether an answer may be given to no other request.
func variesWithoutLimit(response http.Header) bool {
	names, any := VaryNames(response)
	return any || len(names) > maxVaryNames
}

// VaryValue returns the values that a request has for names, in the one form that
// all equivalent requests share (RFC 9111, section 4.1): lines combined, space
// around commas gone, and where order or case carries no meaning, neither left.
// ok is false when they are too long to be told apart here.
func VaryValue(names []string, request http.Header) (value string, ok bool) {
	var b strings.Builder
	for _, name := range names {
		b.WriteString(name)
		if lines, there := request[name]; there {
			b.WriteByte('=')
			b.WriteString(normalise(name, lines))
		}
		b.WriteByte('\n')
	}
	return b.String(), b.Len() <= maxVaryBytes
}

// normalise combines the lines of one field.
func normalise(name string, lines []string) string {
	var members []string
	for _, line := range lines {
		for line != "" {
			var member string
			member, line = cutMember(line)
			if member = strings.Trim(member, " \t"); member != "" {
				members = append(members, member)
			}
		}
	}
	switch name {
	case "Accept-Language", "Accept-Encoding", "Accept-Charset":
		// RFC 9110, sections 12.5.2 to 12.5.4: preference is in the weights, not
		// in the order, and the tags are case-insensitive.
		for i, m := range members {
			members[i] = strings.ToLower(strings.ReplaceAll(m, " ", ""))
		}
		slices.Sort(members)
	case "Accept":
		slices.Sort(members)
	}
	return strings.Join(members, ",")
}

// cutMember returns what stands before the next comma outside quotes, and what
// stands after it.
func cutMember(line string) (member, rest string) {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case ',':
			return line[:i], line[i+1:]
		case '"':
			i += quotedLen(line[i:])
		}
	}
	return line, ""
}
