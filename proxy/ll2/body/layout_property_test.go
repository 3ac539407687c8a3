package body_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"perigee/proxy/ll2/body"
)

// versions are one document as three servers would write it: upstream, one with
// another base URL, and that one when the client asked for a format.
type versions struct{ upstream, moved, echoed string }

const (
	movedBase = "http://perigee.example:8080"
	echo      = "?format=json"
)

// all writes the same text to all three.
func all(text string) versions { return versions{text, text, text} }

func (v versions) join(w versions) versions {
	return versions{v.upstream + w.upstream, v.moved + w.moved, v.echoed + w.echoed}
}

// list joins documents with commas and puts them between open and end.
func list(open string, vs []versions, end string) versions {
	out := all(open)
	for i, v := range vs {
		if i > 0 {
			out = out.join(all(","))
		}
		out = out.join(v)
	}
	return out.join(all(end))
}

// quoted writes text as a JSON string.
func quoted(text string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a string can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}

// link draws a link to upstream; DRF echoes the format in some.
func link(t *rapid.T) versions {
	path := rapid.StringMatching(`/(docs|static|media)/[a-z/.]{0,9}`)
	if rapid.Bool().Draw(t, "reversed") {
		path := rapid.StringMatching(`/2\.[0-9]{1,2}\.[0-9]/([a-z_%0-9-]{1,9}/){0,3}`).Draw(t, "path")
		return versions{quoted(upstream + path), quoted(movedBase + path), quoted(movedBase + path + echo)}
	}
	if rapid.Bool().Draw(t, "with query") {
		path = rapid.StringMatching(`/2\.3\.0/[a-z]{1,9}/\?[a-z=&/]{0,9}`)
	}
	p := path.Draw(t, "path")
	return versions{quoted(upstream + p), quoted(movedBase + p), quoted(movedBase + p)}
}

// leaf draws a value that contains no others.
func leaf(t *rapid.T) versions {
	switch rapid.IntRange(0, 5).Draw(t, "leaf") {
	case 0, 1:
		return link(t)
	case 2:
		foreign := []string{"https://ll.thespacedevs.com.evil.example/2.3.0/x/", "https://ll.thespacedevs.com",
			"https://ll.thespacedevs.com@evil.example/", "https://thespacedevs-prod.nyc3.digitaloceanspaces.com/media/x.jpg"}
		return all(quoted(rapid.SampledFrom(foreign).Draw(t, "foreign link")))
	case 3:
		return all(quoted("see " + upstream + "/" + rapid.String().Draw(t, "prose")))
	case 4:
		return all(quoted(rapid.StringMatching(`[^h\\].*`).Draw(t, "text")))
	}
	return all(rapid.SampledFrom([]string{"null", "true", "false", "0", "-1.5e3", "590", "{}", "[]", `""`}).Draw(t, "literal"))
}

// value draws any value, nested at most depth levels.
func value(t *rapid.T, depth int) versions {
	kind := "leaf"
	if depth > 0 {
		kind = rapid.SampledFrom([]string{"leaf", "array", "object"}).Draw(t, "kind")
	}
	var parts []versions
	switch kind {
	case "array":
		for range rapid.IntRange(0, 4).Draw(t, "elements") {
			parts = append(parts, value(t, depth-1))
		}
		return list("[", parts, "]")
	case "object":
		for range rapid.IntRange(0, 4).Draw(t, "members") {
			name := rapid.OneOf(rapid.String(), rapid.Just(upstream+"/"), rapid.Just("url")).Draw(t, "name")
			parts = append(parts, all(quoted(name)+":").join(value(t, depth-1)))
		}
		return list("{", parts, "}")
	}
	return leaf(t)
}

// document draws a page or any value; results are the elements if it is a page.
func document(t *rapid.T) (doc versions, results []versions, isPage bool) {
	if !rapid.Bool().Draw(t, "page") {
		return value(t, 3), nil, false
	}
	for range rapid.IntRange(0, 4).Draw(t, "results") {
		results = append(results, value(t, 2))
	}
	other := func(name string) versions { // a link with a query or none at all: DRF writes no echo here
		if rapid.Bool().Draw(t, name+" is null") {
			return all(quoted(name) + ":null")
		}
		query := rapid.StringMatching(`/2\.3\.0/x/\?[a-z=&]{0,9}`).Draw(t, name)
		return versions{quoted(name) + ":" + quoted(upstream+query), quoted(name) + ":" + quoted(movedBase+query),
			quoted(name) + ":" + quoted(movedBase+query)}
	}
	members := []versions{all(`"count":590`), other("next"), other("previous"),
		all(`"results":`).join(list("[", results, "]")), all(`"more":`).join(value(t, 1))}
	return list("{", rapid.Permutation(members).Draw(t, "order"), "}"), results, true
}

// indented returns body as DRF indents it, or as it is.
func indented(t *rapid.T, data string, width int) []byte {
	if width == 0 {
		return []byte(data)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(data), "", strings.Repeat(" ", width)); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return b.Bytes()
}

func scan(t *rapid.T, data []byte, base string) body.Layout {
	l, err := body.ScanJSON(data, base)
	if err != nil {
		t.Fatalf("ScanJSON(%s) = %v", data, err)
	}
	return l
}

// What is spliced for a base and an echo is what a server with that base would
// have written for a client that asked for the format, and the way back leads to
// the bytes that upstream wrote.
func TestTextIsWhatUpstreamWouldWrite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc, results, isPage := document(t)
		width := rapid.IntRange(0, 8).Draw(t, "indent")
		data, moved := indented(t, doc.upstream, width), indented(t, doc.moved, width)

		there := scan(t, data, upstream)
		got := there.Text(data, body.Substitution{Base: movedBase}).Append(nil)
		if !bytes.Equal(got, moved) {
			t.Fatalf("moved:\ngot  %s\nwant %s", got, moved)
		}
		back := scan(t, got, movedBase)
		if got := back.Text(got, body.Substitution{Base: upstream}).Append(nil); !bytes.Equal(got, data) {
			t.Fatalf("moved back:\ngot  %s\nwant %s", got, data)
		}
		got = there.Text(data, body.Substitution{Base: movedBase, Suffix: echo}).Append(nil)
		if want := indented(t, doc.echoed, width); !bytes.Equal(got, want) {
			t.Fatalf("echoed:\ngot  %s\nwant %s", got, want)
		}
		if there.IsPage != isPage || len(there.Results) != len(results) {
			t.Fatalf("IsPage, elements = %v, %d, want %v, %d", there.IsPage, len(there.Results), isPage, len(results))
		}
		if width > 0 {
			return
		}
		for i, s := range there.Results {
			if got := string(data[s.Start:s.End]); got != results[i].upstream {
				t.Fatalf("element %d = %s, want %s", i, got, results[i].upstream)
			}
		}
	})
}

// Whatever is put in, a client reads it back as it was, and the rest of the body
// is still JSON.
func TestTextEscapesJSON(t *testing.T) {
	data := []byte(smallPage)
	l, err := body.ScanJSON(data, upstream)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`["\\\x00-\x1f\x7f]{1,5}`))
		s := body.Substitution{Base: text.Draw(t, "base"), Suffix: text.Draw(t, "suffix"), Page: true,
			Next: text.Draw(t, "next"), Previous: text.Draw(t, "previous")}
		var got struct {
			Next, Previous string
			Results        []struct{ URL string }
		}
		if err := json.Unmarshal(l.Text(data, s).Append(nil), &got); err != nil {
			t.Fatal(err)
		}
		if got.Next != s.Next || got.Previous != s.Previous {
			t.Errorf("next, previous = %q, %q, want %q, %q", got.Next, got.Previous, s.Next, s.Previous)
		}
		base := s.Base
		if base == "" {
			base = upstream
		}
		if want := base + "/2.3.0/x/2/" + s.Suffix; got.Results[0].URL != want {
			t.Errorf("url = %q, want %q", got.Results[0].URL, want)
		}
	})
}
