package body

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"perigee/proxy/ll2"
)

// baseForms returns every spelling of upstream's base URL, in lower case, each
// with the slash that must follow it: without that, https://host would be found
// in https://host.example/ and in https://host@example/. base is https://host or
// https://host:port; anything else has no forms.
//
// Both schemes count, since a server behind a TLS proxy may write http. A port
// counts as it is written in base; where that is the default of base's scheme, so
// do links without a port and links with the default of their own scheme.
func baseForms(base string) []string {
	scheme, host, ok := strings.Cut(strings.ToLower(base), "://")
	if !ok || host == "" {
		return nil
	}
	name, port := splitPort(host)
	forms := []string{"https://" + host + "/", "http://" + host + "/"}
	switch {
	case port == "":
		forms = append(forms, "https://"+name+":443/", "http://"+name+":80/")
	case scheme == "https" && port == "443", scheme == "http" && port == "80":
		forms = append(forms, "https://"+name+"/", "http://"+name+"/",
			"https://"+name+":443/", "http://"+name+":80/")
	}
	return forms
}

// splitPort splits host:port; the colons of an IPv6 address are in brackets.
func splitPort(host string) (name, port string) {
	i := strings.LastIndexByte(host, ':')
	if i < 0 || i < strings.LastIndexByte(host, ']') {
		return host, ""
	}
	return host[:i], host[i+1:]
}

// prefixBase returns how many bytes at the beginning of text spell one of the
// forms, the slash at the form's end not counted; 0 if none does.
func prefixBase(text []byte, forms []string) int {
	if len(text) == 0 || text[0] != '\\' && text[0] != 'h' && text[0] != 'H' {
		return 0 // as most strings: all forms begin with http
	}
	for _, form := range forms {
		if n := prefixLen(text, form); n > 0 {
			return n
		}
	}
	return 0
}

// prefixLen is prefixBase for one form. Case does not matter, and a character may
// be written as a JSON escape, as some encoders write every slash; DRF does not.
func prefixLen(text []byte, form string) int {
	n := 0
	for i := range len(form) {
		c, width := firstChar(text[n:])
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != form[i] {
			return 0
		}
		if i == len(form)-1 {
			return n
		}
		n += width
	}
	return 0
}

// firstChar returns the first character of a JSON string's content and how many
// bytes it takes there; 0 if it is not in ASCII or there is none. Of the escapes
// it knows those that can occur in a base URL.
func firstChar(text []byte) (c byte, width int) {
	switch {
	case len(text) == 0:
		return 0, 0
	case text[0] != '\\':
		return text[0], 1
	case len(text) >= 2 && text[1] == '/':
		return '/', 2
	case len(text) >= 6 && text[1] == 'u':
		r, err := strconv.ParseUint(string(text[2:6]), 16, 16)
		if err == nil && r < utf8.RuneSelf {
			return byte(r), 6
		}
	}
	return 0, 1
}

// unescapeJSON returns the characters of a JSON string's content, which is valid:
// text itself where it holds no escape.
func unescapeJSON(text []byte) []byte {
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	quoted := append(append([]byte{'"'}, text...), '"')
	plain, _ := jsontext.AppendUnquote(nil, quoted) // an error tells of invalid UTF-8, by now U+FFFD
	return plain
}

// isReversed reports whether path, which follows a base URL and begins with a
// slash, is one as DRF reverses it from an API view: /2.N.N/…/, percent-encoded,
// without query and fragment.
func isReversed(path []byte) bool {
	for _, c := range path {
		if c <= ' ' || c >= 0x7f || c == '?' || c == '#' {
			return false
		}
	}
	first := path[:bytes.IndexByte(path[1:], '/')+2] // /2.N.N/, or a slash alone if there is no second one
	return ll2.IsVersioned(string(first)) && path[len(path)-1] == '/'
}
