package config

import (
	"log/slog"
	"net/url"

	"perigee/cache/valkey"
)

// ValkeyURL names a Valkey or Redis server. It may hold passwords, and shows
// itself without them wherever it is printed. The zero ValkeyURL is unset.
type ValkeyURL struct {
	secret Secret
	// What the rules of other settings want to know of it.
	overTLS, hasPassword bool
}

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

// UnmarshalText takes a URL of one of the forms of valkey.ParseURL. The error holds
// nothing of it.
func (v *ValkeyURL) UnmarshalText(text []byte) error {
	server, err := valkey.ParseURL(string(text))
	if err != nil {
		return err
	}
	v.secret, v.overTLS, v.hasPassword = NewSecret(string(text)), server.TLS(), server.HasPassword()
	return nil
}
