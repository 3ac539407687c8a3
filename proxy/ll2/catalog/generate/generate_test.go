package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"perigee/proxy/ll2/catalog"
)

const sample = "testdata/openapi.json"

func runCommand(args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = run(args, &out, &err)
	return status, out.String(), err.String()
}

func TestTableOfADocument(t *testing.T) {
	status, got, stderr := runCommand("-version", "9.9.9", sample)
	if status != 0 || stderr != "" {
		t.Fatalf("status %d: %s", status, stderr)
	}
	want, err := os.ReadFile("testdata/table.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the table is\n%s\nwant testdata/table.txt", got)
	}
}

// What the sample says of each parameter is what package catalog reads of it.
func TestTableMeansWhatTheDocumentSays(t *testing.T) {
	_, text, _ := runCommand("-version", "9.9.9", sample)
	endpoints, err := catalog.Parse("9.9.9", text)
	if err != nil {
		t.Fatal(err)
	}
	find := func(path string) *catalog.Endpoint {
		for _, e := range endpoints {
			if e.Path == "/9.9.9"+path {
				return e
			}
		}
		t.Fatalf("%s is not in the table", path)
		return nil
	}
	for _, path := range []string{"/rockets/", "/rockets/upcoming/"} {
		for name, want := range map[string]catalog.Kind{
			"limit": catalog.Limit, "offset": catalog.Offset, "mode": catalog.Mode, "search": catalog.Search, "ordering": catalog.Ordering,
			"active": catalog.Boolean, "count": catalog.Integer, "count__gt": catalog.Integer, "count__gte": catalog.Integer,
			"count__lt": catalog.Integer, "count__lte": catalog.Integer, "mass": 0, "mass__gt": catalog.Float, "mass__lte": catalog.Float,
			"thrust": catalog.Float, "price": catalog.Float, "born__gte": catalog.Date, "net__gt": catalog.DateTime, "net__gt__lt": catalog.DateTime,
			"name": catalog.String, "launch": catalog.UUID, "ids": catalog.IntegerList, "years": catalog.IntegerList,
			"names": catalog.StringList, "launches": catalog.UUIDList, "program": catalog.Repeated, "nope": 0,
		} {
			if got, _ := find(path).Param(name); got != want {
				t.Errorf("%s %s: kind %d, want %d", path, name, got, want)
			}
		}
	}
	if _, ok := find("/rockets/").Param("recent"); ok {
		t.Error("a list takes what only the list below it takes")
	}
	if got := find("/rockets/upcoming/{id}/"); got.ID != catalog.Integer || got.Schema != "RocketDetailed" {
		t.Errorf("rocket: id of kind %d, schema %s", got.ID, got.Schema)
	}
	if got := find("/flights/{id}/"); got.ID != catalog.UUID || got.Schema != "Flight" {
		t.Errorf("flight: id of kind %d, schema %s", got.ID, got.Schema)
	}
	if got := find("/flights/"); got.Search != nil || got.Items[catalog.AnyMode] != "Flight" || got.HasMode("list") {
		t.Errorf("flights: %+v", got)
	}
	if find("/api-throttle/").List {
		t.Error("the throttle report is a list")
	}
}

// The tables that are compiled in are as they were generated.
func TestTablesAreGenerated(t *testing.T) {
	names, err := filepath.Glob("../endpoints/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("tables %q, %v", names, err)
	}
	for _, name := range names {
		version := strings.TrimSuffix(filepath.Base(name), ".txt")
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := write(version, endpointsOf(version)); got != string(want) {
			t.Errorf("%s is not as the command writes it:\n%s", name, got)
		}
	}
}

// endpointsOf returns the endpoints of a table as readOpenAPI does those of a document.
func endpointsOf(version string) []*endpoint {
	words := map[catalog.Kind]string{
		catalog.Boolean: "bool", catalog.Integer: "int", catalog.Float: "float", catalog.Date: "date", catalog.DateTime: "time",
		catalog.String: "string", catalog.UUID: "uuid", catalog.IntegerList: "ints", catalog.StringList: "strings",
		catalog.UUIDList: "uuids", catalog.Repeated: "repeated",
	}
	fields := func(documented []string) []string {
		if documented == nil {
			return notDocumented
		}
		return documented
	}
	var all []*endpoint
	for _, e := range catalog.Table(version) {
		if e.ID != 0 {
			continue
		}
		own := &endpoint{path: strings.TrimPrefix(e.Path, "/"+version), list: e.List, items: e.Items, params: map[string]string{}}
		if e.List {
			own.idKind, own.schema = words[e.Object().ID], e.Object().Schema
		}
		for _, name := range e.Params() {
			switch kind, _ := e.Param(name); kind {
			case catalog.Limit, catalog.Offset, catalog.Mode:
			case catalog.Search:
				own.search = fields(e.Search)
			case catalog.Ordering:
				own.order = fields(e.Ordering)
			default:
				own.params[name] = words[kind]
			}
		}
		all = append(all, own)
	}
	return all
}

// What the table cannot state is named, and nothing is written.
func TestFaults(t *testing.T) {
	text, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, from, to, want string }{
		{"no JSON", `{`, ``, "read JSON: "},
		{"another version of OpenAPI", `"3.0.3"`, `"3.1.0"`, `OpenAPI version is "3.1.0", want 3.0`},
		{"no paths", `"paths"`, `"path"`, "there are no paths"},
		{"no GET", `"/9.9.9/api-throttle/": {"get"`, `"/9.9.9/api-throttle/": {"post"`, "/9.9.9/api-throttle/: there is no GET"},
		{"another API version", `/9.9.9/flights/past/`, `/9.9.8/flights/past/`, "/9.9.8/flights/past/: want /9.9.9/.../"},
		{"no slash at the end", `/9.9.9/api-throttle/`, `/9.9.9/api-throttle`, "/9.9.9/api-throttle: want /9.9.9/.../"},
		{"an object without a list", `"/9.9.9/flights/past/{id}/"`, `"/9.9.9/flights/lost/{id}/"`, "/9.9.9/flights/lost/{id}/: want the path of a list and {id}/"},
		{"a list without objects", `"/9.9.9/flights/past/{id}/"`, `"/9.9.9/flights/lost/{id}/"`, "/9.9.9/flights/past/: there is no /flights/past/{id}/"},
		{"an id that is a text", `{"type": "string", "format": "uuid"}, "required"`, `{"type": "string"}, "required"`, "/9.9.9/flights/{id}/: the id is neither an integer nor a UUID"},
		{"an object with parameters", `{"in": "path"`, `{"in": "query", "name": "x", "schema": {"type": "string"}}, {"in": "path"`, "/9.9.9/flights/{id}/: an object takes the parameter x"},
		{"an object without a schema", `{"schema": {"$ref": "#/components/schemas/Flight"}}`, `{"schema": {"type": "object"}}`, "/9.9.9/flights/{id}/: the schema of what it answers has no name"},
		{"a document with parameters", `"/9.9.9/api-throttle/": {"get": {`, `"/9.9.9/api-throttle/": {"get": {"parameters": [{"name": "x"}],`, "/9.9.9/api-throttle/: a document that is no list takes parameters"},
		{"an unknown type", `"name": "active", "schema": {"type": "boolean"}`, `"name": "active", "schema": {"type": "object"}`, `/9.9.9/rockets/: parameter active: unknown type "object", format ""`},
		{"an unknown format", `"format": "date-time"`, `"format": "duration"`, `/9.9.9/rockets/: parameter net__gt: unknown type "string", format "duration"`},
		{"a choice", `"name": "name", "schema": {"type": "string"`, `"name": "name", "schema": {"type": "string", "enum": ["a"]`, "/9.9.9/rockets/: parameter name: one of several values, which the table cannot state"},
		{"an unknown array", `{"type": "array", "items": {"type": "string"}}`, `{"type": "array", "items": {"type": "boolean"}}`, `/9.9.9/rockets/: parameter names: unknown array of type "boolean", format "", separated by ",", style "form"`},
		{"an array of nothing", `{"type": "array", "items": {"type": "string"}}`, `{"type": "array"}`, `/9.9.9/rockets/: parameter names: unknown array of type ""`},
		{"texts that are repeated", `"items": {"type": "integer"}}}`, `"items": {"type": "string"}}}`, `/9.9.9/rockets/: parameter program: unknown array of type "string", format "", separated by "&"`},
		{"another style", `"explode": false, "style": "form"`, `"explode": false, "style": "pipeDelimited"`, `/9.9.9/rockets/: parameter ids: unknown array of type "integer", format "", separated by ",", style "pipeDelimited"`},
		{"no limit", `"name": "limit"`, `"name": "size"`, "/9.9.9/flights/: a list takes limit and offset"},
		{"an odd offset", `"name": "offset", "schema": {"type": "integer"}`, `"name": "offset", "schema": {"type": "string"}`, "/9.9.9/flights/: parameter offset: its type is string, want int"},
		{"no mode", `"name": "mode"`, `"name": "detail"`, "/9.9.9/rockets/: its elements have modes, but there is no parameter mode"},
		{"a mode without a schema", `["detailed", "list", "normal"]`, `["detailed", "list", "tiny"]`, `/9.9.9/rockets/: parameter mode: takes ["detailed" "list" "tiny"], but there are schemas for ["detailed" "list" "normal"]`},
		{"modes told apart otherwise", `"propertyName": "response_mode"`, `"propertyName": "type"`, `/9.9.9/rockets/: its elements are told apart by "type", want response_mode`},
		{"elements without a schema", `"results": {"type": "array", "items": {"$ref": "#/components/schemas/Flight"}}`, `"results": {"type": "array", "items": {"type": "object"}}`, "/9.9.9/flights/: the schema of its elements has no name"},
	} {
		name := filepath.Join(t.TempDir(), "schema.json")
		changed := strings.ReplaceAll(string(text), tt.from, tt.to)
		if tt.name == "no JSON" {
			changed = strings.Replace(string(text), tt.from, tt.to, 1)
		} else if changed == string(text) {
			t.Errorf("%s: nothing to replace", tt.name)
		}
		if err := os.WriteFile(name, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		status, stdout, stderr := runCommand("-version", "9.9.9", name)
		if status != 1 || stdout != "" || !strings.Contains(stderr, tt.want) {
			t.Errorf("%s: status %d, %d bytes written, error\n%s\nwant %s", tt.name, status, len(stdout), stderr, tt.want)
		}
	}
}

func TestCommandLine(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want int
		says string
	}{
		{"nothing", nil, 2, "usage: generate -version N.N.N schema.json"},
		{"no version", []string{sample}, 2, "usage: "},
		{"no document", []string{"-version", "9.9.9"}, 2, "usage: "},
		{"two documents", []string{"-version", "9.9.9", sample, sample}, 2, "usage: "},
		{"an unknown flag", []string{"-format", "yaml"}, 2, "flag provided but not defined: -format"},
		{"no such file", []string{"-version", "9.9.9", "testdata/none.json"}, 1, "open testdata/none.json: "},
	} {
		status, stdout, stderr := runCommand(tt.args...)
		if status != tt.want || stdout != "" || !strings.Contains(stderr, tt.says) {
			t.Errorf("%s: status %d, output %q, error %q, want status %d and %q", tt.name, status, stdout, stderr, tt.want, tt.says)
		}
	}
}
