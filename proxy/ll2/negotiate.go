package ll2

import (
	"strconv"
	"strings"
)

// negotiated is the outcome of content negotiation. The zero value is compact JSON.
type negotiated struct {
	outcome Representation
	indent  int
}

// pageIndent is what the browsable API indents the JSON in its pages by, unless
// Accept has an indent of its own.
const pageIndent = 4

// MaxIndent is the deepest indent of JSON that Django REST Framework grants.
const MaxIndent = 8

// joinAccept joins the lines of an Accept field as WSGI servers do.
func joinAccept(lines []string) string {
	switch len(lines) {
	case 0:
		return "*/*"
	case 1:
		return lines[0]
	}
	return strings.Join(lines, ",")
}

// negotiate chooses as DRF's DefaultContentNegotiation does, which is not what
// RFC 9110 says. The format parameter, unless it is blank, first leaves only the
// renderer of that name. Then the media ranges are tried by how specific they
// are, JSON before HTML among the equally specific; q counts for nothing.
func negotiate(format, accept string) negotiated {
	candidates := [...]bool{JSON: format == "" || format == "json", HTML: format == "" || format == "api"}
	if !candidates[JSON] && !candidates[HTML] {
		return negotiated{outcome: UnknownFormat}
	}
	var best [maxPrecedence + 1][len(candidates)]mediaRange
	for token := range strings.SplitSeq(accept, ",") {
		m := parseMediaRange(token)
		for r, candidate := range candidates {
			first := &best[m.precedence()][r]
			if candidate && first.main == "" && m.matches(Representation(r)) {
				*first = m
			}
		}
	}
	for p := maxPrecedence; p >= 0; p-- {
		for r, m := range best[p] {
			if m.main != "" {
				return negotiated{Representation(r), indentFor(Representation(r), m.indent)}
			}
		}
	}
	return negotiated{outcome: NotAcceptable}
}

// indentFor reads the indent parameter of a media range. DRF clamps it to 0 to 8
// and ignores what is no number.
func indentFor(r Representation, param string) int {
	plain, ok := parseInt(fromLatin1(param)) // header fields are Latin-1 to Django
	switch {
	case ok:
		return clampIndent(plain)
	case r == HTML:
		return pageIndent
	}
	return 0
}

func clampIndent(plain string) int {
	switch {
	case plain[0] == '-':
		return 0
	case len(plain) > 1:
		return MaxIndent
	}
	return min(int(plain[0]-'0'), MaxIndent)
}

// accept returns the Accept field that leads to the representation again. It is of
// no use for an unknown format, which takes the format parameter.
func (n negotiated) accept() string {
	switch {
	case n.outcome == NotAcceptable:
		return ""
	case n.outcome == HTML && n.indent == pageIndent:
		return "text/html"
	case n.outcome == HTML:
		return "text/html; indent=" + strconv.Itoa(n.indent)
	case n.indent > 0:
		return "application/json; indent=" + strconv.Itoa(n.indent)
	}
	return "application/json"
}

// label names the representation in keys.
func (n negotiated) label() string {
	switch {
	case n.outcome == NotAcceptable:
		return "406"
	case n.outcome == UnknownFormat:
		return "404"
	case n.outcome == HTML && n.indent == pageIndent:
		return "html"
	case n.outcome == HTML:
		return "html" + strconv.Itoa(n.indent)
	case n.indent > 0:
		return "json" + strconv.Itoa(n.indent)
	}
	return "json"
}

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
