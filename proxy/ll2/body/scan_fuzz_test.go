package body_test

import (
	"encoding/json"
	"html"
	"slices"
	"strconv"
	"strings"
	"testing"

	"perigee/proxy/ll2/body"
	"perigee/proxy/ll2/ll2test"
)

// upstreamForms are the spellings of upstream that count, in lower case.
var upstreamForms = []string{upstream, "http://ll.thespacedevs.com", upstream + ":443", "http://ll.thespacedevs.com:80"}

// checkLinks checks that links are in order and inside of body, and that each is
// a spelling of upstream, decode being how a link's text is to be read.
func checkLinks(t *testing.T, data []byte, links []body.Link, decode func(string) string) {
	t.Helper()
	end := 0
	for _, k := range links {
		if k.Span.Start < end || k.Span.End <= k.Span.Start || k.Span.End >= len(data) {
			t.Fatalf("%+v after %d in %d bytes", k, end, len(data))
		}
		if end = k.Span.End; k.Suffix >= 0 {
			if k.Suffix <= end || k.Suffix >= len(data) || data[k.Suffix] != '"' {
				t.Fatalf("suffix of %+v is not at the end of a string", k)
			}
			end = k.Suffix
		}
		if text := string(data[k.Span.Start:k.Span.End]); !slices.Contains(upstreamForms, strings.ToLower(decode(text))) {
			t.Fatalf("%+v is %q", k, text)
		}
	}
}

// FuzzScanJSON checks that a body is taken exactly if encoding/json calls it
// valid, that all spans lie where they should, and that a Text keeps a body valid.
// (Deeper than 10,000 levels both refuse a body.)
func FuzzScanJSON(f *testing.F) {
	for _, data := range []string{
		smallPage, string(page(1, 1)), `["https:\/\/ll.thespacedevs.com\/2.3.0\/x\/"]`, `[1,]`, "{}}", "\"\xff\"", `{"a":1,"a":2}`,
		`{"previous":"http://ll.thespacedevs.com:80/","results":[ 1 , {"a":"HTTPS://ll.thespacedevs.com/"}],"next":null,"count":1}`,
		`"\u0068ttps://ll.thespacedevs.com:443/2.3.0/x/"`, `["\ud800","\u12"]`, `{"count":1,"next":null,"previous":null,"results":[1]}`,
	} {
		f.Add([]byte(data), local, `?format="`, "next", true)
	}
	f.Fuzz(func(t *testing.T, data []byte, base, suffix, next string, isPage bool) {
		before := string(data)
		l, err := body.ScanJSON(data, upstream)
		if valid := json.Valid(data); (err == nil) != valid {
			t.Fatalf("ScanJSON = %v, but json.Valid = %v", err, valid)
		}
		if err != nil {
			return
		}
		checkLinks(t, data, l.Links, func(text string) string {
			var s string
			if err := json.Unmarshal([]byte(`"`+text+`"`), &s); err != nil {
				t.Fatalf("link %q: %v", text, err)
			}
			return s
		})
		checkPage(t, data, l)
		s := body.Substitution{Base: base, Suffix: suffix, Page: isPage, Next: next}
		got := ll2test.Written(t, l.Text(data, s))
		if !json.Valid([]byte(got)) {
			t.Errorf("became no JSON: %q", got)
		}
		if got := string(l.Text(data, body.Substitution{}).Append(nil)); got != before {
			t.Errorf("without a change became %q", got)
		}
	})
}

// checkPage checks the spans of a page against what encoding/json reads.
func checkPage(t *testing.T, data []byte, l body.Layout) {
	t.Helper()
	if !l.IsPage {
		return
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		t.Fatal(err)
	}
	var results []json.RawMessage
	if err := json.Unmarshal(members["results"], &results); err != nil || len(results) != len(l.Results) {
		t.Fatalf("%d elements, want %d (%v)", len(l.Results), len(results), err)
	}
	for i, s := range l.Results {
		if got := string(data[s.Start:s.End]); got != string(results[i]) {
			t.Errorf("element %d = %q, want %q", i, got, results[i])
		}
	}
	for name, s := range map[string]body.Span{"next": l.Next, "previous": l.Previous} {
		if got := string(data[s.Start:s.End]); got != string(members[name]) {
			t.Errorf("%s = %q, want %q", name, got, members[name])
		}
	}
	if got := string(members["count"]); got != strconv.FormatInt(l.Count, 10) {
		t.Errorf("Count = %d, want %s", l.Count, got)
	}
}

// FuzzScanHTML checks that all links lie where they should and that replacing
// them changes nothing else.
func FuzzScanHTML(f *testing.F) {
	for _, data := range []string{
		`<a href="https://ll.thespacedevs.com/2.3.0/x/">https://ll.thespacedevs.com/2.3.0/x/</a>`, `"\u00`, `"https:\`,
		`&quot;http://LL.thespacedevs.com:80/ &#x27;https:\/\/ll.thespacedevs.com\/`, string(page(1, 1)),
	} {
		f.Add([]byte(data), local)
	}
	plain := strings.NewReplacer(`\/`, `/`)
	f.Fuzz(func(t *testing.T, data []byte, base string) {
		l := body.ScanHTML(data, upstream)
		checkLinks(t, data, l.Links, func(text string) string {
			if strings.Contains(text, `\u`) {
				return upstream // read by FuzzScanJSON
			}
			return plain.Replace(text)
		})
		want, rest := "", 0
		for _, k := range l.Links {
			text := html.EscapeString(base)
			if base == "" {
				text = string(data[k.Span.Start:k.Span.End])
			}
			want += string(data[rest:k.Span.Start]) + text
			rest = k.Span.End
		}
		want += string(data[rest:])
		got := l.Text(data, body.Substitution{Base: base, Suffix: "?format=json"}).Append(nil)
		if string(got) != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}
