package upstream

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// target returns the URL at base whose request target is exactly path and query.
func target(base *url.URL, path, query string) (*url.URL, error) {
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return nil, fmt.Errorf("path: %w", err)
	}
	u := &url.URL{Path: decoded, RawPath: path, RawQuery: query}
	// net/url takes RawPath only if it is a valid encoding of Path, and escapes Path
	// anew if not. Upstream would then be asked for something else.
	if u.EscapedPath() != path {
		return nil, fmt.Errorf("path %.200q is not in escaped form", path)
	}
	return rebase(base, u)
}

// rebase returns u at base, reduced to path and query.
func rebase(base, u *url.URL) (*url.URL, error) {
	// Without the slash, host and path would run together in the absolute form that
	// a forward proxy is sent.
	if !strings.HasPrefix(u.Path, "/") {
		return nil, errors.New("path does not begin with a slash")
	}
	// A blank would end the request target, a control character the line.
	if strings.ContainsFunc(u.RawQuery, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return nil, errors.New("query contains blanks or control characters")
	}
	return &url.URL{
		Scheme: base.Scheme, Host: base.Host,
		Path: u.Path, RawPath: u.RawPath,
		RawQuery: u.RawQuery, ForceQuery: u.ForceQuery,
	}, nil
}
