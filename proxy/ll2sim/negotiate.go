package ll2sim

import (
	"strings"
)

// renderer is one of the two forms in which the API answers.
type renderer struct {
	format, mediaType string
}

// The renderers in the order in which they are preferred.
func renderers() []renderer {
	return []renderer{{"json", "application/json"}, {"api", "text/html"}}
}

// rendering is the outcome of negotiation.
type rendering struct {
	html   bool
	indent indentation
}

// negotiation errors, which are always told in compact JSON.
type negotiationError uint8

const (
	acceptable negotiationError = iota
	unknownFormat
	notAcceptable
)

// negotiate chooses a rendering as DRF's DefaultContentNegotiation does. It
// ignores q: among the most specific ranges JSON goes first. A named format
// leaves only its renderer, and the Accept field must still allow that.
func negotiate(accept []string, q query) (rendering, negotiationError) {
	candidates := renderers()
	if format, _ := q.last("format"); format != "" {
		candidates = withFormat(candidates, format)
		if len(candidates) == 0 {
			return rendering{}, unknownFormat
		}
	}
	ranges := acceptList(accept)
	for precedence := mostSpecific; precedence >= 0; precedence-- {
		for _, r := range candidates {
			for _, m := range ranges {
				if m.precedence() == precedence && m.matches(r.mediaType) {
					return rendering{html: r.format == "api", indent: m.indentation()}, acceptable
				}
			}
		}
	}
	return rendering{}, notAcceptable
}

func withFormat(all []renderer, format string) []renderer {
	for i, r := range all {
		if r.format == format {
			return all[i : i+1]
		}
	}
	return nil
}

// acceptList reads the lines of the Accept field, which a server joins; without
// the field it is */*.
func acceptList(lines []string) []mediaType {
	joined := "*/*"
	if len(lines) > 0 {
		joined = strings.Join(lines, ",")
	}
	var ranges []mediaType
	for token := range strings.SplitSeq(joined, ",") {
		ranges = append(ranges, parseMediaType(token))
	}
	return ranges
}
