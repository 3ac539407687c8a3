package ll2sim

import (
	"fmt"
	"strings"

	"perigee/proxy/ll2/catalog"
	"perigee/proxy/ll2sim/dataset"
	"perigee/proxy/ll2sim/drf"
)

// root is the body of /2.3.0/: a link to every list and single document. Under an
// old version it has those that had a name then.
func (t target) root() drf.Object {
	var o drf.Object
	if isOldVersion(t.version) {
		for _, r := range renamings() {
			o = append(o, drf.Member{Name: r.before, Value: drf.Link("/" + catalog.Latest + "/" + r.since + "/")})
		}
		return o
	}
	for _, e := range catalog.Table(catalog.Latest) {
		if e.ID == 0 {
			name := strings.TrimSuffix(strings.TrimPrefix(e.Path, "/"+catalog.Latest+"/"), "/")
			o = append(o, drf.Member{Name: name, Value: drf.Link(e.Path)})
		}
	}
	return o
}

// metadata is the body of an answer to OPTIONS, as DRF's SimpleMetadata makes it.
func (t target) metadata() drf.Object {
	return drf.Object{
		{"name", t.name()},
		{"description", ""},
		{"renders", drf.List{"application/json", "text/html"}},
		{"parses", drf.List{"application/json", "application/x-www-form-urlencoded", "multipart/form-data"}},
	}
}

// name is the name of the view, made from the path: Space Station List.
func (t target) name() string {
	if t.endpoint == nil {
		return "Api Root"
	}
	words := strings.FieldsFunc(dataset.Name(t.endpoint), func(r rune) bool { return strings.ContainsRune("/_-", r) })
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	switch {
	case t.endpoint.List:
		words = append(words, "List")
	case t.endpoint.ID != 0:
		words = append(words, "Instance")
	}
	return strings.Join(words, " ")
}

// description lists, as HTML, the parameters that a list takes.
func (t target) description() string {
	if t.endpoint == nil || !t.endpoint.List {
		return ""
	}
	var b strings.Builder
	section := func(title, label string, values []string) {
		if len(values) > 0 {
			fmt.Fprintf(&b, "<h2>%s</h2>\n<p>%s - %s</p>\n", title, label, strings.Join(values, ", "))
		}
	}
	section("Filters", "Parameters", dataset.FieldFilters(t.endpoint))
	section("Search", "Fields searched", t.endpoint.Search)
	section("Ordering", "Fields", t.endpoint.Ordering)
	return b.String()
}
