package config

import (
	"errors"
	"net/url"
	"strings"
)

// The errors of a URL never hold it: it may carry a password.
var (
	errURLForm     = errors.New("is not a URL")
	errURLScheme   = errors.New("does not begin with http:// or https://")
	errURLUserinfo = errors.New("has a user name or password")
	errURLHost     = errors.New("has no host, or one that is neither a name nor an address")
	errURLPort     = errors.New("has a port that is not a number from 1 to 65535")
	errURLQuery    = errors.New("has a query or a fragment")
	errURLPath     = errors.New("has a path of other characters than letters, digits and / . - _ ~")
)

// parseURL reads an absolute http or https URL of a host and perhaps a path.
// Scheme and host come back in lower case, and the path without a slash at its
// end. The error is a clause that follows the value.
func parseURL(text string) (url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return url.URL{}, errURLForm
	case u.Scheme != "http" && u.Scheme != "https":
		return url.URL{}, errURLScheme
	case u.User != nil:
		return url.URL{}, errURLUserinfo
	case strings.ContainsAny(text, "?#"):
		return url.URL{}, errURLQuery
	case !isHost(u.Hostname()) || strings.Contains(u.Hostname(), "%"):
		return url.URL{}, errURLHost
	case strings.HasSuffix(u.Host, ":"), u.Port() != "" && (!isPort(u.Port()) || strings.Trim(u.Port(), "0") == ""):
		return url.URL{}, errURLPort
	case strings.Trim(u.EscapedPath(), plainPath) != "":
		return url.URL{}, errURLPath
	}
	return url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host), Path: strings.TrimRight(u.Path, "/")}, nil
}

// plainPath are the characters of a path that never need escaping, neither in a
// URL nor in JSON nor in HTML.
const plainPath = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/.-_~"
