package body_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
	"perigee/proxy/ll2/catalog"
	"perigee/proxy/ll2/ll2test"
)

// Every list of the table, in every mode: its elements answer for objects exactly
// if the table gives both one schema, and then with the bytes upstream sends.
func TestElementsAreObjects(t *testing.T) {
	a := ll2test.NewAPI()
	compared := 0
	for _, e := range catalog.Table(catalog.Latest) {
		if !e.List {
			continue
		}
		for mode, schema := range e.Items {
			query := "limit=3"
			if mode != catalog.AnyMode {
				query += "&mode=" + mode
			}
			list := ll2test.Resolve(t, e.Path, query, "*/*")
			object := e.Object()
			if got, want := list.HasObjects(), schema == object.Schema; got != want {
				t.Errorf("%s mode %s: HasObjects = %v, want %v", e.Path, mode, got, want)
			}
			w := a.Window(t, list)
			for key, element := range w.Objects(list) {
				if e.Path == "/2.3.0/programs/" {
					continue // the simulator shows an object of a mode that programs do not have
				}
				compareObject(t, a, key, element)
				compared++
			}
		}
	}
	if compared < 100 {
		t.Errorf("only %d objects were compared", compared)
	}
}

// compareObject asks upstream for the object, with a format that links repeat.
func compareObject(t *testing.T, a ll2test.API, key string, e body.Element) {
	t.Helper()
	path := key[strings.IndexByte(key, '/')+len("/1 json "):]
	for _, query := range []string{"", "format=json"} {
		object := ll2test.Resolve(t, path, query, "application/json")
		if object.Key != key || object.Kind != ll2.Object {
			t.Fatalf("%s has the key %q, of an element %q", path, object.Key, key)
		}
		status, want := a.Get(path, query, "application/json")
		if status != http.StatusOK {
			t.Errorf("%s: status %d", path, status)
			return
		}
		s := body.Substitution{Base: local, Suffix: object.LinkSuffix()}
		got := ll2test.Written(t, e.Text(s))
		if got != ll2test.Localized(want) {
			t.Errorf("%s: %s", path, ll2test.Diff(got, ll2test.Localized(want)))
		}
	}
}

// An upcoming launch is an object of two endpoints.
func TestUpcomingElementsAnswerTwoRequests(t *testing.T) {
	a := ll2test.NewAPI()
	list := ll2test.Resolve(t, "/2.3.0/launches/upcoming/", "limit=2&mode=detailed", "*/*")
	w := a.Window(t, list)
	var paths []string
	for key, e := range w.Objects(list) {
		compareObject(t, a, key, e)
		paths = append(paths, key[:strings.LastIndexByte(strings.TrimSuffix(key, "/"), '/')])
	}
	want := []string{"ll2/1 json /2.3.0/launches/upcoming", "ll2/1 json /2.3.0/launches"}
	if want = append(want, want...); !slices.Equal(paths, want) {
		t.Errorf("objects at %q, want %q", paths, want)
	}
}

func TestListsWithoutObjects(t *testing.T) {
	for _, tt := range []struct{ reason, path, query, accept string }{
		{"another schema", "/2.3.0/launches/", "", "*/*"},
		{"an unknown mode", "/2.3.0/launches/", "mode=loud", "*/*"},
		{"indented", "/2.3.0/launches/", "mode=detailed", "application/json; indent=2"},
		{"HTML", "/2.3.0/launches/", "mode=detailed", "text/html"},
		{"no table", "/2.2.0/launch/", "mode=detailed", "*/*"},
		{"no list", "/2.3.0/dashboard/starship/", "", "*/*"},
		{"an object", "/2.3.0/pads/1/", "", "*/*"},
	} {
		if ll2test.Resolve(t, tt.path, tt.query, tt.accept).HasObjects() {
			t.Errorf("%s: HasObjects = true", tt.reason)
		}
	}
	res, err := ll2.Resolve(ll2.Request{Path: "/2.3.0/pads/", Query: "fields=id"}, ll2.Options{KeepUnknown: true})
	if err != nil || res.HasObjects() {
		t.Errorf("a parameter of unknown effect: HasObjects = true (%v)", err)
	}
}

// What an element says of itself decides, not what was requested.
func TestElementsMustSayWhatTheyAre(t *testing.T) {
	const (
		url  = `"url":"https://ll.thespacedevs.com/2.3.0/launches/e3df2ecd-c239-472f-95e4-2b89b4f75800/"`
		id   = `"id":"e3df2ecd-c239-472f-95e4-2b89b4f75800"`
		mode = `"response_mode":"detailed"`
	)
	for _, tt := range []struct {
		reason, path, query, element string
		want                         int // keys
	}{
		{"as it should be", "launches", "mode=detailed", mode + "," + id + "," + url, 1},
		{"in any order, among others", "launches", "mode=detailed", `"x":{"id":1,"url":[2]},` + url + `,"y":[],` + id + `,"name":"\"",` + mode, 1},
		{"another mode", "launches", "mode=detailed", `"response_mode":"normal",` + id + "," + url, 0},
		{"no mode", "launches", "mode=detailed", id + "," + url, 0},
		{"a mode that is no text", "launches", "mode=detailed", `"response_mode":1,` + id + "," + url, 0},
		{"a mode inside of something else", "launches", "mode=detailed", id + "," + url + `,"x":{` + mode + `}`, 0},
		{"no id", "launches", "mode=detailed", mode + "," + url, 0},
		{"an id of another kind", "launches", "mode=detailed", mode + `,"id":1,` + url, 0},
		{"an id that is no id", "launches", "mode=detailed", mode + `,"id":null,` + url, 0},
		{"an id that is more than one", "launches", "mode=detailed", mode + "," + id + "," + id + "," + url, 0},
		{"the url of another", "launches", "mode=detailed", mode + `,"id":"41699701-2ef4-4b0c-ac9d-6757820cde87",` + url, 0},
		{"the url of another host", "launches", "mode=detailed", mode + "," + id + `,"url":"https://evil.example/2.3.0/launches/e3df2ecd-c239-472f-95e4-2b89b4f75800/"`, 0},
		{"the url of something else", "launches", "mode=detailed", mode + "," + id + `,"url":"https://ll.thespacedevs.com/2.3.0/events/1/"`, 0},
		{"no url: the list's own object", "launches", "mode=detailed", mode + "," + id, 1},
		{"of a list without modes", "pads", "", `"id":7,"url":"https://ll.thespacedevs.com/2.3.0/pads/7/"`, 1},
		{"the url of something else with its id", "pads", "", `"id":7,"url":"https://ll.thespacedevs.com/2.3.0/config/orbits/7/"`, 0},
		{"without a url", "config/orbits", "", `"id":7,"name":"GTO"`, 1},
		{"a number written oddly", "config/orbits", "", `"id":7e0`, 0},
		{"less than nothing", "config/orbits", "", `"id":-7`, 0},
	} {
		list := ll2test.Resolve(t, "/2.3.0/"+tt.path+"/", tt.query, "*/*")
		w := ll2test.Window(t, list, fmt.Sprintf(`{"count":1,"next":null,"previous":null,"results":[{%s}]}`, tt.element))
		n := 0
		for range w.Objects(list) {
			n++
		}
		if n != tt.want {
			t.Errorf("%s: %d objects, want %d", tt.reason, n, tt.want)
		}
	}
}

// findObject returns the element that answers a request for an object.
func findObject(w *body.Window, list, object *ll2.Resource) (body.Element, bool) {
	if object.Kind != ll2.Object {
		return body.Element{}, false
	}
	for key, e := range w.Objects(list) {
		if key == object.Key {
			return e, true
		}
	}
	return body.Element{}, false
}

func TestFindObject(t *testing.T) {
	a := ll2test.NewAPI()
	list := ll2test.Resolve(t, "/2.3.0/spacecraft/", "mode=detailed&limit=20&ordering=id", "*/*")
	w := a.Window(t, list)
	for _, tt := range []struct {
		reason, path, query, accept string
		want                        int // -1: not found
	}{
		{"the first", "/2.3.0/spacecraft/1/", "", "*/*", 0},
		{"one in the middle", "/2.3.0/spacecraft/12", "format=json&mode=list", "*/*", 11},
		{"not in the window", "/2.3.0/spacecraft/21/", "", "*/*", -1},
		{"spelled otherwise", "/2.3.0/spacecraft/012/", "", "*/*", -1},
		{"with a filter", "/2.3.0/spacecraft/12/", "status=1", "*/*", -1},
		{"indented", "/2.3.0/spacecraft/12/", "", "*/*;indent=2", -1},
		{"HTML", "/2.3.0/spacecraft/12/", "", "text/html", -1},
		{"of another list", "/2.3.0/pads/12/", "", "*/*", -1},
		{"a list", "/2.3.0/spacecraft/", "", "*/*", -1},
	} {
		e, ok := findObject(w, list, ll2test.Resolve(t, tt.path, tt.query, tt.accept))
		if ok != (tt.want >= 0) || ok && e.Index != tt.want {
			t.Errorf("%s: element %d, %v, want %d", tt.reason, e.Index, ok, tt.want)
		}
	}
	first, _ := findObject(w, list, ll2test.Resolve(t, "/2.3.0/spacecraft/1/", "", "*/*"))
	second, _ := findObject(w, list, ll2test.Resolve(t, "/2.3.0/spacecraft/2/", "", "*/*"))
	if string(first.AppendIdentity(nil)) == string(second.AppendIdentity(nil)) {
		t.Error("two elements have one identity")
	}
}
