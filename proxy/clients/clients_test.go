package clients_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"perigee/proxy/clients"
)

func request(remote string, fields ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://api.example/2.3.0/", nil)
	r.RemoteAddr = remote
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	return r
}

func TestIdentify(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, tt := range []struct {
		name, remote      string
		fields            []string
		id, address, base string
	}{
		{"IPv4", "192.0.2.7:1234", nil, "192.0.2.7", "192.0.2.7", "http://api.example"},
		{"IPv6 by its first half", "[2001:db8:1:2:3:4:5:6]:1234", nil, "2001:db8:1:2::/64", "2001:db8:1:2:3:4:5:6", "http://api.example"},
		{"IPv6 with a zone", "[fe80::1%eth0]:1234", nil, "fe80::/64", "fe80::1%eth0", "http://api.example"},
		{"IPv4 in IPv6", "[::ffff:192.0.2.7]:1234", nil, "192.0.2.7", "::ffff:192.0.2.7", "http://api.example"},
		{"no address", "@", nil, "@", "@", "http://api.example"},
		{"forwarded by a stranger", "192.0.2.7:1234", []string{
			"X-Forwarded-For", "198.51.100.1", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "evil.example",
		}, "192.0.2.7", "192.0.2.7", "http://api.example"},
		{"forwarded by a trusted proxy", "10.1.1.1:1234", []string{
			"X-Forwarded-For", "198.51.100.1", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "apps.example",
		}, "198.51.100.1", "198.51.100.1", "https://apps.example"},
		{"forwarded twice", "10.1.1.1:1234", []string{"X-Forwarded-For", "203.0.113.9, 198.51.100.1", "X-Forwarded-For", "10.2.2.2"},
			"198.51.100.1", "198.51.100.1", "http://api.example"},
		{"what is forged stands left", "10.1.1.1:1234", []string{"X-Forwarded-For", "nonsense, 198.51.100.1"},
			"198.51.100.1", "198.51.100.1", "http://api.example"},
		{"nonsense", "10.1.1.1:1234", []string{"X-Forwarded-For", "nonsense", "X-Forwarded-Proto", "gopher", "X-Forwarded-Host", `a"b`},
			"10.1.1.1", "10.1.1.1", "http://api.example"},
		{"the last of several lines", "10.1.1.1:1234", []string{"X-Forwarded-Host", "evil.example", "X-Forwarded-Host", "evil.example, apps.example"},
			"10.1.1.1", "10.1.1.1", "http://apps.example"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := clients.NewIdentifier(clients.Options{TrustedProxies: trusted}).Identify(request(tt.remote, tt.fields...))
			if err != nil {
				t.Fatal(err)
			}
			if got.ID != tt.id || got.Address != tt.address || got.Base.String() != tt.base {
				t.Errorf("got %q at %q, links to %s; want %q at %q, links to %s", got.ID, got.Address, got.Base, tt.id, tt.address, tt.base)
			}
		})
	}
}

func TestNamedClients(t *testing.T) {
	const hashOfSesame = "41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb" // sha256 of "open sesame"
	keys := new(clients.Keys)
	if err := keys.Load(strings.NewReader("# apps\n\nwidget " + hashOfSesame + "\n")); err != nil {
		t.Fatal(err)
	}
	for _, required := range []bool{false, true} {
		i := clients.NewIdentifier(clients.Options{Keys: keys, RequireKey: required})
		for _, scheme := range []string{"Token ", "Bearer ", "token "} {
			got, err := i.Identify(request("192.0.2.7:1", "Authorization", scheme+"open sesame"))
			if err != nil || got.ID != "widget" || got.Address != "192.0.2.7" {
				t.Errorf("required %t, %s: %+v, %v", required, scheme, got, err)
			}
		}
		for _, wrong := range []string{"Token guess", "Basic open sesame", "Token ", ""} {
			got, err := i.Identify(request("192.0.2.7:1", "Authorization", wrong))
			if required && !errors.Is(err, clients.ErrKeyRequired) {
				t.Errorf("required, %q: %+v, %v", wrong, got, err)
			}
			if got.Address != "192.0.2.7" || !required && got.ID != "192.0.2.7" {
				t.Errorf("required %t, %q: %+v", required, wrong, got)
			}
		}
	}
}

func TestAKeysFileTellsAllItsFaultsAndNoKey(t *testing.T) {
	keys := new(clients.Keys)
	err := keys.Load(strings.NewReader("one sesame\ntwo\nthr/ee " + strings.Repeat("0", 64) + "\nfour " + strings.Repeat("g", 64)))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"line 1: the hash of one", "line 2: want a name and a hash", "line 3: a name has", "line 4: the hash of four"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "sesame") {
		t.Errorf("the error shows what may be a key: %v", err)
	}
}

// A Host that is none would stand in the links of an answer.
func TestValidHost(t *testing.T) {
	for _, host := range []string{
		"a", "a.example", "A-b_c.example.", "localhost:8080", "192.0.2.1", "192.0.2.1:80", "[::1]", "[::1]:80", "[2001:db8::1]:8080",
		"[::ffff:192.0.2.1]", "a:65535", "a:",
	} {
		if !clients.ValidHost(host) {
			t.Errorf("%q is a host", host)
		}
	}
	for _, host := range []string{
		"", ":", ":80", "[", "]", "[]", "[]:80", "[::1", "::1", "::1]", "[::1]x", "[::1]:x", "[::1]]", "[[::1]]", "[::1]80", "a]b", "[a]", "[192.0.2.1]",
		"[::1%eth0]", "[::1%25eth0]", "[v1.a]", "a:b", "a:80:80", "a:-1", "a:+1", "a:65536", "a b", `a"b`, "a'b", "a<b", "a/b", "a@b", "a,b", "a%41", "\xc3\xbc.example",
	} {
		if clients.ValidHost(host) {
			t.Errorf("%q is no host", host)
		}
	}
}

func FuzzIdentify(f *testing.F) {
	f.Add("10.1.1.1:1", "198.51.100.1, 10.0.0.1", "https", "apps.example")
	i := clients.NewIdentifier(clients.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}})
	f.Fuzz(func(t *testing.T, remote, forwarded, proto, host string) {
		got, err := i.Identify(request(remote, "X-Forwarded-For", forwarded, "X-Forwarded-Proto", proto, "X-Forwarded-Host", host))
		if err != nil {
			t.Fatal(err)
		}
		if !clients.ValidHost(got.Base.Host) || got.Base.Scheme != "http" && got.Base.Scheme != "https" {
			t.Errorf("links lead to %q", got.Base)
		}
		if got.ID == "" && remote != "" {
			t.Error("a client without an ID")
		}
	})
}
