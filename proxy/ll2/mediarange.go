package ll2

import "strings"

// maxPrecedence is the precedence of the most specific media ranges.
const maxPrecedence = 3

// mediaRange is one element of an Accept field, as far as it matters to DRF.
type mediaRange struct {
	main, sub string // lower-case
	params    bool   // has a parameter other than q
	indent    string // the value of the indent parameter
}

// parseMediaRange reads one element as Django's parse_header does: type and names
// of parameters are lower-cased, values may be quoted, of equal names the last
// counts.
func parseMediaRange(s string) mediaRange {
	full, rest := cutParameter(s)
	var m mediaRange
	m.main, m.sub, _ = strings.Cut(strings.ToLower(full), "/")
	for rest != "" {
		var param string
		param, rest = cutParameter(rest[1:])
		name, value, ok := strings.Cut(param, "=")
		if !ok {
			continue
		}
		name = strings.TrimSuffix(strings.ToLower(trim(name)), "*") // name*= is RFC 2231's
		m.params = m.params || name != "q"
		if name == "indent" {
			m.indent = unquoteString(trim(value))
		}
	}
	return m
}

// cutParameter splits s before the first semicolon that no open quote precedes;
// rest begins with it.
func cutParameter(s string) (first, rest string) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ';' && (!quoted || i == 0):
			return trim(s[:i]), s[i:]
		}
	}
	return trim(s), ""
}

func unquoteString(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(s[1 : len(s)-1])
}

func trim(s string) string { return strings.Trim(s, asciiSpace) }

// precedence is how specific DRF takes a media range to be. A lone q does not
// count as a parameter, but one beside others makes no difference either.
func (m *mediaRange) precedence() int {
	switch {
	case m.main == "*":
		return 0
	case m.sub == "*":
		return 1
	case !m.params:
		return 2
	}
	return maxPrecedence
}

// matches reports whether the range covers a representation. Parameters never keep
// it from that, since the renderers have none.
func (m *mediaRange) matches(r Representation) bool {
	main, sub := "application", "json"
	if r == HTML {
		main, sub = "text", "html"
	}
	return (m.main == "*" || m.main == main) && (m.sub == "*" || m.sub == sub)
}
