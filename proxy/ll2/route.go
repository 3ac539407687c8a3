package ll2

import (
	"path"
	"slices"
	"strings"

	"perigee/proxy/ll2/catalog"
)

// route is what a path means.
type route struct {
	kind     Kind
	label    string            // Resource.Endpoint
	path     string            // of the canonical request, escaped
	endpoint *catalog.Endpoint // nil unless kind.Tabled
}

// Labels of routes that are not of the catalogue.
const (
	outside  = "outside"
	unknown  = "unknown"
	throttle = "api-throttle" // the last segment of its path, too
)

// findRoute classifies an escaped path. Django looks at the decoded path, so that
// is compared here. What is recognised has only characters that need no escaping;
// everything else is passed on as it came.
func findRoute(escaped string) route {
	path := unquote(escaped)
	version, rest, below := cutVersion(path)
	switch {
	case namesThrottle(path):
		return throttleRoute(escaped, path, version, rest)
	case !below && nearsAPI(path):
		return route{kind: Unknown, label: unknown, path: escaped}
	case !below:
		return route{kind: Outside, label: outside, path: escaped}
	case catalog.Has(version):
		return tabledRoute(escaped, withSlash(path))
	case isUsual(rest):
		return route{kind: Untabled, label: versionLabel(version), path: withSlash(path)}
	}
	return route{kind: Unknown, label: unknown, path: escaped}
}

// nearsAPI reports whether a decoded path outside the API leads into it once
// slashes are merged, dots resolved, or what is still encoded decoded, as a
// server in front of Django may do. Such a path can cost a request, so it must
// not count as free.
func nearsAPI(decoded string) bool {
	_, _, below := cutVersion(path.Clean("/"+unquote(decoded)) + "/")
	return below
}

func tabledRoute(escaped, path string) route {
	e, id, ok := catalog.Find(path)
	if !ok {
		return route{kind: Unknown, label: unknown, path: escaped}
	}
	r := route{kind: Single, label: e.Path, path: path, endpoint: e}
	switch {
	case e.List:
		r.kind = List
	case id != "":
		r.kind = Object
	}
	return r
}

// namesThrottle reports whether a decoded path could lead to the throttle report,
// which has the API key in it. Servers in front of Django may merge slashes,
// resolve dots, fold case, drop control characters or decode again and again, so this
// is wide on purpose.
func namesThrottle(path string) bool {
	for n := 0; n < maxDecodings && strings.IndexByte(path, '%') >= 0; n++ {
		path = unquote(path)
	}
	path = strings.Map(func(c rune) rune {
		if c <= ' ' || c == 0x7f {
			return -1
		}
		return c
	}, path)
	return strings.Contains(strings.ToLower(path), throttle)
}

// maxDecodings is how often a path may be decoded after Django would have.
const maxDecodings = 4

func throttleRoute(escaped, path, version, rest string) route {
	r := route{kind: Throttle, label: throttle, path: escaped}
	if version != "" && strings.TrimSuffix(rest, "/") == throttle {
		r.path = withSlash(path)
	}
	return r
}

// IsVersioned reports whether a decoded path leads below /2.N.N/, where the API is.
func IsVersioned(path string) bool {
	_, _, ok := cutVersion(path)
	return ok
}

// cutVersion splits /2.N.N/rest.
func cutVersion(path string) (version, rest string, ok bool) {
	if !strings.HasPrefix(path, "/2.") {
		return "", "", false
	}
	version, rest, ok = strings.Cut(path[1:], "/")
	minor, patch, dotted := strings.Cut(version[len("2."):], ".")
	if !ok || !dotted || !isDigits(minor) || !isDigits(patch) {
		return "", "", false
	}
	return version, rest, true
}

// isUsual reports whether the rest of a path is shaped as those of the API are:
// lower-case words, numbers and UUIDs. Not so are names with a dot, to which a
// slash must not be appended, and the documentation pages, which have renderers of
// their own.
func isUsual(rest string) bool {
	for segment := range strings.SplitSeq(strings.TrimSuffix(rest, "/"), "/") {
		switch segment {
		case "", "docs", "openapi", "redoc", "schema", "swagger":
			return false
		}
		if strings.Trim(segment, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" && !catalog.IsUUID(segment) {
			return false
		}
	}
	return true
}

// oldVersions are API versions that clients still use, though they have no table.
var oldVersions = []string{"2.0.0", "2.1.0", "2.2.0"}

// versionLabel keeps the set of labels closed: any N.N.N may be requested.
func versionLabel(version string) string {
	if slices.Contains(oldVersions, version) {
		return "/" + version + "/"
	}
	return unknown
}

// withSlash appends the slash that LL2 would otherwise redirect to.
func withSlash(path string) string {
	if strings.HasSuffix(path, "/") {
		return path
	}
	return path + "/"
}

// Endpoints returns every value that Resource.Endpoint can have.
func Endpoints() []string {
	labels := []string{outside, unknown, throttle}
	for _, version := range oldVersions {
		labels = append(labels, versionLabel(version))
	}
	for _, e := range catalog.All() {
		if !strings.HasSuffix(e.Path, "/"+throttle+"/") { // that has its own label
			labels = append(labels, e.Path)
		}
	}
	return labels
}
