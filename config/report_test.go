package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"perigee/config"
)

// What is allowed, as the messages end with it.
const (
	allowedURL      = "; allowed: an http or https URL of a host alone"
	allowedPublic   = "; allowed: an http or https URL without a query"
	allowedToken    = "; allowed: the token alone, of visible ASCII characters"
	allowedFile     = "; allowed: a readable file that holds the token alone"
	allowedListen   = "; allowed: host:port or :port"
	allowedAdmin    = "; allowed: host:port or :port, other than PERIGEE_LISTEN"
	allowedProxies  = "; allowed: a comma list of CIDR prefixes and addresses"
	allowedCache    = "; allowed: a size from 1MiB"
	allowedBody     = "; allowed: a size from 64KiB to 1GiB"
	allowedTTL      = "; allowed: a duration from 1s"
	allowedRules    = "; allowed: a comma list of pattern=duration, each pattern beginning with / or * and each duration from 1s, or off"
	allowedFloor    = "; allowed: a duration, at most PERIGEE_TTL"
	allowedStale    = "; allowed: a duration; 0 is off"
	allowedHosts    = "; allowed: a comma list of host names and addresses without ports, or *"
	allowedOrigins  = "; allowed: *, or a comma list of origins such as https://example.org, or off"
	allowedTimeout  = "; allowed: a duration from 1ms"
	allowedValkey   = "; allowed: a redis, rediss or unix URL, with addr= for each further node of a Cluster or, with master_name=, each further Sentinel; in profile ll2 alone"
	allowedPassword = "; allowed: a readable file that holds the password alone"
	allowedCA       = "; allowed: a readable file of certificates in PEM, with a rediss URL"
	allowedWait     = "; allowed: a duration from 10ms to 5s"
	allowedLogLevel = "; allowed: debug, info, warn or error"
)

// TestLoadBad has a row for every rule, with the exact message.
func TestLoadBad(t *testing.T) {
	tests := []struct {
		environ string // entries, one a line
		want    string // faults, one a line
	}{
		{"PERIGEE_UPSTREAM_URL=ll.thespacedevs.com", `PERIGEE_UPSTREAM_URL="ll.thespacedevs.com": does not begin with http:// or https://` + allowedURL},
		{"PERIGEE_UPSTREAM_URL=ftp://x", `PERIGEE_UPSTREAM_URL="ftp://x": does not begin with http:// or https://` + allowedURL},
		{"PERIGEE_UPSTREAM_URL=http://x:y", `PERIGEE_UPSTREAM_URL="http://x:y": is not a URL` + allowedURL},
		{"PERIGEE_UPSTREAM_URL=http://x:0", `PERIGEE_UPSTREAM_URL="http://x:0": has a port that is not a number from 1 to 65535` + allowedURL},
		{"PERIGEE_UPSTREAM_URL=http://x:65536", `PERIGEE_UPSTREAM_URL="http://x:65536": has a port that is not a number from 1 to 65535` + allowedURL},
		{"PERIGEE_UPSTREAM_URL=http://x:", `PERIGEE_UPSTREAM_URL="http://x:": has a port that is not a number from 1 to 65535` + allowedURL},
		{"PERIGEE_UPSTREAM_URL=https://", `PERIGEE_UPSTREAM_URL="https://": has no host, or one that is neither a name nor an address` + allowedURL},
		{"PERIGEE_UPSTREAM_URL=https:///path", `PERIGEE_UPSTREAM_URL="https:///path": has no host, or one that is neither a name nor an address` + allowedURL},
		{`PERIGEE_UPSTREAM_URL=https://a"b`, `PERIGEE_UPSTREAM_URL="https://a\"b": has no host, or one that is neither a name nor an address` + allowedURL},
		{"PERIGEE_UPSTREAM_URL=http://[fe80::1%25eth0]", `PERIGEE_UPSTREAM_URL="http://[fe80::1%25eth0]": has no host, or one that is neither a name nor an address` + allowedURL},
		{"PERIGEE_UPSTREAM_URL=https://x/2.3.0/", `PERIGEE_UPSTREAM_URL="https://x/2.3.0/": has a path` + allowedURL},
		{"PERIGEE_UPSTREAM_URL=https://x?a=b", `PERIGEE_UPSTREAM_URL="https://x?a=b": has a query or a fragment` + allowedURL},
		{"PERIGEE_UPSTREAM_URL=https://x/#", `PERIGEE_UPSTREAM_URL="https://x/#": has a query or a fragment` + allowedURL},
		{"PERIGEE_UPSTREAM_URL=https://user:pass@x", `PERIGEE_UPSTREAM_URL="https://[redacted]@x": has a user name or password` + allowedURL},
		{"PERIGEE_PUBLIC_URL=/ll2", `PERIGEE_PUBLIC_URL="/ll2": does not begin with http:// or https://` + allowedPublic},
		{"PERIGEE_PUBLIC_URL=https://x/?", `PERIGEE_PUBLIC_URL="https://x/?": has a query or a fragment` + allowedPublic},
		{`PERIGEE_PUBLIC_URL=https://x/"/`, `PERIGEE_PUBLIC_URL="https://x/\"/": has a path of other characters than letters, digits and / . - _ ~` + allowedPublic},

		{"PERIGEE_UPSTREAM_TOKEN=Token 123", `PERIGEE_UPSTREAM_TOKEN=[redacted]: has a space, a control character or one outside ASCII` + allowedToken},
		{"PERIGEE_UPSTREAM_TOKEN=é", `PERIGEE_UPSTREAM_TOKEN=[redacted]: has a space, a control character or one outside ASCII` + allowedToken},
		{"PERIGEE_UPSTREAM_TOKEN=a\nPERIGEE_UPSTREAM_TOKEN_FILE=/b", `PERIGEE_UPSTREAM_TOKEN_FILE="/b": PERIGEE_UPSTREAM_TOKEN is set too, and only one may be` + allowedFile},
		{"PERIGEE_UPSTREAM_TOKEN_FILE=/no/such", `PERIGEE_UPSTREAM_TOKEN_FILE="/no/such": the file cannot be read: no such file or directory` + allowedFile},
		{"PERIGEE_UPSTREAM_TOKEN_FILE=/", `PERIGEE_UPSTREAM_TOKEN_FILE="/": the file cannot be read: is a directory` + allowedFile},
		{"PERIGEE_UPSTREAM_TOKEN_FILE=0123456789abcdef", `PERIGEE_UPSTREAM_TOKEN_FILE=[redacted]: the file cannot be read: no such file or directory` + allowedFile},

		{"PERIGEE_LISTEN=8080", `PERIGEE_LISTEN="8080": is not host:port or :port` + allowedListen},
		{"PERIGEE_LISTEN=:http", `PERIGEE_LISTEN=":http": has a port that is not a number from 0 to 65535` + allowedListen},
		{"PERIGEE_LISTEN=:", `PERIGEE_LISTEN=":": has a port that is not a number from 0 to 65535` + allowedListen},
		{"PERIGEE_LISTEN=a b:1", `PERIGEE_LISTEN="a b:1": has a host that is neither a name nor an address` + allowedListen},
		{"PERIGEE_ADMIN_LISTEN=off", `PERIGEE_ADMIN_LISTEN="off": is not host:port or :port` + allowedAdmin},
		{"PERIGEE_ADMIN_LISTEN=127.0.0.1:8080", `PERIGEE_ADMIN_LISTEN="127.0.0.1:8080": takes the port of PERIGEE_LISTEN=:8080` + allowedAdmin},
		{"PERIGEE_LISTEN=0.0.0.0:8081", `PERIGEE_ADMIN_LISTEN="127.0.0.1:8081" (the default): takes the port of PERIGEE_LISTEN=0.0.0.0:8081` + allowedAdmin},
		{"PERIGEE_LISTEN=127.0.0.1:8081", `PERIGEE_ADMIN_LISTEN="127.0.0.1:8081" (the default): takes the port of PERIGEE_LISTEN=127.0.0.1:8081` + allowedAdmin},

		{"PERIGEE_LINKS=sometimes", `PERIGEE_LINKS="sometimes": is none of the choices; allowed: rewrite or keep`},
		{"PERIGEE_UNKNOWN_PARAMS=refuse", `PERIGEE_UNKNOWN_PARAMS="refuse": is none of the choices; allowed: drop or keep`},
		{"PERIGEE_LOG_LEVEL=info+2", `PERIGEE_LOG_LEVEL="info+2": is none of the choices` + allowedLogLevel},
		{"PERIGEE_LOG_FORMAT=xml", `PERIGEE_LOG_FORMAT="xml": is none of the choices; allowed: text or json`},

		{"PERIGEE_TRUSTED_PROXIES=10.0.0.0/33", `PERIGEE_TRUSTED_PROXIES="10.0.0.0/33": has "10.0.0.0/33", which is neither a CIDR prefix nor an address` + allowedProxies},
		{"PERIGEE_TRUSTED_PROXIES=fe80::1%eth0", `PERIGEE_TRUSTED_PROXIES="fe80::1%eth0": has "fe80::1%eth0", which is neither a CIDR prefix nor an address` + allowedProxies},
		{"PERIGEE_TRUSTED_PROXIES=::ffff:10.0.0.0/104", `PERIGEE_TRUSTED_PROXIES="::ffff:10.0.0.0/104": has "::ffff:10.0.0.0/104", an IPv4 prefix that must be written as one` + allowedProxies},
		{"PERIGEE_TRUSTED_PROXIES=::1,,::1", `PERIGEE_TRUSTED_PROXIES="::1,,::1": has an empty element` + allowedProxies + "\n" +
			`PERIGEE_TRUSTED_PROXIES="::1,,::1": has "::1" twice` + allowedProxies},

		{"PERIGEE_CACHE_SIZE=1023KiB", `PERIGEE_CACHE_SIZE="1023KiB": is less than 1MiB` + allowedCache},
		{"PERIGEE_CACHE_SIZE=256Q", `PERIGEE_CACHE_SIZE="256Q": is not a size such as 64kB, 256MiB or 1GB, up to 1024 TiB` + allowedCache},
		{"PERIGEE_CACHE_SIZE=-1", `PERIGEE_CACHE_SIZE="-1": is not a size such as 64kB, 256MiB or 1GB, up to 1024 TiB` + allowedCache},
		{"PERIGEE_CACHE_SIZE=9999999999GiB", `PERIGEE_CACHE_SIZE="9999999999GiB": is not a size such as 64kB, 256MiB or 1GB, up to 1024 TiB` + allowedCache},
		{"PERIGEE_MAX_BODY=1kB", `PERIGEE_MAX_BODY="1kB": is less than 64KiB` + allowedBody},
		{"PERIGEE_MAX_BODY=2GB", `PERIGEE_MAX_BODY="2GB": is more than 1GiB` + allowedBody},

		{"PERIGEE_TTL=3600", `PERIGEE_TTL="3600": is not a duration such as 90s, 1h30m or 7d, up to 292 years` + allowedTTL},
		{"PERIGEE_TTL=-1h", `PERIGEE_TTL="-1h": is not a duration such as 90s, 1h30m or 7d, up to 292 years` + allowedTTL},
		{"PERIGEE_TTL=1yr", `PERIGEE_TTL="1yr": is not a duration such as 90s, 1h30m or 7d, up to 292 years` + allowedTTL},
		{"PERIGEE_TTL=999999w", `PERIGEE_TTL="999999w": is not a duration such as 90s, 1h30m or 7d, up to 292 years` + allowedTTL},
		{"PERIGEE_TTL=999ms\nPERIGEE_TTL_FLOOR=0", `PERIGEE_TTL="999ms": is less than 1s` + allowedTTL},
		{"PERIGEE_TTL_FLOOR=2h", `PERIGEE_TTL_FLOOR="2h": is longer than PERIGEE_TTL=1h` + allowedFloor},
		{"PERIGEE_TTL=30s", `PERIGEE_TTL_FLOOR="1m" (the default): is longer than PERIGEE_TTL=30s` + allowedFloor},
		{"PERIGEE_STALE_WHILE_REVALIDATE=soon", `PERIGEE_STALE_WHILE_REVALIDATE="soon": is not a duration such as 90s, 1h30m or 7d, up to 292 years` + allowedStale},
		{"PERIGEE_QUOTA=15", `PERIGEE_QUOTA="15": is not of the form 15/1h; allowed: auto, requests/period such as 15/1h, or off`},
		{"PERIGEE_QUOTA_RESERVE=-1", `PERIGEE_QUOTA_RESERVE="-1": is less than 0; allowed: a number from 0 to 65536`},
		{"PERIGEE_QUOTA_RESERVE=65537", `PERIGEE_QUOTA_RESERVE="65537": is more than 65536; allowed: a number from 0 to 65536`},
		{"PERIGEE_QUOTA_RESERVE=1.5", `PERIGEE_QUOTA_RESERVE="1.5": is not a whole number; allowed: a number from 0 to 65536`},
		{"PERIGEE_QUOTA_WAIT=long", `PERIGEE_QUOTA_WAIT="long": is not a duration such as 90s, 1h30m or 7d, up to 292 years; allowed: a duration; 0 is not at all`},
		{"PERIGEE_RATELIMIT_HEADERS=yes", `PERIGEE_RATELIMIT_HEADERS="yes": is none of the choices; allowed: on or off`},
		{"PERIGEE_CLIENT_KEYS=required", `PERIGEE_CLIENT_KEYS="required": names no file of keys; allowed: optional, or required with PERIGEE_CLIENT_KEYS_FILE`},
		{"PERIGEE_DATA_SIZE=1kB", `PERIGEE_DATA_SIZE="1kB": is less than 1MiB; allowed: a size from 1MiB`},
		{"PERIGEE_OFFLINE=perhaps", `PERIGEE_OFFLINE="perhaps": is none of the choices; allowed: true or false`},
		{"PERIGEE_OFFLINE=true\nPERIGEE_PROFILE=http", `PERIGEE_OFFLINE="true": has nothing to serve with PERIGEE_PROFILE=http, whose cache does not survive a restart; allowed: true or false`},
		{"PERIGEE_OFFLINE=1\nPERIGEE_PROFILE=http", `PERIGEE_OFFLINE="1": is none of the choices; allowed: true or false`},
		{"PERIGEE_WINDOW=5", `PERIGEE_WINDOW="5": is not a number from 10 to 100; allowed: a number from 10 to 100, or off`},
		{"PERIGEE_WINDOW_DETAILED=many", `PERIGEE_WINDOW_DETAILED="many": is not a number from 10 to 100; allowed: a number from 10 to 100, or off`},
		{"PERIGEE_MOVE_TIME_BOUNDS=yes", `PERIGEE_MOVE_TIME_BOUNDS="yes": is none of the choices; allowed: on or off`},
		{"PERIGEE_RELOAD_INTERVAL=often", `PERIGEE_RELOAD_INTERVAL="often": is not a duration such as 90s, 1h30m or 7d, up to 292 years; allowed: a duration; 0 is as often as clients like`},
		{"PERIGEE_STALE_IF_ERROR=1.5.0h", `PERIGEE_STALE_IF_ERROR="1.5.0h": is not a duration such as 90s, 1h30m or 7d, up to 292 years` + allowedStale},
		{"PERIGEE_UPSTREAM_TIMEOUT=0", `PERIGEE_UPSTREAM_TIMEOUT="0": is less than 1ms` + allowedTimeout},

		{"PERIGEE_VALKEY_URL=redis:host", `PERIGEE_VALKEY_URL=[redacted]: is not a URL` + allowedValkey},
		{"PERIGEE_VALKEY_URL=http://host", `PERIGEE_VALKEY_URL=[redacted]: does not begin with redis://, rediss:// or unix://` + allowedValkey},
		{"PERIGEE_VALKEY_URL=redis://", `PERIGEE_VALKEY_URL=[redacted]: has no host, or one that is neither a name nor an address` + allowedValkey},
		{"PERIGEE_VALKEY_URL=redis://host?addr=", `PERIGEE_VALKEY_URL=[redacted]: has no host, or one that is neither a name nor an address` + allowedValkey},
		{"PERIGEE_VALKEY_URL=redis://host:0", `PERIGEE_VALKEY_URL=[redacted]: has a port that is not a number from 1 to 65535` + allowedValkey},
		{"PERIGEE_VALKEY_URL=redis://host/x", `PERIGEE_VALKEY_URL=[redacted]: has a path that is not the number of a database, which a Cluster does not have` + allowedValkey},
		{"PERIGEE_VALKEY_URL=redis://host/1?addr=b", `PERIGEE_VALKEY_URL=[redacted]: has a path that is not the number of a database, which a Cluster does not have` + allowedValkey},
		{"PERIGEE_VALKEY_URL=redis://host?max_retries=3", `PERIGEE_VALKEY_URL=[redacted]: has other parameters than addr and, with master_name, username and password` + allowedValkey},
		{"PERIGEE_VALKEY_URL=unix://path", `PERIGEE_VALKEY_URL=[redacted]: is not unix:// and the path of a socket` + allowedValkey},
		{"PERIGEE_PROFILE=http\nPERIGEE_VALKEY_URL=redis://host", `PERIGEE_VALKEY_URL=[redacted]: is not for PERIGEE_PROFILE=http, which shares nothing` + allowedValkey},
		{"PERIGEE_VALKEY_PASSWORD_FILE=/no/such", `PERIGEE_VALKEY_PASSWORD_FILE="/no/such": PERIGEE_VALKEY_URL is not set` + allowedPassword},
		{"PERIGEE_VALKEY_URL=redis://:p@host\nPERIGEE_VALKEY_PASSWORD_FILE=/no/such", `PERIGEE_VALKEY_PASSWORD_FILE="/no/such": PERIGEE_VALKEY_URL has a password too, and only one may be` + allowedPassword},
		{"PERIGEE_VALKEY_URL=redis://:p@host?master_name=m\nPERIGEE_VALKEY_PASSWORD_FILE=/no/such", `PERIGEE_VALKEY_PASSWORD_FILE="/no/such": the file cannot be read: no such file or directory` + allowedPassword},
		{"PERIGEE_VALKEY_URL=redis://host\nPERIGEE_VALKEY_PASSWORD_FILE=/", `PERIGEE_VALKEY_PASSWORD_FILE="/": the file cannot be read: is a directory` + allowedPassword},
		{"PERIGEE_VALKEY_URL=redis://host\nPERIGEE_VALKEY_PASSWORD_FILE=/dev/null", `PERIGEE_VALKEY_PASSWORD_FILE="/dev/null": the file's content is empty` + allowedPassword},
		{"PERIGEE_VALKEY_URL=redis://host\nPERIGEE_VALKEY_CA_FILE=/no/such", `PERIGEE_VALKEY_CA_FILE="/no/such": PERIGEE_VALKEY_URL is not rediss://` + allowedCA},
		{"PERIGEE_VALKEY_URL=rediss://host\nPERIGEE_VALKEY_CA_FILE=/no/such", `PERIGEE_VALKEY_CA_FILE="/no/such": the file cannot be read: no such file or directory` + allowedCA},
		{"PERIGEE_VALKEY_URL=rediss://host\nPERIGEE_VALKEY_CA_FILE=/dev/null", `PERIGEE_VALKEY_CA_FILE="/dev/null": the file has no certificates in PEM` + allowedCA},
		{"PERIGEE_VALKEY_TIMEOUT=9ms", `PERIGEE_VALKEY_TIMEOUT="9ms": is less than 10ms` + allowedWait},
		{"PERIGEE_VALKEY_TIMEOUT=5001ms", `PERIGEE_VALKEY_TIMEOUT="5001ms": is more than 5s` + allowedWait},

		{"PERIGEE_TTL_RULES=/x", `PERIGEE_TTL_RULES="/x": has "/x", which is not pattern=duration` + allowedRules},
		{"PERIGEE_TTL_RULES=x=1h", `PERIGEE_TTL_RULES="x=1h": has the pattern "x", which can match no path` + allowedRules},
		{"PERIGEE_TTL_RULES=/x?y=1h", `PERIGEE_TTL_RULES="/x?y=1h": has the pattern "/x?y", which can match no path` + allowedRules},
		{"PERIGEE_TTL_RULES=/x=", `PERIGEE_TTL_RULES="/x=": has the duration "", which is not a duration such as 90s, 1h30m or 7d, up to 292 years` + allowedRules},
		{"PERIGEE_TTL_RULES=/x=1", `PERIGEE_TTL_RULES="/x=1": has the duration "1", which is not a duration such as 90s, 1h30m or 7d, up to 292 years` + allowedRules},
		{"PERIGEE_TTL_RULES=/x=0", `PERIGEE_TTL_RULES="/x=0": has the duration "0", which is shorter than 1s` + allowedRules},
		{"PERIGEE_TTL_RULES=*=1h,*=2h", `PERIGEE_TTL_RULES="*=1h,*=2h": has two rules for "*", of which the second never applies` + allowedRules},

		{"PERIGEE_ADMIN_HOSTS=perigee:8081", `PERIGEE_ADMIN_HOSTS="perigee:8081": has "perigee:8081", which is neither a host name nor an address` + allowedHosts},
		{"PERIGEE_ADMIN_HOSTS=*,perigee", `PERIGEE_ADMIN_HOSTS="*,perigee": has * beside others` + allowedHosts},
		{"PERIGEE_CORS_ORIGINS=example.org", `PERIGEE_CORS_ORIGINS="example.org": has "example.org", which is not a lower-case scheme://host or scheme://host:port` + allowedOrigins},
		{"PERIGEE_CORS_ORIGINS=https://example.org/", `PERIGEE_CORS_ORIGINS="https://example.org/": has "https://example.org/", which is not a lower-case scheme://host or scheme://host:port` + allowedOrigins},
		{"PERIGEE_CORS_ORIGINS=https://Example.org", `PERIGEE_CORS_ORIGINS="https://Example.org": has "https://Example.org", which is not a lower-case scheme://host or scheme://host:port` + allowedOrigins},
		{"PERIGEE_CORS_ORIGINS=https://*.example.org", `PERIGEE_CORS_ORIGINS="https://*.example.org": has "https://*.example.org", which is not a lower-case scheme://host or scheme://host:port` + allowedOrigins},
		{"PERIGEE_CORS_ORIGINS=https://u:p@x", `PERIGEE_CORS_ORIGINS="https://[redacted]@x": has "https://[redacted]@x", which is not a lower-case scheme://host or scheme://host:port` + allowedOrigins},
		{"PERIGEE_CORS_ORIGINS=https://x:443", `PERIGEE_CORS_ORIGINS="https://x:443": has "https://x:443", whose port browsers leave out` + allowedOrigins},
		{"PERIGEE_CORS_ORIGINS=http://x:80", `PERIGEE_CORS_ORIGINS="http://x:80": has "http://x:80", whose port browsers leave out` + allowedOrigins},
		{"PERIGEE_CORS_ORIGINS=*,https://x", `PERIGEE_CORS_ORIGINS="*,https://x": has * beside others` + allowedOrigins},

		// A value that cannot be read is reported once: rules that involve it are silent.
		{"PERIGEE_TTL=x", `PERIGEE_TTL="x": is not a duration such as 90s, 1h30m or 7d, up to 292 years` + allowedTTL},
		{"PERIGEE_LISTEN=x", `PERIGEE_LISTEN="x": is not host:port or :port` + allowedListen},
		{"PERIGEE_MAX_BODY=x", `PERIGEE_MAX_BODY="x": is not a size such as 64kB, 256MiB or 1GB, up to 1024 TiB` + allowedBody},
	}
	for _, tt := range tests {
		t.Run(tt.environ, func(t *testing.T) {
			c, _, err := config.Load(strings.Split(tt.environ, "\n"))
			if err == nil {
				t.Fatalf("Load accepted it:\n%s", c.Dump())
			}
			if c != nil {
				t.Error("Load returned a Config beside the error")
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("error:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

// TestLoadTellsAllFaultsAtOnce: in the order of the settings, not of the
// environment, and what cannot be read beside what contradicts.
func TestLoadTellsAllFaultsAtOnce(t *testing.T) {
	_, _, err := config.Load([]string{
		"PERIGEE_LOG_LEVEL=loud", "PERIGEE_TTL_FLOOR=1d", "PERIGEE_CACHE_SIZE=big",
		"PERIGEE_UPSTREAM_TOKEN_FILE=/no/such", "PERIGEE_UPSTREAM_URL=x",
		"PERIGEE_TTL_RULES=a=1h,/b",
	})
	want := strings.Join([]string{
		`PERIGEE_UPSTREAM_URL="x": does not begin with http:// or https://` + allowedURL,
		`PERIGEE_UPSTREAM_TOKEN_FILE="/no/such": the file cannot be read: no such file or directory` + allowedFile,
		`PERIGEE_CACHE_SIZE="big": is not a size such as 64kB, 256MiB or 1GB, up to 1024 TiB` + allowedCache,
		`PERIGEE_TTL_RULES="a=1h,/b": has the pattern "a", which can match no path` + allowedRules,
		`PERIGEE_TTL_RULES="a=1h,/b": has "/b", which is not pattern=duration` + allowedRules,
		`PERIGEE_TTL_FLOOR="1d": is longer than PERIGEE_TTL=1h` + allowedFloor,
		`PERIGEE_LOG_LEVEL="loud": is none of the choices` + allowedLogLevel,
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
}

func TestLoadBadTokenFiles(t *testing.T) {
	tests := []struct{ name, content, want string }{
		{"empty", " \n", "the file's content is empty"},
		{"two words", "Token abc", "the file's content has a space, a control character or one outside ASCII"},
		{"two lines", "abc\ndef\n", "the file's content has a space, a control character or one outside ASCII"},
		{"not a token", strings.Repeat("x", 5000), "the file is longer than 4KiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, _, err := config.Load([]string{"PERIGEE_UPSTREAM_TOKEN_FILE=" + path})
			want := `PERIGEE_UPSTREAM_TOKEN_FILE="` + path + `": ` + tt.want + allowedFile
			if err == nil || err.Error() != want {
				t.Errorf("error:\n%v\nwant:\n%s", err, want)
			}
		})
	}
}
func TestWarnings(t *testing.T) {
	tests := []struct {
		name    string
		environ []string
		want    []string
	}{
		{"a slip of the finger", []string{"PERIGEE_TLL=1h"},
			[]string{"PERIGEE_TLL is not a setting and is ignored; the nearest known name is PERIGEE_TTL"}},
		{"a forgotten underscore", []string{"PERIGEE_TTLRULES=off"},
			[]string{"PERIGEE_TTLRULES is not a setting and is ignored; the nearest known name is PERIGEE_TTL_RULES"}},
		{"lower case", []string{"PERIGEE_cors_origin=off"},
			[]string{"PERIGEE_cors_origin is not a setting and is ignored; the nearest known name is PERIGEE_CORS_ORIGINS"}},
		{"letters too many", []string{"PERIGEE_THE_TTL=1h"},
			[]string{"PERIGEE_THE_TTL is not a setting and is ignored; the nearest known name is PERIGEE_TTL"}},
		{"several, sorted", []string{"PERIGEE_UPSTREAM_TOKEN_FIL=x", "PERIGEE_LOGLEVEL="}, []string{
			"PERIGEE_LOGLEVEL is not a setting and is ignored; the nearest known name is PERIGEE_LOG_LEVEL",
			"PERIGEE_UPSTREAM_TOKEN_FIL is not a setting and is ignored; the nearest known name is PERIGEE_UPSTREAM_TOKEN_FILE"}},
		{"beside a Kubernetes Service named perigee", []string{
			"PERIGEE_PORT=tcp://10.0.0.1:80", "PERIGEE_PORT_80_TCP_ADDR=10.0.0.1",
			"PERIGEE_SERVICE_HOST=10.0.0.1", "PERIGEE_SERVICE_PORT_HTTP=80"}, nil},
		{"of someone else", []string{"PERIGEES=1", "HOME=/", "perigee_ttl=1h"}, nil},
		{"token in the clear", []string{"PERIGEE_UPSTREAM_URL=http://example.org", "PERIGEE_UPSTREAM_TOKEN=x"},
			[]string{"PERIGEE_UPSTREAM_TOKEN is sent unencrypted, since PERIGEE_UPSTREAM_URL is http"}},
		{"token in the clear, to this machine", []string{"PERIGEE_UPSTREAM_URL=http://127.0.0.2:1", "PERIGEE_UPSTREAM_TOKEN=x"}, nil},
		{"no token in the clear", []string{"PERIGEE_UPSTREAM_URL=http://example.org"}, nil},
		{"offline without a folder", []string{"PERIGEE_OFFLINE=true", "PERIGEE_DATA_DIR=off"},
			[]string{"PERIGEE_OFFLINE leaves nothing to serve, since PERIGEE_DATA_DIR is off"}},
		{"a base that no link has", []string{"PERIGEE_PUBLIC_URL=http://example.org", "PERIGEE_LINKS=keep"},
			[]string{"PERIGEE_PUBLIC_URL has no effect, since PERIGEE_LINKS is keep"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, warnings, err := config.Load(append(tt.environ, "HOME=/home/me"))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range warnings {
				got = append(got, w.String())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("warnings:\n%q\nwant:\n%q", got, tt.want)
			}
		})
	}
}

// TestWarningsComeWithFaults: a misspelt name may be why another is at fault.
func TestWarningsComeWithFaults(t *testing.T) {
	_, warnings, err := config.Load([]string{"PERIGEE_TTL=x", "PERIGEE_TLL=1h", "HOME=/home/me"})
	if err == nil || len(warnings) != 1 {
		t.Errorf("error %v and warnings %v, want one of each", err, warnings)
	}
}
