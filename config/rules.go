package config

import (
	"fmt"
	"strings"
	"time"
)

// TTLRule gives the paths that match a pattern a freshness of their own.
type TTLRule struct {
	Pattern string        // begins with / or *; '*' matches any run of characters
	TTL     time.Duration // at least a second
}

// TTLRules are tried in their order; the first that matches decides.
type TTLRules []TTLRule

// UnmarshalText reads "off" or a comma list of pattern=duration.
func (r *TTLRules) UnmarshalText(text []byte) error {
	if string(text) == off {
		*r = nil
		return nil
	}
	var rules TTLRules
	patterns := make(map[string]bool)
	err := each(text, func(element string) error {
		rule, err := parseTTLRule(element)
		if err == nil && patterns[rule.Pattern] {
			return fmt.Errorf("has two rules for %q, of which the second never applies", rule.Pattern)
		}
		patterns[rule.Pattern] = true
		rules = append(rules, rule)
		return err
	})
	if err != nil {
		return err
	}
	*r = rules
	return nil
}

func parseTTLRule(text string) (TTLRule, error) {
	cut := strings.LastIndexByte(text, '=') // a path may hold one, a duration never does
	if cut < 0 {
		return TTLRule{}, fmt.Errorf("has %q, which is not pattern=duration", text)
	}
	pattern, span := strings.TrimSpace(text[:cut]), strings.TrimSpace(text[cut+1:])
	if !isPattern(pattern) {
		return TTLRule{}, fmt.Errorf("has the pattern %q, which can match no path", pattern)
	}
	ttl, err := ParseDuration(span)
	if err != nil {
		return TTLRule{}, fmt.Errorf("has the duration %q, which %w", span, err)
	}
	if time.Duration(ttl) < time.Second {
		return TTLRule{}, fmt.Errorf("has the duration %q, which is shorter than 1s", span)
	}
	return TTLRule{pattern, time.Duration(ttl)}, nil
}

// isPattern reports whether text can match an escaped path, which always begins
// with a slash and has visible ASCII alone, without query and fragment.
func isPattern(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c > '~' || c == '?' || c == '#' {
			return false
		}
	}
	return text != "" && (text[0] == '/' || text[0] == '*')
}

// String writes r so that UnmarshalText reads it back.
func (r TTLRules) String() string {
	if len(r) == 0 {
		return off
	}
	elements := make([]string, len(r))
	for i, rule := range r {
		elements[i] = rule.Pattern + "=" + Duration(rule.TTL).String()
	}
	return strings.Join(elements, ",")
}
