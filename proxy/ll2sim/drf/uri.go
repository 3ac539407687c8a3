package drf

import (
	"net/http"
	"net/url"

	"perigee/proxy/ll2sim/python"
)

// EscapePath writes a decoded path as Django's escape_uri_path does.
func EscapePath(path string) string { return python.Quote(path, "/:@&+$,-_.!~*'()") }

// EscapeQuery repeats a query as Django's iri_to_uri does.
func EscapeQuery(raw string) string { return python.Quote(raw, "/#%[]=:;$&()+,!?*@'~") }

// FullPath is the path and query as Django repeats them.
func FullPath(r *http.Request) string {
	return WithQuery(EscapePath(r.URL.Path), EscapeQuery(r.URL.RawQuery))
}

// WithQuery joins a URL and an encoded query, which may be empty.
func WithQuery(url, encoded string) string {
	if encoded == "" {
		return url
	}
	return url + "?" + encoded
}

// FormatSuffix is what DRF adds to every link to the API in a body: the format of
// the request, where one was named, an empty one too.
func FormatSuffix(q python.Query) string {
	value, ok := q.Last("format")
	if !ok {
		return ""
	}
	return "?format=" + url.QueryEscape(value)
}
