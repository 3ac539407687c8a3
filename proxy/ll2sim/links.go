package ll2sim

import (
	"strings"

	"perigee/proxy/ll2sim/drf"
)

// baseURL begins every link: a scheme and a host.
func baseURL(o Options, host string) string {
	switch {
	case o.BaseURL != "":
		return strings.TrimSuffix(o.BaseURL, "/")
	case o.HTTPS:
		return "https://" + host
	default:
		return "http://" + host
	}
}

// linkWriter writes out the links in a body.
type linkWriter struct {
	base    string
	version string // of the API, by which the paths are named
	suffix  string // of the links to the API
}

// write returns the URL of a drf.Link or drf.Media.
func (w linkWriter) write(to any) string {
	if l, ok := to.(drf.Link); ok {
		return w.base + pathIn(w.version, string(l)) + w.suffix
	}
	file, _ := to.(drf.Media)
	return w.base + string(file)
}
