package ll2

import "testing"

func TestLinks(t *testing.T) {
	const base, none = "http://127.0.0.1:8080", ""
	for _, tt := range []struct {
		target         string
		count          int64
		next, previous string
	}{
		{"/2.3.0/spacecraft", 11, "/2.3.0/spacecraft/?limit=10&offset=10", none},
		{"/2.3.0/spacecraft/", 10, none, none},
		{"/2.3.0/spacecraft/", 0, none, none},
		{"/2.3.0/spacecraft/?offset=5", 0, none, "/2.3.0/spacecraft/?limit=10"},
		{"/2.3.0/spacecraft/?offset=10", 0, none, "/2.3.0/spacecraft/?limit=10"},
		{"/2.3.0/spacecraft/?offset=11", 0, none, "/2.3.0/spacecraft/?limit=10&offset=1"},
		{"/2.3.0/spacecraft/?offset=9223372036854775807", 1<<63 - 1,
			none, "/2.3.0/spacecraft/?limit=10&offset=9223372036854775797"},
		{"/2.3.0/spacecraft/?offset=9223372036854775790&limit=1", 1<<63 - 1,
			"/2.3.0/spacecraft/?limit=1&offset=9223372036854775791", "/2.3.0/spacecraft/?limit=1&offset=9223372036854775789"},
		{"/2.3.0/spacecraft/?offset=10000000000000000000000", 20,
			none, "/2.3.0/spacecraft/?limit=10&offset=9999999999999999999990"},

		// Names are compared as decoded, by code point, and all of a name goes.
		{"/2.3.0/spacecraft/?l%69mit=3&limit=4&o%66fset=4", 20,
			"/2.3.0/spacecraft/?limit=4&offset=8", "/2.3.0/spacecraft/?limit=4"},
		{"/2.3.0/spacecraft/?%F0%9F%9A%80=1&%EF%BD%81=2&z=3&_=4&Z=5", 20,
			"/2.3.0/spacecraft/?Z=5&_=4&limit=10&offset=10&z=3&%EF%BD%81=2&%F0%9F%9A%80=1", none},
		{"/2.3.0/spacecraft/?a=2&b&a=1&a=2", 20, "/2.3.0/spacecraft/?a=2&a=1&a=2&b=&limit=10&offset=10", none},

		// What is fetched and what is repeated are different things.
		{"/2.3.0/spacecraft/?search=B,a&mode=normal&in_space=TRUE&limit=1000", 200,
			"/2.3.0/spacecraft/?in_space=TRUE&limit=100&mode=normal&offset=100&search=B%2Ca", none},
		{"/2.2.0/launch/upcoming?lsp__ids=2,1&format=json", 20,
			"/2.2.0/launch/upcoming/?format=json&limit=10&lsp__ids=2%2C1&offset=10", none},
	} {
		res := resolve(t, tt.target)
		next, ok := res.Next(base, tt.count)
		if want := tt.next != none; ok != want || ok && next != base+tt.next {
			t.Errorf("%s of %d: next %q, %t, want %q", tt.target, tt.count, next, ok, tt.next)
		}
		previous, ok := res.Previous(base, tt.count)
		if want := tt.previous != none; ok != want || ok && previous != base+tt.previous {
			t.Errorf("%s of %d: previous %q, %t, want %q", tt.target, tt.count, previous, ok, tt.previous)
		}
	}
}

func TestLinkSuffix(t *testing.T) {
	for _, tt := range []struct{ target, want string }{
		{"/2.3.0/spacecraft/", ""},
		{"/2.3.0/spacecraft/?format=json", "?format=json"},
		{"/2.3.0/spacecraft/?format=json&format", "?format="},
		{"/2.3.0/spacecraft/?format=x&format=json", "?format=json"},
		{"/2.3.0/spacecraft/590/?format=json&x=1", "?format=json"},
		{"/2.3.0/dashboard/starship/?format=", "?format="},
		{"/2.2.0/launch/?format=json", "?format=json"},
		{"/2.3.0/spacecraft/?format=api", ""}, // the page has them
		{"/2.3.0/nope/?format=json", ""},      // asked with format
	} {
		res := resolve(t, tt.target)
		if got := res.LinkSuffix(); got != tt.want {
			t.Errorf("%s: suffix %q, want %q", tt.target, got, tt.want)
		}
	}
}
