package config

import (
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ValkeyURL names a Valkey or Redis server. It may hold passwords, and shows
// itself without them wherever it is printed. The zero ValkeyURL is unset.
type ValkeyURL struct{ secret Secret }

// Reveal returns the URL with all that is in it, "" if unset.
func (v ValkeyURL) Reveal() string { return v.secret.Reveal() }

// IsSet reports whether there is one.
func (v ValkeyURL) IsSet() bool { return v.secret.IsSet() }

// String returns the URL with "[redacted]" for the user and password and for
// the parameters, "" if unset.
func (v ValkeyURL) String() string {
	if !v.IsSet() {
		return ""
	}
	u, err := url.Parse(v.Reveal())
	if err != nil {
		return redacted
	}
	text := u.Scheme + "://"
	if u.User != nil {
		text += redacted + "@"
	}
	text += u.Host + u.Path
	if u.RawQuery != "" {
		text += "?" + redacted
	}
	return text
}

// GoString hides the secrets from %#v.
func (v ValkeyURL) GoString() string { return "config.ValkeyURL(" + v.String() + ")" }

// LogValue implements slog.LogValuer.
func (v ValkeyURL) LogValue() slog.Value { return slog.StringValue(v.String()) }

// MarshalText hides the secrets from encoders, that of JSON among them.
func (v ValkeyURL) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText takes a URL of one of the forms. The error holds nothing of it.
func (v *ValkeyURL) UnmarshalText(text []byte) error {
	if err := checkValkeyURL(string(text)); err != nil {
		return err
	}
	v.secret = NewSecret(string(text))
	return nil
}

var (
	errValkeyScheme = errors.New("does not begin with redis://, rediss:// or unix://")
	errValkeyDB     = errors.New("has a path that is not the number of a database, which a Cluster does not have")
	errValkeyQuery  = errors.New("has other parameters than addr and, with master_name, username and password")
	errValkeySocket = errors.New("is not unix:// and the path of a socket")
)

// checkValkeyURL says what is wrong with the form of a URL.
func checkValkeyURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Fragment != "" || u.Opaque != "" {
		return errURLForm
	}
	query, err := url.ParseQuery(u.RawQuery)
	switch {
	case err != nil:
		return errValkeyQuery
	case u.Scheme == "unix" && (u.Host != "" || u.Path == "" || u.RawQuery != ""):
		return errValkeySocket
	case u.Scheme == "unix":
		return nil
	case u.Scheme != "redis" && u.Scheme != "rediss":
		return errValkeyScheme
	}
	return checkValkeyServers(u, query)
}

// checkValkeyServers says what is wrong with one server, a Cluster (addr) or
// Sentinels (master_name).
func checkValkeyServers(u *url.URL, query url.Values) error {
	allowed := []string{"addr"}
	if query.Has("master_name") {
		allowed = append(allowed, "master_name", "username", "password")
	}
	for name, values := range query {
		if !slices.Contains(allowed, name) || name != "addr" && len(values) > 1 {
			return errValkeyQuery
		}
	}
	for _, host := range append([]string{u.Host}, query["addr"]...) {
		if at := (&url.URL{Host: host}); !isHost(at.Hostname()) {
			return errURLHost
		} else if at.Port() != "" && (!isPort(at.Port()) || strings.Trim(at.Port(), "0") == "") {
			return errURLPort
		}
	}
	db := strings.Trim(u.Path, "/")
	if _, err := strconv.ParseUint(db, 10, 16); db != "" && (err != nil || query.Has("addr") && !query.Has("master_name")) {
		return errValkeyDB
	}
	return nil
}

// hasPassword reports whether the URL holds the password of the server. With
// Sentinels the one before the host is theirs.
func (v ValkeyURL) hasPassword() bool {
	u, err := url.Parse(v.Reveal())
	if err != nil {
		return false
	}
	if query := u.Query(); query.Has("master_name") {
		return query.Has("password")
	}
	_, set := u.User.Password()
	return set
}
