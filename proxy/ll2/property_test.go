package ll2

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// spellings are values worth trying for each parameter of the models: several ways
// to say the same, and near misses.
var spellings = map[string][]string{
	"limit":     {"", "0", "1", "01", "+1", " 1", "1_0", "10", "-1", "1.0", "100", "101", "99999999999999999999", "٥", "5", "_5", "5 5", "5\x00"},
	"offset":    {"", "0", "-0", "5", "05", "٥", " 5\u00a0", "\x1c5", "-5", "5.", "1_0", "10", "1__0", "18446744073709551616", "1844674407370955161_6"},
	"mode":      {"", "normal", "list", "detailed", "Normal", " "},
	"status":    {"", " ", "4", "04", "+4", " 4", "4\n", "-4", "-04", "4.0", "4e0", "٤", "4_0", "40", "4,4", "+", "++4", "+-4", "0", "00", "-0", "4\x00", "\u00a04"},
	"is_crewed": {"", "true", "True", "1", "01", "false", "FALSE", "0", " true", "yes", "true,false", "truE\x00"},
	"name":      {"", " ", "a", "A", " a", "a ", "\u2003a", "a\x1f", "a b", "a  b", "a,b", "b,a", "\x00", " \x00", "\u00a0"},
	"net__gte": {"", "2026-01-31", "2026-01-31T12:00:00Z", "2026-01-31T14:00:00+02:00", "2026-01-31T14:00:00 02:00", "2026-01-31T12:00:00.000Z",
		"2026-01-31T12:00:00.1Z", "2026-01-31T12:00:00.10Z", "2026-01-31T12:00:00.01Z", "2026-01-31T12:00:00", "2026-02-31T12:00:00Z", "2026-01-31T12:00:00-00:00"},
	"status__ids": {"", ",", ",,", "1", "1,", ",1", "1,2", "2,1", "2,1,1", "01,2", " 1,+2", "1, ", "1,x", "x,1", "10,2", "2,10", "102", "1,2.0", "0,00", "-1,1"},
	"lsp__name":   {"", ",", ",,", "a", "a,", ",a", "a,b", "b,a", "a,a", "a, b", " b,a", "A,b", "ab", "b,a\x00", "\x00,", " "},
	"id": {"", ",", "3c1e2f60-0d2b-4d2e-9d8a-0a6f7a3f0001", "3C1E2F60-0D2B-4D2E-9D8A-0A6F7A3F0001", "3c1e2f60-0d2b-4d2e-9d8a-0a6f7a3f0001,",
		"3c1e2f60-0d2b-4d2e-9d8a-0a6f7a3f0002,3c1e2f60-0d2b-4d2e-9d8a-0a6f7a3f0001",
		"3c1e2f60-0d2b-4d2e-9d8a-0a6f7a3f0001,3c1e2f60-0d2b-4d2e-9d8a-0a6f7a3f0002", "3c1e2f60-0d2b-4d2e-9d8a-0a6f7a3f0001,x"},
	"search": {"", " ", ",", "a", "A", "a b", "b a", "b,A", "a  a", "ab", "a\u00a0b", "b\u00a0a", "b\x1ca", "\u00a0", `"a b"`, `"b a"`, `b "a`, "'a", "a\x00", "\x00a", `a\`, "ä", "Ä", "b\ta"},
	"ordering": {"", ",", "net", "-net", "--net", " net", "net ", "- net", "net,id", "id,net", "net,-net", "-net,net", "bogus", "bogus,net", "net,bogus",
		"NET", "net,net,id", "net\x00", "net id"},
	"unheard_of": {"", "1", "2"},
	"families":   {"", "1", "2", "01", "1,2", " 1"},
}

// Every two values of every parameter: those that the model tells apart may not
// share a key.
func TestValuesOfOneKeyHaveOneMeaning(t *testing.T) {
	for _, list := range []struct {
		path string
		model
	}{{"/2.3.0/launches/", launches}, {"/2.3.0/launcher_configurations/", launcherConfigurations}} {
		for name := range list.model {
			meaning := map[string]string{} // by key
			for _, first := range append([]string{"-"}, spellings[name]...) {
				for _, second := range spellings[name] {
					pairs := []pair{{name, first}, {name, second}}
					if first == "-" { // only one value
						pairs = pairs[1:]
					}
					key := resolvePairs(t, list.path, pairs).Key
					want := list.answer(pairs)
					if got, ok := meaning[key]; ok && got != want {
						t.Errorf("%s: two meanings share the key %q:\n%s\n--- and\n%s", name, key, got, want)
					}
					meaning[key] = want
				}
			}
		}
	}
}

// Two queries with many parameters, of which one is another's variation.
func TestQueriesOfOneKeyHaveOneMeaning(t *testing.T) {
	names := modelNames(launches)
	rapid.Check(t, func(t *rapid.T) {
		a := drawPairs(t, names, "a")
		b := slices.Clone(a)
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			p := drawPair(t, names, "change")
			at := rapid.IntRange(0, len(b)).Draw(t, "at")
			if at < len(b) && rapid.Bool().Draw(t, "replace") {
				b[at] = p
			} else {
				b = slices.Insert(b, at, p)
			}
		}
		keyA, keyB := resolvePairs(t, "/2.3.0/launches/", a).Key, resolvePairs(t, "/2.3.0/launches/", b).Key
		if keyA == keyB && launches.answer(a) != launches.answer(b) {
			t.Fatalf("%q and %q share the key %q", a, b, keyA)
		}
	})
}

// The canonical query means what the client meant, and resolves to itself.
func TestCanonicalQueryMeansTheSame(t *testing.T) {
	names := modelNames(launches)
	rapid.Check(t, func(t *rapid.T) {
		pairs := drawPairs(t, names, "pairs")
		res := resolvePairs(t, "/2.3.0/launches/", pairs)
		canonical, err := parseQuery(res.Query)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := launches.answer(canonical), launches.answer(pairs); got != want {
			t.Fatalf("?%s means\n%s\nbut the client's %q\n%s", res.Query, got, pairs, want)
		}
		checkResolvesToItself(t, res, Options{})
	})
}

func TestSpellingDoesNotMatter(t *testing.T) {
	names := modelNames(launches)
	rapid.Check(t, func(t *rapid.T) {
		pairs := drawPairs(t, names, "pairs")
		slices.SortStableFunc(pairs, func(a, b pair) int { return strings.Compare(a.name, b.name) })
		pairs = slices.CompactFunc(pairs, func(a, b pair) bool { return a.name == b.name })
		want := resolvePairs(t, "/2.3.0/launches/", pairs).Key

		other := append(slices.Clone(pairs), pair{"format", "json"}, pair{"tbd", "x"})
		for _, redundant := range []pair{{"limit", "10"}, {"offset", "0"}, {"mode", "normal"}, {"name", ""}, {"search", ","}} {
			if !slices.ContainsFunc(pairs, func(p pair) bool { return p.name == redundant.name }) {
				other = append(other, redundant)
			}
		}
		shuffle := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		shuffle.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
		query := respell(shuffle, other)
		res, err := Resolve(Request{Path: "/2.3.0/launches", Query: query}, Options{})
		if err != nil || res.Key != want {
			t.Fatalf("?%s has the key %q (%v), want %q", query, res.Key, err, want)
		}
	})
}

// respell writes pairs with more escapes than needed, in any case, and stray '&'.
func respell(r *rand.Rand, pairs []pair) string {
	var b strings.Builder
	write := func(s string) {
		for i := range len(s) {
			switch c := s[i]; {
			case c == ' ' && r.IntN(2) == 0:
				b.WriteByte('+')
			case r.IntN(3) == 0:
				fmt.Fprintf(&b, "%%%02x", c)
			case r.IntN(3) == 0 || c >= 0x80 || strings.IndexByte("%&+= \x00", c) >= 0:
				fmt.Fprintf(&b, "%%%02X", c)
			default:
				b.WriteByte(c)
			}
		}
	}
	for _, p := range pairs {
		b.WriteString(strings.Repeat("&", 1+r.IntN(2)))
		write(p.name)
		b.WriteByte('=')
		write(p.value)
	}
	return b.String()
}

func modelNames(m model) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func drawPairs(t *rapid.T, names []string, label string) []pair {
	pairs := make([]pair, rapid.IntRange(0, 6).Draw(t, label))
	for i := range pairs {
		pairs[i] = drawPair(t, names, label)
	}
	return pairs
}

func drawPair(t *rapid.T, names []string, label string) pair {
	name := rapid.SampledFrom(names).Draw(t, label+" name")
	value := rapid.SampledFrom(spellings[name]).Draw(t, label+" value")
	if rapid.IntRange(0, 3).Draw(t, label+" odd") == 0 {
		value += rapid.StringOf(rapid.SampledFrom([]rune("a4, -\x00\"٤"))).Draw(t, label+" tail")
	}
	return pair{name, value}
}

// fataler is what *testing.T and *rapid.T have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func resolvePairs(t fataler, path string, pairs []pair) Resource {
	t.Helper()
	query := encodeQuery(pairs)
	res, err := Resolve(Request{Path: path, Query: query}, Options{})
	if err != nil {
		t.Fatalf("?%s: %v", query, err)
	}
	return res
}

// checkResolvesToItself checks that canonicalising twice changes nothing.
func checkResolvesToItself(t fataler, res Resource, o Options) {
	t.Helper()
	again, err := Resolve(Request{Path: res.Path, Query: res.Query, Accept: []string{res.Accept}}, o)
	if err != nil || again.Key != res.Key {
		t.Fatalf("%s?%s with Accept %q has the key %q (%v), want %q", res.Path, res.Query, res.Accept, again.Key, err, res.Key)
	}
	if again.Path != res.Path || again.Query != res.Query || again.Accept != res.Accept || again.Kind != res.Kind ||
		again.Endpoint != res.Endpoint || again.Representation != res.Representation || again.Indent != res.Indent ||
		again.Page != res.Page || again.Mode != res.Mode {
		t.Fatalf("resolved again: %+v, want %+v", again, res)
	}
	checkLinksOfCanonical(t, &res, &again)
}

// checkLinksOfCanonical checks that the links upstream writes are known without
// resolving what it is sent.
func checkLinksOfCanonical(t fataler, res, again *Resource) {
	t.Helper()
	if res.Kind != List && res.Kind != Untabled {
		return
	}
	canonical := res.Canonical()
	got, _ := canonical.Next("https://h", 1<<62)
	want, _ := again.Next("https://h", 1<<62)
	if got != want {
		t.Fatalf("canonical next %s, want %s", got, want)
	}
	got, _ = canonical.Previous("https://h", 1<<62)
	want, _ = again.Previous("https://h", 1<<62)
	if got != want {
		t.Fatalf("canonical previous %s, want %s", got, want)
	}
}
