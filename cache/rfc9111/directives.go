package rfc9111

import (
	"net/http"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"

	"perigee/cache"
)

// cacheControl are the directives of a response (RFC 9111, section 5.2.2; RFC
// 5861; RFC 8246). Unknown directives are ignored (section 5.2.3).
type cacheControl struct {
	maxAge, sMaxAge            delta
	staleWhileRevalidate       delta // RFC 5861, section 3
	staleIfError               delta // RFC 5861, section 4
	noCache, noStore, private  bool
	noCacheFields              string // the fields that no-cache lists; "": it applies to the whole response
	privateFields              string // the same for private
	public, mustUnderstand     bool
	mustRevalidate, proxyReval bool
	immutable                  bool // RFC 8246
}

// delta is the argument of a directive that takes a number of seconds.
type delta struct {
	value   time.Duration
	present bool // the directive is there
	valid   bool // and its argument is a number
}

// add reads one more occurrence. Of several the smallest counts, which is stricter
// than the first, as RFC 9111, section 4.2.1, says. An argument that is no number
// counts only where there is no other, and then as zero: that section encourages
// caches to treat responses with invalid freshness information as stale.
func (d *delta) add(arg string) {
	d.present = true
	if v, ok := parseDelta(arg); ok && (!d.valid || v < d.value) {
		d.value, d.valid = v, true
	}
}

// parseCacheControl reads all lines of the field. It accepts anything: what does
// not have the form of a directive is skipped.
func parseCacheControl(lines []string) cacheControl {
	var c cacheControl
	eachDirective(lines, c.add)
	return c
}

// eachDirective calls add for each directive in lines, see splitDirective.
func eachDirective(lines []string, add func(name, arg string)) {
	for _, line := range lines {
		for line != "" {
			var directive string
			directive, line = cutDirective(line)
			add(splitDirective(directive))
		}
	}
}

func (c *cacheControl) add(name, arg string) {
	switch name {
	case "max-age":
		c.maxAge.add(arg)
	case "s-maxage":
		c.sMaxAge.add(arg)
	case "stale-while-revalidate":
		c.staleWhileRevalidate.add(arg)
	case "stale-if-error":
		c.staleIfError.add(arg)
	case "no-cache":
		c.noCacheFields = addFields(c.noCache, c.noCacheFields, arg)
		c.noCache = true
	case "private":
		c.privateFields = addFields(c.private, c.privateFields, arg)
		c.private = true
	default:
		c.addFlag(name)
	}
}

// addFlag reads a directive that has no argument.
func (c *cacheControl) addFlag(name string) {
	switch name {
	case "no-store":
		c.noStore = true
	case "public":
		c.public = true
	case "must-understand":
		c.mustUnderstand = true
	case "must-revalidate":
		c.mustRevalidate = true
	case "proxy-revalidate":
		c.proxyReval = true
	case "immutable":
		c.immutable = true
	}
}

// addFields returns the fields that a directive lists after one more occurrence of
// it. One that lists none applies to the whole response, and the lists of others
// add nothing to that.
func addFields(present bool, fields, more string) string {
	more = strings.Trim(more, " \t,")
	switch {
	case more == "", present && fields == "":
		return ""
	case present:
		return fields + "," + more
	}
	return more
}

// freshness returns how long the response is fresh for a shared cache: s-maxage if
// present, else max-age (RFC 9111, section 4.2.1). ok is false if neither is.
func (c *cacheControl) freshness() (life time.Duration, ok bool) {
	if c.sMaxAge.present {
		return c.sMaxAge.value, true
	}
	return c.maxAge.value, c.maxAge.present
}

// prohibitions returns the names of the directives that forbid storing the response
// or reusing it without validation, in alphabetical order.
func (c *cacheControl) prohibitions() []string {
	var names []string
	if c.noCache {
		names = append(names, "no-cache")
	}
	if c.noStore {
		names = append(names, "no-store")
	}
	if c.private {
		names = append(names, "private")
	}
	return names
}

// directives are the directives that apply to this cache, from whichever field.
type directives struct {
	cacheControl
	targeted bool // not from Cache-Control: then Expires does not count either
}

// parseDirectives reads the most specific field (RFC 9213, section 2.2):
// CDN-Cache-Control, else Surrogate-Control for surrogate, if that is not empty, else
// Cache-Control.
func parseDirectives(h http.Header, surrogate string) directives {
	if c, ok := parseTargeted(h["Cdn-Cache-Control"]); ok {
		return directives{cacheControl: c, targeted: true}
	}
	if surrogate != "" {
		if c, ok := parseSurrogate(h["Surrogate-Control"], surrogate); ok {
			return directives{cacheControl: c, targeted: true}
		}
	}
	return directives{cacheControl: parseCacheControl(h["Cache-Control"])}
}

// parseTargeted reads a targeted field, a structured dictionary (RFC 9213, section
// 2.1). ok is false when it is empty or malformed: then it is ignored as a whole.
// A directive of the wrong type is ignored: numbers are for the lifetimes, strings
// for the lists of fields, and all others are true or not there.
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
			if value && !takesSeconds(name) {
				c.add(name, "")
			}
		case int64:
			c.addSeconds(name, value)
		case string:
			if name == "no-cache" || name == "private" {
				c.add(name, value)
			}
		}
	}
	return c, true
}

// takesSeconds reports whether the argument of a directive is a number.
func takesSeconds(name string) bool {
	return name == "max-age" || name == "s-maxage" || name == "stale-while-revalidate" || name == "stale-if-error"
}

// addSeconds reads a directive whose argument is a number already.
func (c *cacheControl) addSeconds(name string, seconds int64) {
	d := delta{present: true, valid: seconds >= 0, value: clampDelta(time.Duration(min(seconds, int64(cache.MaxDelta/time.Second))) * time.Second)}
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
// W3C Note, section 2.2): each directive may name, after a semicolon, the
// surrogate that it is for. ok is false when none is for this cache.
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
				arg, _, _ = strings.Cut(arg, "+") // the second number is how long it may be served stale
				d, valid := parseDelta(arg)
				if !valid {
					continue
				}
				c.maxAge, ok = delta{value: d, present: true, valid: true}, true
			case "no-store":
				c.noStore, ok = true, true
			}
		}
	}
	return c, ok
}

// cutDirective splits a line at its next comma. Commas inside a quoted argument do
// not count. A quote that is never closed is no quote: it must not hide the
// directives after it.
func cutDirective(line string) (directive, rest string) {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case ',':
			return line[:i], line[i+1:]
		case '"':
			if i > 0 && line[i-1] == '=' {
				i += quotedLen(line[i:]) // on the closing quote, or where it was
			}
		}
	}
	return line, ""
}

// quotedLen returns the index of the quote that closes the one s begins with, or 0.
func quotedLen(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return 0
}

// splitDirective returns the name, in lower case, and the argument, unquoted. There
// is no space around the '=' (RFC 9111, section 5.2): a name that ends in one is
// unknown, and an argument that begins with one is no number.
func splitDirective(directive string) (name, arg string) {
	name, arg, _ = strings.Cut(strings.Trim(directive, " \t"), "=")
	if n := quotedLen(arg); n > 0 && n == len(arg)-1 && arg[0] == '"' {
		arg = unescape(arg[1:n])
	}
	return strings.ToLower(name), arg
}

// unescape removes the backslashes from the inside of a quoted string (RFC 9110,
// section 5.6.4).
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		out = append(out, s[i])
	}
	return string(out)
}
