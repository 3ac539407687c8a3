package rfc9111

import (
	"net/http"
	"slices"
	"strings"
)

// Bounds of what Vary tells apart. Beyond them a response is not stored: a client
// may send what it likes, and each value would be another entry.
const (
	maxVaryNames = 16
	maxVaryBytes = 4 << 10
)

// VaryNames returns the request fields that a response was selected by (RFC 9110,
// section 12.5.5), in canonical form, sorted, each once. any is true when it was
// selected by more than the request's fields, as "*" says.
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

// variesTooMuch reports whether a response may be reused for no other request.
func variesTooMuch(response http.Header) bool {
	names, any := VaryNames(response)
	return any || len(names) > maxVaryNames
}

// VaryValue returns the values that a request has for names, in a normal form that
// all matching requests share (RFC 9111, section 4.1): lines combined, whitespace
// around commas removed, and sorted or in lower case where order or case has no
// meaning. ok is false when the values are too long to be told apart.
func VaryValue(names []string, request http.Header) (value string, ok bool) {
	var b strings.Builder
	for _, name := range names {
		b.WriteString(name)
		if lines, ok := request[name]; ok {
			b.WriteByte('=')
			b.WriteString(normalise(name, lines))
		}
		b.WriteByte('\n')
	}
	return b.String(), b.Len() <= maxVaryBytes
}

// normalise returns the lines of one field in that form.
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
		// RFC 9110, sections 12.5.2 to 12.5.4: weights give the preference, not
		// the order, and the tags are case-insensitive.
		for i, m := range members {
			members[i] = strings.ToLower(strings.ReplaceAll(m, " ", ""))
		}
		slices.Sort(members)
	case "Accept":
		slices.Sort(members)
	}
	return strings.Join(members, ",")
}

// cutMember splits a line at its next comma outside quotes. Unlike cutDirective it
// accepts quotes anywhere.
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
