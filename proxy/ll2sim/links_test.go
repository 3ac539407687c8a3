package ll2sim_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"perigee/proxy/ll2/catalog"
	"perigee/proxy/ll2sim"
)

// TestFollowNext walks a list in one direction by next and back by previous, and
// must see every element once.
func TestFollowNext(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{Limit: -1})
	var there, back []int
	at := "/2.3.0/spacecraft/?ordering=-flights_count&limit=57&offset=20"
	walk := func(ids *[]int, link string) (next string) {
		var body struct {
			Next, Previous string
			Results        []struct{ ID int }
		}
		decode(t, ask(t, s, http.MethodGet, link), &body)
		for _, r := range body.Results {
			*ids = append(*ids, r.ID)
		}
		if ids == &there {
			return strings.TrimPrefix(body.Next, "http://HOST")
		}
		return strings.TrimPrefix(body.Previous, "http://HOST")
	}
	for link := at; link != ""; link = walk(&there, link) {
	}
	for link := at; link != ""; link = walk(&back, link) {
	}
	slices.Sort(there)
	if n := len(slices.Compact(there)); n != 570 {
		t.Errorf("%d different elements from the 21st on, want %d", n, 570)
	}
	if len(back) != 57*2 { // the first page is as long as the others, so it overlaps
		t.Errorf("%d elements on the way back", len(back))
	}
}

// TestFormatEcho holds that every link to the API repeats the format, and that
// nothing else does.
func TestFormatEcho(t *testing.T) {
	for query, want := range map[string]string{
		"mode=detailed": "", "format=json&mode=detailed": "?format=json", "format=&mode=detailed": "?format=",
		"format=json&format=&mode=detailed": "?format=", "%66ormat=json&mode=detailed": "?format=json",
	} {
		for text := range textsOf(t, get(t, "/2.3.0/launches/?limit=3&"+query).Body.String()) {
			path, own := strings.CutPrefix(text, "http://HOST")
			isAPI := own && strings.HasPrefix(path, "/2.3.0/") && !strings.Contains(path, "limit=")
			if isAPI && !strings.HasSuffix(path, "/"+want) {
				t.Errorf("?%s: %s does not end with /%s", query, text, want)
			}
			if own && strings.HasPrefix(path, "/media/") && strings.Contains(path, "?") {
				t.Errorf("?%s: %s is no link to the API", query, text)
			}
		}
	}
}

// textsOf returns all strings of a JSON value that are no names.
func textsOf(t *testing.T, body string) map[string]bool {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(body), &value); err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	var collect func(any)
	collect = func(value any) {
		switch v := value.(type) {
		case string:
			texts[v] = true
		case []any:
			for _, element := range v {
				collect(element)
			}
		case map[string]any:
			for _, element := range v {
				collect(element)
			}
		}
	}
	collect(value)
	return texts
}

// TestLinksLeadSomewhere follows every link on the first page of every list, in
// the present version and in an old one.
func TestLinksLeadSomewhere(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{Limit: -1})
	followed := map[string]bool{}
	follow := func(list string) {
		for text := range textsOf(t, ask(t, s, http.MethodGet, list+"?mode=detailed&format=json").Body.String()) {
			path, ok := strings.CutPrefix(text, "http://HOST")
			if !ok || followed[path] {
				continue
			}
			followed[path] = true
			if got := status(t, s, path); got != http.StatusOK {
				t.Errorf("%s links to %s: %d", list, path, got)
			}
		}
	}
	for _, e := range catalog.Table(catalog.Latest) {
		if e.ID == 0 {
			follow(e.Path)
		}
	}
	var old map[string]string
	decode(t, ask(t, s, http.MethodGet, "/2.2.0/"), &old)
	for name := range old {
		follow("/2.2.0/" + name + "/")
	}
	follow("/2.3.0/") // the list of all
	follow("/2.2.0/")
	if len(followed) < 300 {
		t.Errorf("only %d links", len(followed))
	}
}
