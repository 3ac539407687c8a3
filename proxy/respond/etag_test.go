package respond

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCompare(t *testing.T) {
	for _, tt := range []struct {
		name, a, b   string
		strong, weak bool
	}{
		// The table of RFC 9110 §8.8.3.2.
		{"both weak", `W/"1"`, `W/"1"`, false, true},
		{"both weak and different", `W/"1"`, `W/"2"`, false, false},
		{"one weak", `W/"1"`, `"1"`, false, true},
		{"both strong", `"1"`, `"1"`, true, true},

		{"other case", `"a"`, `"A"`, false, false},
		{"empty opaque tags", `""`, `""`, true, true},
		{"no tags", ``, ``, false, false},
		{"a mark inside is no mark", `"W/1"`, `"1"`, false, false},
		{"no quotes, both", `1`, `1`, true, true},
		{"no quotes, one", `1`, `"1"`, false, true},
		{"lower-case mark", `w/"1"`, `w/"1"`, false, true},
		{"mark with a backslash", `W\"1"`, `W\"1"`, false, true},
		{"mark without a slash", `W"1"`, `W"1"`, false, true},
		{"no quotes, begins like a mark", `W1`, `W1`, true, true},
		{"one quote", `"`, `"`, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := sameStrong(tt.a, tt.b); got != tt.strong {
				t.Errorf("strong: got %t, want %t", got, tt.strong)
			}
			if got, back := sameWeak(tt.a, tt.b), sameWeak(tt.b, tt.a); got != tt.weak || back != tt.weak {
				t.Errorf("weak: got %t and %t, want %t", got, back, tt.weak)
			}
		})
	}
}

func TestCutTag(t *testing.T) {
	for _, tt := range []struct {
		name string
		list string
		want []string
	}{
		{"nothing", "", nil},
		{"only commas", " ,\t, ", nil},
		{"one", `"a"`, []string{`"a"`}},
		{"several", `"a",W/"b" , "c"`, []string{`"a"`, `W/"b"`, `"c"`}},
		{"empty members", `,"a",, "b",`, []string{`"a"`, `"b"`}},
		{"a comma in quotes", `"a,b", "c"`, []string{`"a,b"`, `"c"`}},
		{"a space in quotes", `"a b" , "c"`, []string{`"a b"`, `"c"`}},
		{"a backslash escapes nothing", `"a\", "b"`, []string{`"a\"`, `"b"`}},
		{"no quotes", `a, b`, []string{"a", "b"}},
		{"no comma between", `"a" "b", "c"`, []string{`"a" "b"`, `"c"`}},
		{"a quote not closed", `"a, b, "c"`, []string{`"a, b, "c"`}},
		{"the last quote not closed", `"a", "b, c`, []string{`"a"`, `"b`, "c"}},
		{"obs-text", "\"\xfc\", \"b\"", []string{"\"\xfc\"", `"b"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := cutAll(tt.list); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func cutAll(list string) []string {
	var all []string
	for tag, rest := cutTag(list); tag != ""; tag, rest = cutTag(rest) {
		all = append(all, tag)
	}
	return all
}

func TestStar(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines []string
		want  bool
	}{
		{"alone", []string{"*"}, true},
		{"with spaces", []string{" * "}, true},
		{"beside an empty line", []string{"", "*"}, true},
		{"in a list", []string{`*, "b"`}, false},
		{"beside a line", []string{"*", `"b"`}, false},
		{"twice", []string{"*, *"}, false},
		{"in quotes", []string{`"*"`}, false},
		{"no line", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := matchesAny(tt.lines, `"a"`, sameWeak); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

// TestMatchesAnyOfGenerated writes lists in every way the grammar knows, and
// expects each member to be found and no other tag.
func TestMatchesAnyOfGenerated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		opaques := rapid.SliceOfNDistinct(rapid.StringMatching(`[!#-~]{0,5}`), 1, 6, rapid.ID[string]).Draw(t, "opaques")
		absent := opaques[0]
		lines := []string{""}
		for _, o := range opaques[1:] {
			mark := rapid.SampledFrom([]string{"", "W/"}).Draw(t, "mark")
			before := rapid.SampledFrom([]string{",", " ,", ", ", ",\t,", "\n"}).Draw(t, "before")
			if before == "\n" {
				lines, before = append(lines, ""), ""
			}
			lines[len(lines)-1] += before + mark + `"` + o + `"`
		}
		for _, o := range opaques[1:] {
			if !matchesAny(lines, `"`+o+`"`, sameWeak) {
				t.Errorf("%q is not found in %q", o, lines)
			}
		}
		if matchesAny(lines, `"`+absent+`"`, sameWeak) {
			t.Errorf("%q is found in %q", absent, lines)
		}
	})
}

// FuzzEntityTags expects that cutting loses nothing but spaces and commas, that
// members can be told apart again, and that what matches is there.
func FuzzEntityTags(f *testing.F) {
	for _, seed := range []string{"", "*", `"a"`, `W/"a", "b,c"`, `"a" "b"`, `"a, b`, `a,b`, `",",","`, "\"\xff\"", `W/`, `""`} {
		f.Add(seed, `"a"`)
	}
	squeeze := strings.NewReplacer(" ", "", "\t", "", ",", "")
	f.Fuzz(func(t *testing.T, list, etag string) {
		tags := cutAll(list)
		if got, want := squeeze.Replace(strings.Join(tags, "")), squeeze.Replace(list); got != want {
			t.Errorf("of %q remain %q", list, tags)
		}
		if got := cutAll(strings.Join(tags, ", ")); !slices.Equal(got, tags) {
			t.Errorf("%q was cut to %q and then to %q", list, tags, got)
		}
		strong := matchesAny([]string{list}, etag, sameStrong)
		if strong && !slices.Contains(tags, etag) && !slices.Equal(tags, []string{"*"}) {
			t.Errorf("%q matches %q strongly", list, etag)
		}
		if strong && !matchesAny([]string{list}, etag, sameWeak) {
			t.Errorf("%q matches %q strongly, but not weakly", list, etag)
		}
	})
}
