package cache

import (
	"strings"
	"time"
)

// cacheControl is what the Cache-Control field of a response says (RFC 9111,
// section 5.2.2; RFC 5861; RFC 8246). Unknown directives are ignored (section
// 5.2.3).
type cacheControl struct {
	maxAge, sMaxAge            delta
	staleWhileRevalidate       delta // RFC 5861, section 3
	staleIfError               delta // RFC 5861, section 4
	noCache, noStore, private  bool
	noCacheFields              string // header fields that no-cache was limited to; "": the whole answer
	privateFields              string // the same of private
	public, mustUnderstand     bool
	mustRevalidate, proxyReval bool
	immutable                  bool // RFC 8246
}

// delta is the argument of a directive that has a number of seconds.
type delta struct {
	value time.Duration
	said  bool // the directive is there
	valid bool // and has an argument that is a number
}

// note adds one more occurrence. Of several the smallest counts, which is more
// careful than the first, as RFC 9111, section 4.2.1, would have it. Arguments
// that are no number count only where there is no other, and then as zero: that
// section wants an answer with invalid information to be taken for stale.
func (d *delta) note(arg string) {
	d.said = true
	if v, ok := parseDelta(arg); ok && (!d.valid || v < d.value) {
		d.value, d.valid = v, true
	}
}

// parseCacheControl reads all lines of the field. It accepts anything: what does
// not have the form of a directive is passed over.
func parseCacheControl(lines []string) cacheControl {
	var c cacheControl
	for _, line := range lines {
		for line != "" {
			var directive string
			directive, line = cutDirective(line)
			c.note(splitDirective(directive))
		}
	}
	return c
}

func (c *cacheControl) note(name, arg string) {
	switch name {
	case "max-age":
		c.maxAge.note(arg)
	case "s-maxage":
		c.sMaxAge.note(arg)
	case "stale-while-revalidate":
		c.staleWhileRevalidate.note(arg)
	case "stale-if-error":
		c.staleIfError.note(arg)
	case "no-cache":
		c.noCacheFields = limit(c.noCache, c.noCacheFields, arg)
		c.noCache = true
	case "private":
		c.privateFields = limit(c.private, c.privateFields, arg)
		c.private = true
	default:
		c.noteFlag(name)
	}
}

// noteFlag adds a directive that has no argument.
func (c *cacheControl) noteFlag(name string) {
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

// limit returns the header fields that a directive speaks of after one more
// occurrence of it. One that names none speaks of the whole answer, and what
// others name adds nothing to that.
func limit(said bool, fields, more string) string {
	more = strings.Trim(more, " \t,")
	switch {
	case more == "", said && fields == "":
		return ""
	case said:
		return fields + "," + more
	}
	return more
}

// freshness returns how long the answer is fresh for a shared cache: s-maxage if
// it is there, else max-age (section 4.2.1). ok is false if neither is.
func (c *cacheControl) freshness() (life time.Duration, ok bool) {
	if c.sMaxAge.said {
		return c.sMaxAge.value, true
	}
	return c.maxAge.value, c.maxAge.said
}

// prohibitions returns the names of the directives that forbid to keep the answer
// or to use it again unasked, in alphabetical order.
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

// cutDirective returns what stands before the next comma of the line and what
// stands after it. Commas inside a quoted argument do not count. A quote that is
// never closed is no quote: it must not hide the directives behind it.
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

// splitDirective returns the name, in lower case, and the argument, unquoted. No
// space may stand around the '=' (section 5.2): a name that ends in one is none
// that we know, and an argument that begins with one is no number.
func splitDirective(directive string) (name, arg string) {
	name, arg, _ = strings.Cut(strings.Trim(directive, " \t"), "=")
	if n := quotedLen(arg); n > 0 && n == len(arg)-1 && arg[0] == '"' {
		arg = unescape(arg[1:n])
	}
	return strings.ToLower(name), arg
}

// unescape takes out the backslashes of a quoted string, each with its byte.
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
