package drf

import (
	"net/http"
	"strings"

	"perigee/proxy/ll2sim/python"
)

// Rendering is the form in which a request is answered. The zero Rendering, compact
// JSON, also answers what cannot be negotiated.
type Rendering struct {
	Page   bool // a browsable page; if false, JSON
	Indent int  // spaces a level, 0 to 8; 0: compact
}

func (r Rendering) mediaType() string {
	if r.Page {
		return "text/html"
	}
	return "application/json"
}

// Negotiate chooses a rendering as DRF's DefaultContentNegotiation does, from the
// lines of the Accept field; without the field it is */*. It ignores q: among the
// most specific ranges JSON goes first. A named format leaves only its renderer, and
// the Accept field must still allow that.
func Negotiate(accept []string, q python.Query) (Rendering, *Exception) {
	candidates := []Rendering{{}, {Page: true}}
	switch format, _ := q.Last("format"); format {
	case "":
	case "json":
		candidates = candidates[:1]
	case "api":
		candidates = candidates[1:]
	default:
		return Rendering{}, Detail(http.StatusNotFound, "Not found.")
	}
	ranges := acceptList(accept)
	for precedence := mostSpecific; precedence >= 0; precedence-- {
		for _, r := range candidates {
			for _, m := range ranges {
				if m.precedence() == precedence && m.matches(r.mediaType()) {
					r.Indent = m.indent(r)
					return r, nil
				}
			}
		}
	}
	return Rendering{}, Detail(http.StatusNotAcceptable, "Could not satisfy the request Accept header.")
}

func acceptList(lines []string) []mediaType {
	joined := "*/*"
	if len(lines) > 0 {
		joined = strings.Join(lines, ",") // as a server joins them
	}
	var ranges []mediaType
	for token := range strings.SplitSeq(joined, ",") {
		ranges = append(ranges, parseMediaType(token))
	}
	return ranges
}

// mediaType is a media type or range as Django reads one.
type mediaType struct {
	main, sub string
	params    python.Query // in order; what has no = is no parameter
}

// mostSpecific is the highest precedence.
const mostSpecific = 3

func parseMediaType(s string) mediaType {
	parts := splitParams(s)
	main, sub, _ := strings.Cut(strings.ToLower(python.Strip(parts[0])), "/")
	m := mediaType{main: main, sub: sub}
	for _, part := range parts[1:] {
		if name, value, ok := strings.Cut(part, "="); ok {
			m.params = append(m.params, python.Pair{
				Name: strings.ToLower(python.Strip(name)), Value: unquoteParam(python.Strip(value)),
			})
		}
	}
	return m
}

// splitParams splits at the semicolons that stand outside quotes.
func splitParams(s string) []string {
	var parts []string
	quotes, start := 0, 0
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quotes++
		case s[i] == ';' && quotes%2 == 0:
			parts = append(parts, s[start:i])
			start, quotes = i+1, 0
		}
	}
	return append(parts, s[start:])
}

func unquoteParam(value string) string {
	if len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return value
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(value[1 : len(value)-1])
}

// precedence is how specific a range is: 0 for */*, 1 for main/*, 2 for a type,
// also with q alone, and 3 for a type with parameters.
func (m mediaType) precedence() int {
	names := m.params.Values()
	delete(names, "q")
	switch {
	case m.main == "*":
		return 0
	case m.sub == "*":
		return 1
	case len(names) == 0:
		return 2
	default:
		return mostSpecific
	}
}

// matches tells whether the range takes in a type. Parameters do not matter.
func (m mediaType) matches(mediaType string) bool {
	main, sub, _ := strings.Cut(mediaType, "/")
	return (m.sub == "*" || m.sub == sub) && (m.main == "*" || m.main == main)
}

// indent returns the indentation that the parameter of that name asks for. Without
// it, or where it is no number, JSON is compact and a page indents by four.
func (m mediaType) indent(r Rendering) int {
	text, _ := m.params.Last("indent")
	n, ok := python.Int(text)
	switch {
	case !ok && r.Page:
		return 4
	case !ok || n.Sign() <= 0:
		return 0
	case !n.IsInt64():
		return 8
	default:
		return int(min(n.Int64(), 8))
	}
}
