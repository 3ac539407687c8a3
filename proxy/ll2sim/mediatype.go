package ll2sim

import (
	"strings"
)

// mediaType is a media type or range as Django reads one.
type mediaType struct {
	main, sub string
	params    query // in order; what has no = is no parameter
}

// mostSpecific is the highest precedence.
const mostSpecific = 3

func parseMediaType(s string) mediaType {
	parts := splitParams(s)
	main, sub, _ := strings.Cut(strings.ToLower(pyStrip(parts[0])), "/")
	m := mediaType{main: main, sub: sub}
	for _, part := range parts[1:] {
		name, value, ok := strings.Cut(part, "=")
		if ok {
			name = strings.ToLower(pyStrip(name))
			m.params = append(m.params, pair{name, unquoteParam(pyStrip(value))})
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
	switch {
	case m.main == "*":
		return 0
	case m.sub == "*":
		return 1
	case len(m.params.multidict()) == 0 || m.onlyQ():
		return 2
	default:
		return mostSpecific
	}
}

func (m mediaType) onlyQ() bool {
	names := m.params.multidict()
	return len(names) == 1 && names["q"] != nil
}

// matches tells whether the range takes in a type. Parameters do not matter.
func (m mediaType) matches(mediaType string) bool {
	main, sub, _ := strings.Cut(mediaType, "/")
	return (m.sub == "*" || m.sub == sub) && (m.main == "*" || m.main == main)
}

// indentation is what a media type says of the form of JSON.
type indentation struct {
	named  bool // there is a parameter indent that is a number
	spaces int  // 0 to 8; 0: compact
}

// maxIndent is the widest indentation that DRF gives.
const maxIndent = 8

func (m mediaType) indentation() indentation {
	text, _ := m.params.last("indent")
	n, ok := pyInt(text)
	switch {
	case !ok:
		return indentation{}
	case n.Sign() <= 0:
		return indentation{named: true}
	case !n.IsInt64() || n.Int64() > maxIndent:
		return indentation{named: true, spaces: maxIndent}
	default:
		return indentation{named: true, spaces: int(n.Int64())}
	}
}
