package ll2

import (
	"strings"
	"testing"
)

// The key of whatever was recorded leads back to its canonical request, and to
// what can be cut from it.
func TestFromKey(t *testing.T) {
	for _, row := range recordings(t) {
		want := resolve(t, "/2.3.0/spacecraft/?"+row.query)
		got, ok := FromKey(want.Key)
		if whole := want.Representation == JSON && want.Indent == 0; ok != whole {
			t.Errorf("%q: got %t, want %t", want.Key, ok, whole)
		} else if ok && (got.Key != want.Key || got.Path != want.Path || got.Query != want.Query || got.Page != want.Page || got.Mode != want.Mode || got.ObjectSchema() != want.ObjectSchema()) {
			t.Errorf("%q: got %+v, want %+v", want.Key, got, want)
		}
	}
	for _, key := range []string{
		"", "ll2/1 json", "ll2/1 json ", "ll2/0 json /2.3.0/spacecraft/", "ll2/1 html /2.3.0/spacecraft/", "ll2/1 json4 /2.3.0/spacecraft/",
		"ll2/1 json /2.3.0/spacecraft", "ll2/1 json /2.3.0/spacecraft/?mode=normal", "ll2/1 json /2.3.0/spacecraft/?limit=100&limit=100",
		resolve(t, "/2.3.0/spacecraft/?search="+strings.Repeat("long", 500)).Key,
	} {
		if got, ok := FromKey(key); ok {
			t.Errorf("%.60q: got %+v, want nothing", key, got)
		}
	}
}

// A list and the objects that it answers for are of one schema.
func TestObjectSchema(t *testing.T) {
	same := [][2]string{
		{"/2.3.0/spacecraft/?mode=detailed&limit=100", "/2.3.0/spacecraft/1/"},
		{"/2.3.0/config/orbits/", "/2.3.0/config/orbits/1/"},
		{"/2.3.0/launches/upcoming/?mode=detailed", "/2.3.0/launches/00000000-0000-0000-0000-000000000000/"},
	}
	for _, pair := range same {
		list, object := resolve(t, pair[0]), resolve(t, pair[1])
		if list.ObjectSchema() == "" || list.ObjectSchema() != object.ObjectSchema() {
			t.Errorf("%s: %q, %s: %q", pair[0], list.ObjectSchema(), pair[1], object.ObjectSchema())
		}
	}
	for _, target := range []string{
		"/2.3.0/spacecraft/", "/2.3.0/spacecraft/?mode=detailed&unknown=1", "/2.3.0/spacecraft/?mode=detailed&format=api",
		"/2.3.0/spacecraft/1/?format=api", "/2.3.0/spacecraft/1/?status=1", "/2.3.0/api-throttle/", "/2.2.0/spacecraft/1/", "/elsewhere/",
	} {
		res := resolveWith(t, target, Options{KeepUnknown: true})
		if got := res.ObjectSchema(); got != "" {
			t.Errorf("%s: %q, want none", target, got)
		}
	}
}

// Whatever a peer or a file calls a key: what it leads to has that key, and leads to
// itself.
func FuzzFromKey(f *testing.F) {
	for _, target := range []string{"/2.3.0/spacecraft/?mode=detailed&limit=100", "/2.3.0/spacecraft/1/", "/2.2.0/launch/?a=%zz", "/?&;="} {
		f.Add(scheme + "json " + target)
	}
	f.Fuzz(func(t *testing.T, key string) {
		res, ok := FromKey(key)
		if !ok {
			return
		}
		again, ok := FromKey(res.Key)
		if res.Key != key || !ok || again.Path != res.Path || again.Query != res.Query || again.ObjectSchema() != res.ObjectSchema() {
			t.Errorf("%q: got %+v and then (%+v, %t)", key, res, again, ok)
		}
	})
}
