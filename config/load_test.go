package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"perigee/config"
)

// allUnset is what Dump says when nothing is set.
const allUnset = `PERIGEE_PROFILE=ll2
PERIGEE_UPSTREAM_URL=https://ll.thespacedevs.com
PERIGEE_UPSTREAM_TOKEN=
PERIGEE_UPSTREAM_TOKEN_FILE=
PERIGEE_LISTEN=:8080
PERIGEE_ADMIN_LISTEN=127.0.0.1:8081
PERIGEE_ADMIN_HOSTS=
PERIGEE_MAX_CONNECTIONS=4096
PERIGEE_SHUTDOWN_DELAY=2s
PERIGEE_PUBLIC_URL=
PERIGEE_LINKS=rewrite
PERIGEE_TRUSTED_PROXIES=
PERIGEE_CACHE_SIZE=256MiB
PERIGEE_DATA_DIR=/home/me/.cache/perigee
PERIGEE_DATA_SIZE=1GiB
PERIGEE_VALKEY_URL=
PERIGEE_VALKEY_PASSWORD_FILE=
PERIGEE_VALKEY_CA_FILE=
PERIGEE_VALKEY_TIMEOUT=250ms
PERIGEE_OFFLINE=false
PERIGEE_TTL=1h
PERIGEE_TTL_RULES=/2.*/config/*=1d,/2.*/launch*/upcoming/*=15m,/2.*/event*/upcoming/*=15m
PERIGEE_TTL_FLOOR=1m
PERIGEE_STALE_WHILE_REVALIDATE=1h
PERIGEE_STALE_IF_ERROR=1w
PERIGEE_RELOAD_INTERVAL=1m
PERIGEE_QUOTA=auto
PERIGEE_QUOTA_RESERVE=1
PERIGEE_QUOTA_WAIT=8s
PERIGEE_RATELIMIT_HEADERS=on
PERIGEE_CLIENT_KEYS_FILE=
PERIGEE_CLIENT_KEYS=optional
PERIGEE_WINDOW=100
PERIGEE_WINDOW_DETAILED=100
PERIGEE_MOVE_TIME_BOUNDS=on
PERIGEE_UNKNOWN_PARAMS=drop
PERIGEE_CORS_ORIGINS=*
PERIGEE_UPSTREAM_TIMEOUT=20s
PERIGEE_MAX_BODY=32MiB
PERIGEE_LOG_LEVEL=info
PERIGEE_LOG_FORMAT=text
`

func TestLoadDefaults(t *testing.T) {
	// The env package would take a nil environment for the process's own.
	t.Setenv("PERIGEE_TTL", "5h")
	tests := []struct {
		name    string
		environ []string
	}{
		{"nothing set", nil},
		{"set but empty", []string{"PERIGEE_TTL=", "PERIGEE_TTL_RULES=", "PERIGEE_PUBLIC_URL=", "PERIGEE_UPSTREAM_TOKEN="}},
		{"set but blank", []string{"PERIGEE_TTL= \t", "PERIGEE_LINKS=\r"}},
		{"entries that are none", []string{"=x", "", "PERIGEE_TTL", "0_=x", "TTL=3h"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, warnings, err := config.Load(append(tt.environ, "HOME=/home/me"))
			if err != nil || len(warnings) != 0 {
				t.Fatalf("Load: %v, warnings %v", err, warnings)
			}
			if got := c.Dump(); got != allUnset {
				t.Errorf("Dump:\n%s\nwant:\n%s", got, allUnset)
			}
		})
	}
}

func TestLoadValues(t *testing.T) {
	tests := []struct {
		entry string // what is set
		want  string // how Dump shows it
	}{
		{"PERIGEE_UPSTREAM_URL=HTTP://LLDEV.TheSpaceDevs.com:8000/", "http://lldev.thespacedevs.com:8000"},
		{"PERIGEE_UPSTREAM_URL=http://[::1]:9", "http://[::1]:9"},
		{"PERIGEE_LISTEN=[::1]:0", "[::1]:0"},
		{"PERIGEE_LISTEN=localhost:80", "localhost:80"},
		{"PERIGEE_ADMIN_LISTEN=[fe80::1%eth0]:81", "[fe80::1%eth0]:81"},
		{"PERIGEE_PUBLIC_URL=https://example.org/ll2//", "https://example.org/ll2"},
		{"PERIGEE_ADMIN_HOSTS=Perigee, perigee.ops.svc,[2001:db8::1]", "perigee,perigee.ops.svc,2001:db8::1"},
		{"PERIGEE_ADMIN_HOSTS=*", "*"},
		{"PERIGEE_LINKS=Keep", "keep"},
		{"PERIGEE_TRUSTED_PROXIES=10.1.2.3/8, ::1,192.0.2.7,::ffff:192.0.2.8", "10.0.0.0/8,::1/128,192.0.2.7/32,192.0.2.8/32"},
		{"PERIGEE_CACHE_SIZE=1500 MB\r", "1500MB"},
		{"PERIGEE_CACHE_SIZE=256M", "256MB"},
		{"PERIGEE_VALKEY_URL=redis://host", "redis://host"},
		{"PERIGEE_VALKEY_URL=rediss://[::1]:6380/2", "rediss://[::1]:6380/2"},
		{"PERIGEE_VALKEY_URL=unix:///run/valkey.sock", "unix:///run/valkey.sock"},
		{"PERIGEE_VALKEY_TIMEOUT=1s", "1s"},
		{"PERIGEE_OFFLINE=true", "true"},
		{"PERIGEE_OFFLINE=On", "true"},
		{"PERIGEE_OFFLINE=off", "false"},
		{"PERIGEE_TTL=1d12h", "1d12h"},
		{"PERIGEE_TTL_RULES=/a=b/*=1h30m , *=1w", "/a=b/*=1h30m,*=1w"},
		{"PERIGEE_TTL_RULES=off", "off"},
		{"PERIGEE_TTL_FLOOR=0", "0s"},
		{"PERIGEE_STALE_IF_ERROR=0", "0s"},
		{"PERIGEE_CORS_ORIGINS=off", "off"},
		{"PERIGEE_CORS_ORIGINS=https://example.org, capacitor://localhost,http://[::1]:3000", "https://example.org,capacitor://localhost,http://[::1]:3000"},
		{"PERIGEE_MAX_BODY=65536", "64KiB"},
		{"PERIGEE_LOG_LEVEL=WARN", "warn"},
		{"PERIGEE_LOG_FORMAT=json", "json"},
		{"PERIGEE_UNKNOWN_PARAMS=keep", "keep"},
	}
	for _, tt := range tests {
		t.Run(tt.entry, func(t *testing.T) {
			c, _, err := config.Load([]string{tt.entry})
			if err != nil {
				t.Fatal(err)
			}
			name, _, _ := strings.Cut(tt.entry, "=")
			if got, want := c.Dump(), name+"="+tt.want+"\n"; !strings.Contains(got, want) {
				t.Errorf("Dump:\n%s\nwant in it: %s", got, want)
			}
			again, _, err := config.Load(strings.Split(c.Dump(), "\n"))
			if err != nil {
				t.Fatalf("Load of the dump: %v", err)
			}
			if !reflect.DeepEqual(again, c) {
				t.Errorf("Load of the dump:\n%s\nwant:\n%s", again.Dump(), c.Dump())
			}
		})
	}
}

func TestLoadTakesTheFirstOfAName(t *testing.T) {
	c, _, err := config.Load([]string{"PERIGEE_LINKS=keep", "PERIGEE_LINKS=rewrite"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Links != config.LinksKeep {
		t.Errorf("Links = %q, want %q", c.Links, config.LinksKeep)
	}
}

// TestLoadTakesTwoFreePorts: port 0 is another port each time.
func TestLoadTakesTwoFreePorts(t *testing.T) {
	_, _, err := config.Load([]string{"PERIGEE_LISTEN=127.0.0.1:0", "PERIGEE_ADMIN_LISTEN=127.0.0.1:0"})
	if err != nil {
		t.Errorf("Load: %v", err)
	}
}

func TestLoadTypes(t *testing.T) {
	c, _, err := config.Load([]string{"PERIGEE_TTL_RULES=/x/*=2m", "PERIGEE_CORS_ORIGINS=off"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.TTLRules, (config.TTLRules{{Pattern: "/x/*", TTL: 120e9}}); !slices.Equal(got, want) {
		t.Errorf("TTLRules = %v, want %v", got, want)
	}
	if len(c.CORSOrigins) != 0 {
		t.Errorf("CORSOrigins = %q, want none", []string(c.CORSOrigins))
	}
	if c.PublicURL != nil {
		t.Errorf("PublicURL = %v, want nil", c.PublicURL)
	}
}

func TestLoadTokenFromFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(knownToken+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, err := config.Load([]string{"PERIGEE_UPSTREAM_TOKEN_FILE=" + path})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.UpstreamToken.Reveal(); got != knownToken {
		t.Errorf("UpstreamToken = %q, want %q", got, knownToken)
	}
}

// TestFaultsAreErrors: cmd tells wrong settings from everything else by type.
func TestFaultsAreErrors(t *testing.T) {
	_, _, err := config.Load([]string{"PERIGEE_TTL=x"})
	var faults config.Faults
	if !errors.As(err, &faults) || len(faults) != 1 {
		t.Fatalf("error %v is no Faults of one", err)
	}
	var fault config.Fault
	if !errors.As(err, &fault) || fault.Variable != "PERIGEE_TTL" {
		t.Errorf("errors.As finds %+v, want the fault of PERIGEE_TTL", fault)
	}
}

// FuzzLoad: whatever a setting says, it is refused with a reason, or what Dump
// says of it means the same again.
func FuzzLoad(f *testing.F) {
	for _, s := range config.Table() {
		f.Add(s.Name, s.Default)
	}
	f.Add("PERIGEE_UPSTREAM_URL", "HTTP://[::1]:80/")
	f.Add("PERIGEE_TRUSTED_PROXIES", "::ffff:1.2.3.4, fe80::/10")
	f.Add("PERIGEE_TTL_RULES", "*=1s,/a=b=2w")
	f.Fuzz(func(t *testing.T, name, value string) {
		if strings.HasPrefix(name, "PERIGEE_UPSTREAM_TOKEN") || strings.Contains(name, "=") {
			return // a file, or a secret, which Dump does not show
		}
		c, _, err := config.Load([]string{name + "=" + value})
		if err != nil {
			var faults config.Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Errorf("Load of %s=%q: %v, which is no Faults", name, value, err)
			}
			return
		}
		again, _, err := config.Load(strings.Split(c.Dump(), "\n"))
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Errorf("Load of %s=%q gives\n%s\nof which Load gives %v", name, value, c.Dump(), err)
		}
	})
}
