package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"perigee/config"
)

// knownToken is what the tests search every output for.
const knownToken = "5ecr3t0123456789abcdef0123456789abcdef01"

// TestSecretsAreNeverShown prints a config that holds a token in every way there
// is to print one.
func TestSecretsAreNeverShown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte("p"+knownToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, err := config.Load([]string{
		"PERIGEE_UPSTREAM_TOKEN=" + knownToken, "PERIGEE_VALKEY_PASSWORD_FILE=" + path,
		"PERIGEE_VALKEY_URL=redis://" + knownToken + ":" + knownToken + "@host?master_name=" + knownToken,
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.UpstreamToken.Reveal() != knownToken {
		t.Fatal("the token did not arrive: the test would prove nothing")
	}
	if !strings.Contains(c.ValkeyURL.Reveal(), knownToken) || c.ValkeyPassword.Reveal() != "p"+knownToken {
		t.Fatal("the URL or the password did not arrive: the test would prove nothing")
	}
	for name, output := range outputs(t, c) {
		if strings.Contains(output, knownToken) || strings.Contains(output, fmt.Sprintf("%x", knownToken)) {
			t.Errorf("%s shows the token:\n%s", name, output)
		}
	}
	if got := c.Dump(); !strings.Contains(got, "PERIGEE_UPSTREAM_TOKEN=[redacted]\n") {
		t.Errorf("Dump does not show that there is a token:\n%s", got)
	}
}

// outputs prints c in many ways, by name of the way.
func outputs(t *testing.T, c *config.Config) map[string]string {
	t.Helper()
	// fmt reads unexported fields without asking the methods of their types.
	inside := struct {
		c *config.Config
		s config.Secret
	}{c, c.UpstreamToken}
	all := map[string]string{"Dump": c.Dump()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		all[verb+" of the Config"] = fmt.Sprintf(verb, *c)
		all[verb+" of its address"] = fmt.Sprintf(verb, c)
		all[verb+" of the Secret"] = fmt.Sprintf(verb, c.UpstreamToken)
		all[verb+" of the URL"] = fmt.Sprintf(verb, c.ValkeyURL)
		all[verb+" of the password file"] = fmt.Sprintf(verb, c.ValkeyPassword)
		all[verb+" of unexported fields"] = fmt.Sprintf(verb, inside)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	all["JSON"] = string(text)
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).Info("settings", "config", c, "copy", *c, "token", c.UpstreamToken)
		all[name] = b.String()
	}
	return all
}

// TestFaultsNeverShowSecrets puts a token, or a password, where it may end up by
// mistake.
func TestFaultsNeverShowSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("Token "+knownToken), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []string{
		"PERIGEE_UPSTREAM_TOKEN=Token " + knownToken,
		"PERIGEE_UPSTREAM_TOKEN_FILE=" + knownToken,
		"PERIGEE_UPSTREAM_TOKEN_FILE=" + path,
		"PERIGEE_UPSTREAM_TOKN=" + knownToken,
		"PERIGEE_UPSTREAM_URL=https://user:" + knownToken + "@example.org",
		"PERIGEE_UPSTREAM_URL=https://user:%zz" + knownToken + "@example.org",
		"PERIGEE_UPSTREAM_URL=user:" + knownToken + "@example.org",
		"PERIGEE_UPSTREAM_URL=" + knownToken + "@x://example.org",
		"PERIGEE_PUBLIC_URL=https://" + knownToken + "@example.org/",
		"PERIGEE_VALKEY_URL=redis://:" + knownToken + "@",
		"PERIGEE_VALKEY_URL=redis://:%zz" + knownToken + "@example.org",
		"PERIGEE_VALKEY_URL=" + knownToken,
		"PERIGEE_VALKEY_URL=redis://example.org?password=" + knownToken,
		"PERIGEE_VALKEY_PASSWORD_FILE=" + knownToken,
		"PERIGEE_CORS_ORIGINS=https://x,https://" + knownToken + "@example.org",
		"PERIGEE_CORS_ORIGINS=https://a:" + knownToken + "@x,https://a:" + knownToken + "@x",
	}
	for _, entry := range tests {
		t.Run(entry, func(t *testing.T) {
			_, warnings, err := config.Load([]string{entry})
			if err == nil && len(warnings) == 0 {
				t.Fatal("neither a fault nor a warning: the test would prove nothing")
			}
			output := fmt.Sprintf("%v\n%+v\n%#v\n%v", err, err, err, warnings)
			if strings.Contains(output, knownToken) {
				t.Errorf("the token is shown:\n%s", output)
			}
		})
	}
}

func TestSecretShowsThatItIsSet(t *testing.T) {
	text, err := json.Marshal(config.NewSecret(knownToken))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ way, got, want string }{
		{"%v", fmt.Sprintf("%v", config.NewSecret(knownToken)), "[redacted]"},
		{"%#v", fmt.Sprintf("%#v", config.NewSecret(knownToken)), "config.Secret([redacted])"},
		{"JSON", string(text), `"[redacted]"`},
		{"slog", config.NewSecret(knownToken).LogValue().String(), "[redacted]"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s shows %s, want %s", tt.way, tt.got, tt.want)
		}
	}
}

func TestSecretUnset(t *testing.T) {
	var s config.Secret
	if s.IsSet() || s.Reveal() != "" || s.String() != "" {
		t.Errorf("the zero Secret: IsSet %t, Reveal %q, String %q; want unset and empty", s.IsSet(), s.Reveal(), s.String())
	}
	if got := config.NewSecret(""); got.IsSet() {
		t.Error("NewSecret of nothing is set")
	}
}
