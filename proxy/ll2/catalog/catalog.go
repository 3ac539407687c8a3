// Package catalog is the tables of Launch Library 2: the endpoints of an API version,
// the type of each documented parameter, and the schemas of what they answer. It
// states facts and decides nothing: what a request means is package ll2's to say.
//
// Each version has a file in endpoints, in a form made for reading and for diffs.
// None is written by hand. The API serves an OpenAPI document, as JSON, at
// /VERSION/schema?format=json, and a command turns that into the table:
//
//	go run ./proxy/ll2/catalog/generate -version 2.3.0 schema.json > 2.3.0.txt &&
//		mv 2.3.0.txt proxy/ll2/catalog/endpoints/
//
// A new version is its file and its name in versions; versions that are not there
// are read by what all have in common (ll2.Untabled).
//
// The tables are built once, on first use, and are never changed afterwards, so
// everything here is safe for concurrent use; callers must not modify what they
// are handed.
package catalog

import (
	"embed"
	"slices"
	"strings"
	"sync"
)

// versions are those that have a table, each in a file of that name.
var versions = []string{
	"2.3.0",
}

// Latest is the newest version that has a table.
const Latest = "2.3.0"

//go:embed endpoints/*.txt
var files embed.FS

// Kind is the documented type of a parameter.
type Kind uint8

// The kinds of parameters. The zero Kind is no parameter at all.
const (
	Integer     Kind = iota + 1 // one whole number
	Float                       // one number
	Boolean                     // true or false
	Date                        // 2026-01-31
	DateTime                    // 2026-01-31T12:00:00Z
	String                      // any text
	UUID                        // 8-4-4-4-12 hexadecimal digits
	IntegerList                 // numbers in one comma list: x=1,2
	StringList                  // texts in one comma list: x=a,b
	UUIDList                    // UUIDs in one comma list
	Repeated                    // numbers, one a pair: x=1&x=2
	Mode                        // the level of detail, a key of Endpoint.Items
	Search                      // terms that are looked for in Endpoint.Search
	Ordering                    // a comma list of Endpoint.Ordering, each perhaps after a minus
	Limit                       // the page size
	Offset                      // how many elements come before the page
)

// AnyMode is the key of Endpoint.Items where an endpoint has no modes. DefaultMode
// is what others answer in if the mode parameter says nothing.
const (
	AnyMode     = "*"
	DefaultMode = "normal"
)

// Endpoint is one path of the API, or one pattern of paths.
type Endpoint struct {
	// Path begins and ends with a slash. For an object it ends with {id}/, as in
	// /2.3.0/spacecraft/{id}/.
	Path string
	// List tells that the endpoint is paginated.
	List bool
	// ID is the kind of the object's id: Integer or UUID. Zero: the path has no id.
	ID Kind
	// Schema names what an object endpoint answers; empty elsewhere.
	Schema string
	// Items names the schema of a list's elements by mode; the only key is AnyMode
	// where the endpoint has no modes. Nil for objects.
	Items map[string]string
	// Search and Ordering are the documented fields. Nil: none are documented,
	// which does not mean that there are none.
	Search, Ordering []string

	params         map[string]Kind
	parent, object *Endpoint
}

// Param returns the kind of a parameter; ok is false if it is not documented.
func (e *Endpoint) Param(name string) (k Kind, ok bool) {
	k, ok = e.params[name]
	return k, ok
}

// Params returns the names of all documented parameters in order.
func (e *Endpoint) Params() []string {
	names := make([]string, 0, len(e.params))
	for name := range e.params {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Parent returns the list that an object is an element of, nil for all others.
func (e *Endpoint) Parent() *Endpoint { return e.parent }

// Object returns the endpoint of a list's elements, nil for all others.
func (e *Endpoint) Object() *Endpoint { return e.object }

// HasMode reports whether mode is one of the documented values of the mode parameter.
func (e *Endpoint) HasMode(mode string) bool {
	_, ok := e.Items[mode]
	return ok && mode != AnyMode
}

type tables struct {
	all       []*Endpoint
	byPath    map[string]*Endpoint
	byVersion map[string][]*Endpoint
}

var load = sync.OnceValue(func() *tables {
	t := &tables{byPath: map[string]*Endpoint{}, byVersion: map[string][]*Endpoint{}}
	for _, version := range versions {
		text, err := files.ReadFile("endpoints/" + version + ".txt")
		if err != nil {
			panic("catalog: " + err.Error()) // the files are compiled in and tested
		}
		endpoints, err := Parse(version, string(text))
		if err != nil {
			panic("catalog: " + version + ": " + err.Error())
		}
		t.byVersion[version] = endpoints
		t.all = append(t.all, endpoints...)
	}
	slices.SortFunc(t.all, func(a, b *Endpoint) int { return strings.Compare(a.Path, b.Path) })
	for _, e := range t.all {
		t.byPath[e.Path] = e
	}
	return t
})

// Has reports whether an API version has a table.
func Has(version string) bool { return slices.Contains(versions, version) }

// Table returns every endpoint of an API version, sorted by path; nil if it has none.
func Table(version string) []*Endpoint { return load().byVersion[version] }

// All returns every endpoint of every version, sorted by path.
func All() []*Endpoint { return load().all }

// Find returns the endpoint that a path belongs to and, for an object, the id
// as it stands in the path. The path is decoded and ends with a slash. An id
// that is not of the endpoint's kind does not belong to it.
func Find(path string) (e *Endpoint, id string, ok bool) {
	t := load()
	if e, ok := t.byPath[path]; ok {
		return e, "", e.ID == 0
	}
	parent, id, ok := cutLast(path)
	if !ok {
		return nil, "", false
	}
	e, ok = t.byPath[parent+idSegment]
	if !ok || !isID(id, e.ID) {
		return nil, "", false
	}
	return e, id, true
}

const idSegment = "{id}/"

// cutLast splits /a/b/ into /a/ and b.
func cutLast(path string) (parent, last string, ok bool) {
	trimmed, ok := strings.CutSuffix(path, "/")
	if !ok {
		return "", "", false
	}
	i := strings.LastIndexByte(trimmed, '/')
	return trimmed[:i+1], trimmed[i+1:], i >= 0
}

func isID(id string, kind Kind) bool {
	if kind == UUID {
		return IsUUID(id)
	}
	return id != "" && strings.Trim(id, "0123456789") == ""
}

// IsUUID reports whether s is written as 8-4-4-4-12 hexadecimal digits.
func IsUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
				return false
			}
		}
	}
	return true
}
