package catalog

import (
	"strings"
	"testing"
)

func TestTableIsComplete(t *testing.T) {
	var lists, objects, singles, params int
	for _, e := range Table("2.3.0") {
		switch {
		case e.List:
			lists++
			if len(e.Items) == 0 {
				t.Errorf("%s: no item schemas", e.Path)
			}
		case e.ID != 0:
			objects++
			if e.Schema == "" {
				t.Errorf("%s: no schema", e.Path)
			}
		default:
			singles++
		}
		params += len(e.Params())
	}
	got := [4]int{lists, objects, singles, params}
	if want := [4]int{57, 57, 2, 970}; got != want {
		t.Errorf("lists, objects, singles, parameters = %v, want %v", got, want)
	}
}

func TestParam(t *testing.T) {
	for _, tt := range []struct {
		path, name string
		want       Kind
	}{
		{"/2.3.0/spacecraft/", "in_space", Boolean},
		{"/2.3.0/spacecraft/", "limit", Limit},
		{"/2.3.0/spacecraft/", "mode", Mode},
		{"/2.3.0/spacecraft/", "tbd", 0},
		{"/2.3.0/spacecraft/{id}/", "limit", 0},
		{"/2.3.0/agencies/", "failed_landings__gte", Integer},
		{"/2.3.0/agencies/", "country_code", StringList},
		{"/2.3.0/launches/", "hide_recent_previous", 0},
		{"/2.3.0/launches/upcoming/", "hide_recent_previous", Boolean},
		{"/2.3.0/launches/upcoming/", "net__gte", DateTime},
		{"/2.3.0/launches/upcoming/", "id", UUIDList},
		{"/2.3.0/launches/previous/", "status__ids", IntegerList},
		{"/2.3.0/launcher_configurations/", "families", Repeated},
		{"/2.3.0/pads/", "latitude__lt", Float},
		{"/2.3.0/updates/", "launch", UUID},
		{"/2.3.0/pads/", "mode", 0},
		{"/2.3.0/config/orbits/", "ordering", Ordering},
	} {
		e := endpoint(t, tt.path)
		if got, _ := e.Param(tt.name); got != tt.want {
			t.Errorf("%s %s: kind %d, want %d", tt.path, tt.name, got, tt.want)
		}
	}
}

func TestSearchFieldsOfALaterListReplaceTheEarlier(t *testing.T) {
	if got, want := len(endpoint(t, "/2.3.0/launches/").Search), 10; got != want {
		t.Errorf("launches: %d search fields, want %d", got, want)
	}
	if got, want := len(endpoint(t, "/2.3.0/launches/upcoming/").Search), 9; got != want {
		t.Errorf("upcoming launches: %d search fields, want %d", got, want)
	}
}

func TestFind(t *testing.T) {
	const uuid = "e3df2ecd-c239-472f-95e4-2b89b4f75800"
	for _, tt := range []struct{ path, endpoint, id string }{
		{"/2.3.0/spacecraft/", "/2.3.0/spacecraft/", ""},
		{"/2.3.0/spacecraft/202/", "/2.3.0/spacecraft/{id}/", "202"},
		{"/2.3.0/launches/upcoming/", "/2.3.0/launches/upcoming/", ""},
		{"/2.3.0/launches/upcoming/" + uuid + "/", "/2.3.0/launches/upcoming/{id}/", uuid},
		{"/2.3.0/launches/" + uuid + "/", "/2.3.0/launches/{id}/", uuid},
		{"/2.3.0/dashboard/starship/", "/2.3.0/dashboard/starship/", ""},
		{"/2.3.0/launches/7/", "", ""},
		{"/2.3.0/spacecraft/abc/", "", ""},
		{"/2.3.0/spacecraft/{id}/", "", ""},
		{"/2.3.0/spacecraft", "", ""},
		{"/2.3.0/SPACECRAFT/", "", ""},
		{"//2.3.0/spacecraft/", "", ""},
		{"/2.2.0/spacecraft/", "", ""},
		{"/", "", ""},
		{"", "", ""},
	} {
		e, id, ok := Find(tt.path)
		if ok != (tt.endpoint != "") || ok && (e.Path != tt.endpoint || id != tt.id) {
			t.Errorf("Find(%q) = %+v, %q, %t, want %q, %q", tt.path, e, id, ok, tt.endpoint, tt.id)
		}
	}
}

// A version that is in the list is compiled in, and the latest is one of them.
func TestEveryVersionHasATable(t *testing.T) {
	for _, version := range versions {
		if len(Table(version)) == 0 {
			t.Errorf("%s: no endpoints", version)
		}
		for _, e := range Table(version) {
			if got, _, ok := Find(strings.Replace(e.Path, "{id}", sampleID(e.ID), 1)); !ok || got != e {
				t.Errorf("%s is not found in its own table", e.Path)
			}
		}
	}
	if !Has(Latest) || Has("2.2.9") || Table("2.2.9") != nil {
		t.Errorf("has %s: %t, has 2.2.9: %t", Latest, Has(Latest), Has("2.2.9"))
	}
}

func sampleID(k Kind) string {
	if k == UUID {
		return "e3df2ecd-c239-472f-95e4-2b89b4f75800"
	}
	return "7"
}

func TestParseNamesTheLineAtFault(t *testing.T) {
	for _, tt := range []struct{ source, want string }{
		{"list /x/\n  colour red\n", `line 2: unknown label "colour"`},
		{"list /x/\n  like /y/\n", "line 2: like: no such list above"},
		{"list /x/\n  items normal\n", `line 2: items: want mode=schema, have "normal"`},
		{"single /x/\n  int a\n", `line 2: "int" stands outside a list or says nothing`},
		{"list /x/\n  int\n", `line 2: "int" stands outside a list or says nothing`},
		{"  int a\n", `line 1: "int" stands outside a list or says nothing`},
		{"# x\n    int a\n", `line 2: "int" continues nothing`},
		{"list\n", `line 1: "list" wants one path`},
		{"many /x/\n", `line 1: unknown kind of endpoint "many"`},
		{"list /x/\n  object colour X\n", "line 2: object: want the kind of its id and a schema"},
		{"list /x/\n  object int\n", "line 2: object: want the kind of its id and a schema"},
	} {
		if _, err := Parse("9.9.9", tt.source); err == nil || err.Error() != tt.want {
			t.Errorf("Parse(%q): %v, want %s", tt.source, err, tt.want)
		}
	}
}

func endpoint(t *testing.T, path string) *Endpoint {
	t.Helper()
	e, ok := load().byPath[path]
	if !ok {
		t.Fatalf("%s is not in the table", path)
	}
	return e
}

func TestParent(t *testing.T) {
	for _, e := range All() {
		parent := e.Parent()
		if (parent != nil) != (e.ID != 0) {
			t.Errorf("%s: parent %v", e.Path, parent)
		}
		if parent != nil && (!parent.List || e.Path != parent.Path+"{id}/" || parent.Object() != e) {
			t.Errorf("%s: parent %s", e.Path, parent.Path)
		}
	}
}

// Whatever is taken for a table: it is read or refused, with the line at fault.
func FuzzParse(f *testing.F) {
	f.Add("list /x/\n  items *=X\n  object int X\n  int a* b<>\n      c\n\nlist /x/y/\n  like /x/\n  search ?\n")
	f.Add("single /x/\n# y\n")
	f.Fuzz(func(t *testing.T, text string) {
		endpoints, err := Parse("9.9.9", text)
		if err != nil && !strings.HasPrefix(err.Error(), "line ") {
			t.Errorf("no line at fault: %v", err)
		}
		for _, e := range endpoints {
			if e.List != (e.Object() != nil) || e.Object() != nil && e.Object().Parent() != e {
				t.Errorf("%s: object %v", e.Path, e.Object())
			}
		}
	})
}
