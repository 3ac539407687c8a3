package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"perigee/config"
)

func TestValkeyURLShowsTheServer(t *testing.T) {
	tests := []struct{ url, want string }{
		{"rediss://user:5ecr3t@[::1]:6380/2", "rediss://[redacted]@[::1]:6380/2"},
		{"redis://:5ecr3t@a?addr=b&addr=c", "redis://[redacted]@a?[redacted]"},
		{"redis://host:1?addr=b:2&master_name=m&password=5ecr3t", "redis://host:1?[redacted]"},
		{"unix://:5ecr3t@/run/valkey.sock", "unix://[redacted]@/run/valkey.sock"},
	}
	for _, tt := range tests {
		c, _, err := config.Load([]string{"PERIGEE_VALKEY_URL=" + tt.url})
		if err != nil {
			t.Errorf("%s: %v", tt.url, err)
			continue
		}
		if got := c.ValkeyURL.String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.url, got, tt.want)
		}
		if got := c.ValkeyURL.Reveal(); got != tt.url {
			t.Errorf("%s: got %s revealed", tt.url, got)
		}
	}
}

func TestValkeyPasswordFile(t *testing.T) {
	tests := []struct{ content, password, problem string }{
		{"pass word\r\n", "pass word", ""},
		{"é", "é", ""},
		{"one\ntwo", "", "the file's content has more than one line, or a control character"},
		{"\n", "", "the file's content is empty"},
	}
	for _, tt := range tests {
		path := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
			t.Fatal(err)
		}
		c, _, err := config.Load([]string{"PERIGEE_VALKEY_URL=redis://host", "PERIGEE_VALKEY_PASSWORD_FILE=" + path})
		switch {
		case tt.problem != "":
			want := `PERIGEE_VALKEY_PASSWORD_FILE="` + path + `": ` + tt.problem + allowedPassword
			if err == nil || err.Error() != want {
				t.Errorf("%q: got error %v, want %s", tt.content, err, want)
			}
		case err != nil:
			t.Errorf("%q: %v", tt.content, err)
		case c.ValkeyPassword.Reveal() != tt.password || c.ValkeyPasswordFile != path:
			t.Errorf("%q: got %q from %q", tt.content, c.ValkeyPassword.Reveal(), c.ValkeyPasswordFile)
		}
	}
}

// authority is a certificate of an authority. What it vouches for is of no
// matter here.
const authority = `-----BEGIN CERTIFICATE-----
MIIBczCCARmgAwIBAgIUHHIK315LQiDrPrJyXsia5oP/040wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAeFw0yNjExMjUwMjU2MTNaFw0zNjExMjIwMjU2MTNa
MA8xDTALBgNVBAMMBHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAThTUv9
IG/7IaEb7NCagQ2dtfhU355BB9i8A9qXqtnUxzJ6Dt+K4qqCCbNGmfEs6LAF5lG8
glw0H1zjmsS93Gcwo1MwUTAdBgNVHQ4EFgQU2100ilIHS3Xl/gKJj77Sbp2zf0Aw
HwYDVR0jBBgwFoAU2100ilIHS3Xl/gKJj77Sbp2zf0AwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNIADBFAiEAhRA0zackafTlJm3vEcMKx3Cyl/NPMvhOBPZQ
CaDmaZMCIEa8J4ztB98ZvLM99Qby55c85OqZdzFNizIIAGjzkCGp
-----END CERTIFICATE-----
`

func TestValkeyCAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, []byte(authority), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, err := config.Load([]string{"PERIGEE_VALKEY_URL=rediss://host", "PERIGEE_VALKEY_CA_FILE=" + path})
	if err != nil {
		t.Fatal(err)
	}
	if c.ValkeyCAs == nil || c.ValkeyCAFile != path {
		t.Errorf("got %v from %q, want a pool", c.ValkeyCAs, c.ValkeyCAFile)
	}
}
