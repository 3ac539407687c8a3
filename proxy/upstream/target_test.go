package upstream

import (
	"strings"
	"testing"
)

// Paths and queries go onto the wire as they stand: upstream tells apart many
// spellings that Go would like to tidy up.
func TestTargetOnTheWire(t *testing.T) {
	for _, tt := range []struct{ path, query, want string }{
		{"/", "", "/"},
		{"/2.3.0/launches/", "limit=5&offset=10", "/2.3.0/launches/?limit=5&offset=10"},
		{"//2.3.0/launches/", "", "//2.3.0/launches/"},
		{"//elsewhere.example/x", "", "//elsewhere.example/x"},
		{"/2.3.0/./pads/../pads//", "", "/2.3.0/./pads/../pads//"},
		{"/a%2Fb/%2e%2E/%20", "", "/a%2Fb/%2e%2E/%20"},
		{"/%C3%A9/%ff", "", "/%C3%A9/%ff"},
		{"/a:b@c;d=e,f+g!h$i&j'k(l)m*n[o]~", "", "/a:b@c;d=e,f+g!h$i&j'k(l)m*n[o]~"},
		{"/x/", "search=50%&a=1;b=2&%zz&&c", "/x/?search=50%&a=1;b=2&%zz&&c"},
		{"/x/", "a=b?c=/d#e", "/x/?a=b?c=/d#e"},
		{"/x/", "search=é", "/x/?search=é"},
	} {
		w := answering(t, response("200 OK", "", ""))
		if _, err := newClient(t, w.url(), Options{}).Get(t.Context(), Request{Path: tt.path, Query: tt.query}); err != nil {
			t.Errorf("%s?%s: %v", tt.path, tt.query, err)
			continue
		}
		line, _, _ := strings.Cut(w.head(t), "\r\n")
		if want := "GET " + tt.want + " HTTP/1.1"; line != want {
			t.Errorf("got  %q\nwant %q", line, want)
		}
	}
}

func TestBadTargets(t *testing.T) {
	c := newClient(t, nowhere, Options{})
	for _, tt := range []struct{ path, query, want string }{
		{"", "", "upstream: prepare: path does not begin with a slash"},
		{"x", "", "upstream: prepare: path does not begin with a slash"},
		{"@elsewhere.example/", "", "upstream: prepare: path does not begin with a slash"},
		{"/a b", "", `upstream: prepare: path "/a b" is not in escaped form`},
		{"/a?b", "", `upstream: prepare: path "/a?b" is not in escaped form`},
		{"/a#b", "", `upstream: prepare: path "/a#b" is not in escaped form`},
		{"/é", "", `upstream: prepare: path "/é" is not in escaped form`},
		{"/\r\n", "", `upstream: prepare: path "/\r\n" is not in escaped form`},
		{"/%zz", "", `upstream: prepare: path: invalid URL escape "%zz"`},
		{"/", "a b", "upstream: prepare: query contains blanks or control characters"},
		{"/", "a HTTP/1.1\r\nCookie: b", "upstream: prepare: query contains blanks or control characters"},
		{"/", "a\x7f", "upstream: prepare: query contains blanks or control characters"},
	} {
		_, err := c.Get(t.Context(), Request{Path: tt.path, Query: tt.query})
		if e := failure(t, err); e.Sent || err.Error() != tt.want {
			t.Errorf("%q %q: got %q, want %q", tt.path, tt.query, err, tt.want)
		}
	}
}

// FuzzTarget holds that whatever is accepted reaches the wire as it stands, in a
// request line that cannot end early, and at no other host.
func FuzzTarget(f *testing.F) {
	for _, seed := range [][2]string{
		{"/2.3.0/launches/", "limit=5"}, {"//x//", "%zz"}, {"/%2F%2e/.", "a=b?c#d"}, {"x", ""}, {"/é", "é"}, {"/a b", "c d"}, {"*", ""},
	} {
		f.Add(seed[0], seed[1])
	}
	at := base(f, "https://upstream.test")
	f.Fuzz(func(t *testing.T, path, query string) {
		u, err := target(at, path, query)
		if err != nil {
			return
		}
		want := path
		if query != "" {
			want += "?" + query
		}
		if got := u.RequestURI(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if strings.ContainsAny(want, " \t\r\n\x00") || !strings.HasPrefix(want, "/") {
			t.Errorf("accepted %q", want)
		}
		if u.Scheme != "https" || u.Host != "upstream.test" || u.User != nil || u.Opaque != "" {
			t.Errorf("at %#v", u)
		}
	})
}
