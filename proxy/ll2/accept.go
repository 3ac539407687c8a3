package ll2

import (
	"strconv"
	"strings"
)

// representation is the outcome of negotiation and what it takes to ask for it.
type representation struct {
	outcome Representation
	indent  int
}

// pageIndent is what the browsable API indents the JSON in its pages by, unless
// Accept has an indent of its own.
const pageIndent = 4

// MaxIndent is the deepest indent of JSON that Django REST Framework grants.
const MaxIndent = 8

// accepted joins the lines of an Accept field as WSGI servers do.
func accepted(lines []string) string {
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
func negotiate(format, accept string) representation {
	candidates := [...]bool{JSON: format == "" || format == "json", HTML: format == "" || format == "api"}
	if !candidates[JSON] && !candidates[HTML] {
		return representation{outcome: UnknownFormat}
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
				return representation{Representation(r), indentFor(Representation(r), m.indent)}
			}
		}
	}
	return representation{outcome: NotAcceptable}
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
func (r representation) accept() string {
	switch {
	case r.outcome == NotAcceptable:
		return ""
	case r.outcome == HTML && r.indent == pageIndent:
		return "text/html"
	case r.outcome == HTML:
		return "text/html; indent=" + strconv.Itoa(r.indent)
	case r.indent > 0:
		return "application/json; indent=" + strconv.Itoa(r.indent)
	}
	return "application/json"
}

// word names the representation in keys.
func (r representation) word() string {
	switch {
	case r.outcome == NotAcceptable:
		return "406"
	case r.outcome == UnknownFormat:
		return "404"
	case r.outcome == HTML && r.indent == pageIndent:
		return "html"
	case r.outcome == HTML:
		return "html" + strconv.Itoa(r.indent)
	case r.indent > 0:
		return "json" + strconv.Itoa(r.indent)
	}
	return "json"
}
