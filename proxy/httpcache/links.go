package httpcache

import (
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
)

// links leads references to upstream's own address back here. Upstream is asked by
// that address and can write no other; clients may not reach it, and past the cache
// they should not. The zero value of the pointer leaves all references alone.
type links struct {
	scheme, host string // of upstream
	base         string // put in their place; "": references are to a path, of whatever the client calls us
	log          *slog.Logger
	warned       atomic.Bool
}

func newLinks(o Options) *links {
	if o.KeepLinks {
		return nil
	}
	l := &links{scheme: strings.ToLower(o.UpstreamURL.Scheme), log: o.Logger}
	l.host = authority(l.scheme, o.UpstreamURL.Host)
	if o.PublicURL != nil {
		l.base = strings.TrimSuffix(o.PublicURL.String(), "/")
	}
	return l
}

// authority is a host with its port, in one form.
func authority(scheme, host string) string {
	host = strings.ToLower(host)
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	port := ":80"
	if scheme == "https" {
		port = ":443"
	}
	return strings.TrimSuffix(host, ":") + port
}

// rewrite changes the fields of an answer that lead to upstream. The values are
// replaced, never written into.
func (l *links) rewrite(header http.Header) {
	if l == nil {
		return
	}
	for _, name := range [...]string{"Location", "Content-Location"} {
		if values := header[name]; len(values) == 1 {
			if back, ok := l.back(values[0]); ok {
				header[name] = []string{back}
			}
		}
	}
	if values := header["Link"]; values != nil {
		rewritten := make([]string, len(values))
		for i, value := range values {
			rewritten[i] = l.linkField(value)
		}
		header["Link"] = rewritten
	}
}

// linkField changes the references of a Link field (RFC 8288, section 3): what stands
// between angle brackets, outside quotes.
func (l *links) linkField(value string) string {
	var b strings.Builder
	for i := 0; i < len(value); {
		n := 1
		switch value[i] {
		case '"':
			n = quoted(value[i:])
		case '<':
			if end := strings.IndexByte(value[i:], '>'); end > 0 {
				if back, ok := l.back(value[i+1 : i+end]); ok {
					b.WriteString("<" + back + ">")
					i += end + 1
					continue
				}
				n = end + 1
			}
		}
		b.WriteString(value[i : i+n])
		i += n
	}
	return b.String()
}

// quoted is the length of the quoted string that s begins with, or 1 if it does not end.
func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return 1
}

// back returns where a reference to upstream leads here, false if it is to elsewhere.
// One to upstream's other scheme is left alone: that is where upstream wants to be
// asked, and here it would be asked as before, and redirect again.
func (l *links) back(reference string) (string, bool) {
	u, err := url.Parse(reference)
	if err != nil || u.Host == "" || u.User != nil {
		return "", false
	}
	if scheme := strings.ToLower(u.Scheme); scheme != "" && scheme != l.scheme {
		if strings.EqualFold(u.Hostname(), hostname(l.host)) && l.warned.CompareAndSwap(false, true) {
			l.log.Warn("upstream refers to itself by another scheme: PERIGEE_UPSTREAM_URL may have the wrong one", "reference", scheme, "configured", l.scheme)
		}
		return "", false
	}
	if authority(l.scheme, u.Host) != l.host {
		return "", false
	}
	_, rest, _ := strings.Cut(reference, "//")
	if i := strings.IndexAny(rest, `/?#\`); i >= 0 {
		rest = rest[i:]
	} else {
		rest = ""
	}
	if !strings.HasPrefix(rest, "/") {
		rest = "/" + rest
	}
	if l.base == "" && len(rest) > 1 && strings.IndexByte(`/\`, rest[1]) >= 0 {
		rest = "/." + rest // else it would be a reference to another host (RFC 3986, section 4.2)
	}
	return l.base + rest, true
}

func hostname(authority string) string {
	host, _, err := net.SplitHostPort(authority)
	if err != nil {
		return authority
	}
	return host
}
