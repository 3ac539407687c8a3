package body_test

import (
	"testing"

	"perigee/proxy/ll2/body"
)

func TestScanJSONReadsBase(t *testing.T) {
	for _, tt := range []struct {
		name, base, link string
		want             bool
	}{
		{"host", "https://h.example", "https://h.example/a", true},
		{"host in upper case", "HTTPS://H.Example", "https://h.example/a", true},
		{"plain http", "http://h.example", "https://h.example/a", true},
		{"port", "http://h.example:8000", "http://h.example:8000/a", true},
		{"port, other scheme", "http://h.example:8000", "https://h.example:8000/a", true},
		{"port missing", "http://h.example:8000", "http://h.example/a", false},
		{"port continued", "http://h.example:80", "http://h.example:8000/a", false},
		{"default port left out", "https://h.example:443", "https://h.example/a", true},
		{"default port written", "https://h.example:443", "https://h.example:443/a", true},
		{"default port behind a TLS proxy", "https://h.example:443", "http://h.example:443/a", true},
		{"default port of the other scheme", "https://h.example:443", "http://h.example:80/a", true},
		{"default port of http left out", "http://h.example:80", "http://h.example/a", true},
		{"https on port 80", "https://h.example:80", "https://h.example/a", false},
		{"http on port 443", "http://h.example:443", "https://h.example/a", false},
		{"IPv4", "http://127.0.0.1:8000", "http://127.0.0.1:8000/a", true},
		{"IPv6", "http://[::1]", "http://[::1]:80/a", true},
		{"IPv6 and port", "http://[::1]:8000", "http://[::1]:8000/a", true},
		{"IPv6, port missing", "http://[::1]:8000", "http://[::1]/a", false},
		{"no base", "", "https:///a", false},
		{"no scheme", "h.example", "https://h.example/a", false},
		{"no host", "https://", "https:///a", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := []byte(`["` + tt.link + `"]`)
			l, err := body.ScanJSON(data, tt.base)
			if err != nil {
				t.Fatal(err)
			}
			if got := len(l.Links) == 1; got != tt.want {
				t.Errorf("base %s: found %v in %s, want a link: %v", tt.base, l.Links, data, tt.want)
			}
		})
	}
}

// Without a base there is nothing to find, nor memory to take for it.
func TestScanJSONWithoutBase(t *testing.T) {
	l, err := body.ScanJSON(page(1, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	if cap(l.Links) != 0 {
		t.Errorf("room for %d links, want none", cap(l.Links))
	}
}
