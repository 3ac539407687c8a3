package ll2

import (
	"strings"
	"testing"
)

func FuzzResolve(f *testing.F) {
	for line := range strings.Lines(recordedText) {
		if query, _, ok := strings.Cut(line, "\t"); ok && !strings.HasPrefix(line, "#") {
			f.Add("/2.3.0/spacecraft", query, "*/*", false)
		}
	}
	f.Add("/2.2.0/launch/upcoming", "a=%ff&limit=1_0&a;b=%", "text/html;indent=2, */*", true)
	f.Add("/2.3.0/nope", "b&a&&=%e2%82", "application/xml", false)
	f.Add("/2.3.0/launches/%zz/", "\xff=\xe2", "*", false)
	f.Add("//2.3.0/api%2dthrottle", "x", "", false)
	f.Add("/2.3.0/launches", "id=,&status__ids=3,01,,&lsp__name=,,&net__gte=2026-01-31T14:00:00.10%2B02:00&search=b,A", "*/*;indent=9", false)
	f.Fuzz(func(t *testing.T, path, query, accept string, keep bool) {
		o := Options{KeepUnknown: keep}
		res, err := Resolve(Request{Path: path, Query: query, Accept: []string{accept}}, o)
		if err != nil {
			if strings.Count(query, "&") < MaxParameters {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		if len(res.Key) > MaxKey {
			t.Fatalf("key of %d bytes", len(res.Key))
		}
		canonical, _ := parseQuery(res.Query)
		if _, ok := last(canonical, "format"); ok && res.Kind.Tabled() && res.Representation == JSON {
			t.Fatalf("JSON has format in its canonical query: ?%s", res.Query)
		}
		checkResolvesToItself(t, res, o)
		res.Next("", 1<<62)
		res.Previous("", 0)
	})
}
