package cache

import (
	"net/http"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
)

// directives are those in force for this cache, whichever field they come from.
type directives struct {
	cacheControl
	targeted bool // not from Cache-Control: then Expires does not count either
}

// directives returns those of the field that is meant for us most closely (RFC
// 9213, section 2.2): CDN-Cache-Control, else Surrogate-Control, else Cache-Control.
func (s *Shared) directives(h http.Header) directives {
	if c, ok := parseTargeted(h["Cdn-Cache-Control"]); ok {
		return directives{cacheControl: c, targeted: true}
	}
	if s.Surrogate != "" {
		if c, ok := parseSurrogate(h["Surrogate-Control"], s.Surrogate); ok {
			return directives{cacheControl: c, targeted: true}
		}
	}
	return directives{cacheControl: parseCacheControl(h["Cache-Control"])}
}

// parseTargeted reads a targeted field, a structured dictionary (RFC 9213, section
// 2.1). ok is false when it is empty or malformed: then it is as if it were not
// there. A directive of the wrong type is passed over, but for the lifetimes,
// which then are zero: an invalid one means stale (RFC 9111, section 4.2.1).
func parseTargeted(lines []string) (c cacheControl, ok bool) {
	if len(lines) == 0 {
		return c, false
	}
	dict, err := httpsfv.UnmarshalDictionary(lines)
	if err != nil || len(dict.Names()) == 0 {
		return c, false
	}
	for _, name := range dict.Names() {
		member, _ := dict.Get(name)
		item, single := member.(httpsfv.Item)
		if !single {
			continue
		}
		switch value := item.Value.(type) {
		case bool:
			if value {
				c.note(name, "")
			}
		case int64:
			c.noteSeconds(name, value)
		case string:
			c.note(name, value)
		default:
			c.note(name, "invalid")
		}
	}
	return c, true
}

// noteSeconds adds a directive whose argument is a number already.
func (c *cacheControl) noteSeconds(name string, seconds int64) {
	d := delta{said: true, valid: seconds >= 0, value: clampDelta(time.Duration(min(seconds, int64(maxDelta/time.Second))) * time.Second)}
	switch name {
	case "max-age":
		c.maxAge = d
	case "s-maxage":
		c.sMaxAge = d
	case "stale-while-revalidate":
		c.staleWhileRevalidate = d
	case "stale-if-error":
		c.staleIfError = d
	}
}

// parseSurrogate reads Surrogate-Control (Edge Architecture Specification 1.0, a
// W3C Note, section 2.2): directives of which each may name, after a semicolon,
// the surrogate that it is for. ok is false when none is for us.
func parseSurrogate(lines []string, name string) (c cacheControl, ok bool) {
	for _, line := range lines {
		for line != "" {
			var directive string
			directive, line = cutDirective(line)
			directive, target, targeted := strings.Cut(directive, ";")
			if targeted && strings.Trim(target, " \t") != name {
				continue
			}
			key, arg := splitDirective(directive)
			switch key {
			case "max-age":
				arg, _, _ = strings.Cut(arg, "+") // the second number is how long it may be stale
				d, valid := parseDelta(arg)
				if !valid {
					continue
				}
				c.maxAge, ok = delta{value: d, said: true, valid: true}, true
			case "no-store":
				c.noStore, ok = true, true
			}
		}
	}
	return c, ok
}
