package ll2

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"
)

//go:embed testdata/recorded.txt
var recordedText string

// recording is how DRF answered one query.
type recording struct{ query, canonical, answer, next, previous, suffix string }

// count returns the number of elements of the whole list, if it is a list.
func (r recording) count() (n int64, ok bool) {
	_, err := fmt.Sscanf(r.answer, "200 %d ", &n)
	return n, err == nil
}

func recordings(t *testing.T) []recording {
	t.Helper()
	var rows []recording
	for line := range strings.Lines(recordedText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 6 {
			t.Fatalf("%q: %d columns, want 6", line, len(f))
		}
		rows = append(rows, recording{f[0], f[1], f[2], f[3], f[4], f[5]})
	}
	if got, want := len(rows), 114; got != want {
		t.Fatalf("%d recordings, want %d", got, want)
	}
	return rows
}

func TestRecordedQueriesBecomeCanonical(t *testing.T) {
	for _, row := range recordings(t) {
		res := resolve(t, "/2.3.0/spacecraft/?"+row.query)
		if res.Query != row.canonical {
			t.Errorf("?%s becomes ?%s, want ?%s", row.query, res.Query, row.canonical)
		}
	}
}

// Two recordings that share a key must have the same answer: this is what a cache
// may not get wrong, whatever the column canonical says.
func TestRecordedQueriesOfOneKeyHaveOneAnswer(t *testing.T) {
	type first struct{ query, answer string }
	seen := map[string]first{}
	for _, row := range recordings(t) {
		key := resolve(t, "/2.3.0/spacecraft/?"+row.query).Key
		if before, ok := seen[key]; ok && before.answer != row.answer {
			t.Errorf("?%s and ?%s share the key %q, but not the answer: %s, %s",
				before.query, row.query, key, before.answer, row.answer)
		}
		seen[key] = first{row.query, row.answer}
	}
	if got, want := len(seen), 49; got != want {
		t.Errorf("%d keys, want %d", got, want)
	}
}

func TestRecordedLinks(t *testing.T) {
	const base = "https://example.org"
	shown := func(link string, ok bool) string {
		if !ok {
			return "None"
		}
		query, found := strings.CutPrefix(link, base+"/2.3.0/spacecraft/?")
		if !found {
			t.Errorf("link %q does not begin with the page's own URL", link)
		}
		return query
	}
	for _, row := range recordings(t) {
		count, ok := row.count()
		if !ok {
			continue
		}
		res := resolve(t, "/2.3.0/spacecraft/?"+row.query)
		if got := shown(res.Next(base, count)); got != row.next {
			t.Errorf("?%s: next %s, want %s", row.query, got, row.next)
		}
		if got := shown(res.Previous(base, count)); got != row.previous {
			t.Errorf("?%s: previous %s, want %s", row.query, got, row.previous)
		}
		if got := res.LinkSuffix(); got != row.suffix {
			t.Errorf("?%s: suffix %q, want %q", row.query, got, row.suffix)
		}
	}
}

func TestRecordedStatusIsNegotiated(t *testing.T) {
	want := map[string]Representation{
		"format=api": HTML, "format=xml": UnknownFormat, "format=JSON": UnknownFormat, "format=api%20": UnknownFormat,
	}
	for _, row := range recordings(t) {
		if got := resolve(t, "/2.3.0/spacecraft/?"+row.query).Representation; got != want[row.query] {
			t.Errorf("?%s: representation %d, want %d", row.query, got, want[row.query])
		}
	}
}

// resolve resolves a path, perhaps with a query, without an Accept field.
func resolve(t testing.TB, target string) Resource {
	t.Helper()
	return resolveWith(t, target, Options{})
}

func resolveWith(t testing.TB, target string, o Options, accept ...string) Resource {
	t.Helper()
	path, query, _ := strings.Cut(target, "?")
	res, err := Resolve(Request{Path: path, Query: query, Accept: accept}, o)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	return res
}
