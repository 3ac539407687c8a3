package config

import (
	"log/slog"
	"strings"
)

// redacted stands where a secret would.
const redacted = "[redacted]"

// Secret is a value that hides itself wherever it is printed: with any verb of
// fmt, as text, in JSON and in slog. It is a pointer inside, because fmt prints
// unexported fields without asking their methods, and of a nested pointer it
// prints the address. The zero Secret is unset.
type Secret struct{ value *string }

// NewSecret returns a Secret that hides value. The empty string is unset.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{&value}
}

// Reveal returns the value, "" if unset.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet reports whether there is a value.
func (s Secret) IsSet() bool { return s.value != nil }

// String returns "[redacted]", or "" if unset.
func (s Secret) String() string {
	if !s.IsSet() {
		return ""
	}
	return redacted
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return "config.Secret(" + s.String() + ")" }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from encoders, that of JSON among them.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the value. There is no error.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}

// withoutUserinfo hides what may be a name and password in a URL, also in one
// that does not parse and in a list of several.
func withoutUserinfo(value string) string {
	end := strings.LastIndexByte(value, '@')
	if end < 0 {
		return value
	}
	start := strings.Index(value, "://")
	if start < 0 || start > end {
		return redacted + value[end:]
	}
	return value[:start+len("://")] + redacted + value[end:]
}
