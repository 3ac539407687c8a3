package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// document is an OpenAPI 3.0 document, as far as the table needs it.
type document struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]struct {
		Get *operation `json:"get"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	Description string      `json:"description"`
	Parameters  []parameter `json:"parameters"`
	Responses   map[string]struct {
		Content map[string]struct {
			Schema schema `json:"schema"`
		} `json:"content"`
	} `json:"responses"`
}

type parameter struct {
	In      string `json:"in"`
	Name    string `json:"name"`
	Style   string `json:"style"`
	Explode *bool  `json:"explode"` // nil: true, for a query
	Schema  schema `json:"schema"`
}

type schema struct {
	Ref           string            `json:"$ref"`
	Type          string            `json:"type"`
	Format        string            `json:"format"`
	Enum          []any             `json:"enum"`
	Items         *schema           `json:"items"`
	Properties    map[string]schema `json:"properties"`
	Discriminator struct {
		PropertyName string            `json:"propertyName"`
		Mapping      map[string]string `json:"mapping"`
	} `json:"discriminator"`
}

// endpoint is one stanza of the table: a list with its object, or a single document.
type endpoint struct {
	path string // below the version, as in /launches/
	list bool

	items          map[string]string // schema of the elements by mode; * if there are none
	search, order  []string          // fields; nil: no such parameter; ?: not documented
	params         map[string]string // the table's words for the types of all others, by name
	idKind, schema string            // of the object; empty if there is none
}

// notDocumented stands for the fields of a search or ordering parameter that the
// document does not name.
var notDocumented = []string{"?"}

// reader collects the endpoints of a document and what is wrong with it.
type reader struct {
	document
	version string
	lists   map[string]*endpoint
	found   []*endpoint
	faults  []error
}

// readOpenAPI returns the endpoints of a document, sorted by path.
func readOpenAPI(from io.Reader, version string) ([]*endpoint, error) {
	r := reader{version: version, lists: map[string]*endpoint{}}
	if err := json.NewDecoder(from).Decode(&r.document); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	if !strings.HasPrefix(r.OpenAPI, "3.0.") {
		return nil, fmt.Errorf("OpenAPI version is %q, want 3.0", r.OpenAPI)
	}
	if len(r.Paths) == 0 {
		return nil, errors.New("there are no paths")
	}
	var objects []string
	for _, path := range slices.Sorted(maps.Keys(r.Paths)) {
		switch below, ok := strings.CutPrefix(path, "/"+version); {
		case r.Paths[path].Get == nil:
			r.fault(path, "there is no GET")
		case !ok || !strings.HasPrefix(below, "/") || !strings.HasSuffix(below, "/"):
			r.fault(path, "want /%s/.../", version)
		case strings.Contains(below, "{"):
			objects = append(objects, path) // after its list, which is shorter
		default:
			r.collection(below, r.Paths[path].Get)
		}
	}
	for _, path := range objects {
		r.object(path, r.Paths[path].Get)
	}
	for _, path := range slices.Sorted(maps.Keys(r.lists)) {
		if r.lists[path].idKind == "" {
			r.fault("/"+version+path, "there is no %s{id}/", path)
		}
	}
	return r.found, errors.Join(r.faults...)
}

func (r *reader) fault(path, format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
}

// collection reads a path without an id: a list if what it answers is paginated.
func (r *reader) collection(below string, get *operation) {
	path := "/" + r.version + below
	e := &endpoint{path: below, params: map[string]string{}}
	r.found = append(r.found, e)
	page := r.resolve(answer(get)).Properties
	if page["results"].Items == nil || page["count"].Type != "integer" {
		if len(get.Parameters) > 0 {
			r.fault(path, "a document that is no list takes parameters")
		}
		return
	}
	e.list, e.items = true, r.items(path, *page["results"].Items)
	r.lists[below] = e
	var taken []string
	for _, p := range get.Parameters {
		taken = append(taken, p.Name)
		r.parameter(path, e, p, get.Description)
	}
	if !slices.Contains(taken, "limit") || !slices.Contains(taken, "offset") {
		r.fault(path, "a list takes limit and offset")
	}
	if e.items["*"] == "" && !slices.Contains(taken, "mode") {
		r.fault(path, "its elements have modes, but there is no parameter mode")
	}
}

// parameter adds one parameter to a list.
func (r *reader) parameter(path string, e *endpoint, p parameter, description string) {
	word, err := wordFor(p)
	want, special := map[string]string{
		"limit": "int", "offset": "int", "mode": "enum", "search": "string", "ordering": "string",
	}[p.Name]
	switch {
	case err != nil:
		r.fault(path, "parameter %s: %v", p.Name, err)
	case special && word != want:
		r.fault(path, "parameter %s: its type is %s, want %s", p.Name, word, want)
	case p.Name == "mode":
		r.modes(path, e, p.Schema.Enum)
	case p.Name == "search":
		e.search = documented(description, "Search", "Fields searched - ")
	case p.Name == "ordering":
		e.order = documented(description, "Ordering", "Fields - ")
	case special:
	case word == "enum":
		r.fault(path, "parameter %s: one of several values, which the table cannot state", p.Name)
	default:
		e.params[p.Name] = word
	}
}

// items returns the schemas of a list's elements by mode, none if they have no name.
func (r *reader) items(path string, s schema) map[string]string {
	name := s.name()
	if name == "" {
		r.fault(path, "the schema of its elements has no name")
		return nil
	}
	byMode := r.resolve(s).Discriminator
	if len(byMode.Mapping) == 0 {
		return map[string]string{"*": name}
	}
	if byMode.PropertyName != "response_mode" {
		r.fault(path, "its elements are told apart by %q, want response_mode", byMode.PropertyName)
	}
	items := map[string]string{}
	for mode, ref := range byMode.Mapping {
		items[mode] = schema{Ref: ref}.name()
	}
	return items
}

// modes checks that a list takes the modes that it has elements for.
func (r *reader) modes(path string, e *endpoint, enum []any) {
	var taken []string
	for _, mode := range enum {
		taken = append(taken, fmt.Sprint(mode))
	}
	slices.Sort(taken)
	if known := slices.Sorted(maps.Keys(e.items)); !slices.Equal(taken, known) {
		r.fault(path, "parameter mode: takes %q, but there are schemas for %q", taken, known)
	}
}

// object reads a path that ends with an id.
func (r *reader) object(path string, get *operation) {
	below := strings.TrimPrefix(path, "/"+r.version)
	list, ok := r.lists[strings.TrimSuffix(below, "{id}/")]
	if !ok {
		r.fault(path, "want the path of a list and {id}/")
		return
	}
	list.schema = answer(get).name()
	if list.schema == "" {
		r.fault(path, "the schema of what it answers has no name")
	}
	for _, p := range get.Parameters {
		word, err := wordFor(p)
		switch {
		case p.In != "path" || p.Name != "id":
			r.fault(path, "an object takes the parameter %s", p.Name)
		case err != nil || word != "int" && word != "uuid":
			r.fault(path, "the id is neither an integer nor a UUID")
		default:
			list.idKind = word
		}
	}
}

// answer returns the schema of what a successful request is answered with.
func answer(get *operation) schema { return get.Responses["200"].Content["application/json"].Schema }

const schemas = "#/components/schemas/"

// name returns the name of a schema that is a reference, or nothing.
func (s schema) name() string {
	name, _ := strings.CutPrefix(s.Ref, schemas)
	return name
}

// resolve returns what a schema refers to.
func (r *reader) resolve(s schema) schema {
	if s.Ref == "" {
		return s
	}
	return r.Components.Schemas[s.name()]
}

// wordFor returns the table's word for the type of a parameter, or enum for one of
// several texts.
func wordFor(p parameter) (string, error) {
	s := p.Schema
	word := scalars[s.Type+" "+s.Format]
	switch {
	case s.Type == "array":
		return listWordFor(p)
	case s.Type == "string" && s.Enum != nil:
		return "enum", nil
	case word == "" || s.Enum != nil:
		return "", fmt.Errorf("unknown type %q, format %q", s.Type, s.Format)
	}
	return word, nil
}

// scalars are the words for types and formats.
var scalars = map[string]string{
	"boolean ": "bool", "integer ": "int", "number ": "float", "number float": "float", "number double": "float",
	"string ": "string", "string date": "date", "string date-time": "time", "string uuid": "uuid",
}

// listWordFor is wordFor for an array: one comma list, or a parameter that is
// repeated.
func listWordFor(p parameter) (string, error) {
	items := schema{}
	if p.Schema.Items != nil {
		items = *p.Schema.Items
	}
	separator := "&"
	if p.Explode != nil && !*p.Explode {
		separator = ","
	}
	word := arrays[separator+items.Type+" "+items.Format]
	if word == "" || items.Enum != nil || p.Style != "" && p.Style != "form" {
		return "", fmt.Errorf("unknown array of type %q, format %q, separated by %q, style %q", items.Type, items.Format, separator, p.Style)
	}
	return word, nil
}

// arrays are the words for separators, types and formats.
var arrays = map[string]string{
	",integer ": "ints", ",number ": "ints", ",string ": "strings", ",string uuid": "uuids",
	"&integer ": "repeated",
}

// documented returns the fields that an operation's description names below a
// heading, on the line that begins with prefix.
func documented(description, heading, prefix string) []string {
	_, section, _ := strings.Cut(description, "#### "+heading+"\n")
	line, _, _ := strings.Cut(section, "\n")
	line, ok := strings.CutPrefix(line, prefix)
	if !ok {
		return notDocumented
	}
	fields := strings.Split(line, ", ")
	for i, f := range fields {
		fields[i] = strings.Trim(f, "`")
	}
	slices.Sort(fields)
	return fields
}
