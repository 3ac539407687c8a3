package ll2sim

import (
	"strings"

	"perigee/proxy/ll2/catalog"
)

// root is the body of /2.3.0/: a link to every list and single document. Under an
// old version it has those that had a name then.
func (v *view) root() object {
	var o object
	if isOldVersion(v.target.version) {
		for _, r := range renamings() {
			o = append(o, member{r.before, link("/" + catalog.Version + "/" + r.since + "/")})
		}
		return o
	}
	for _, e := range catalog.All() {
		if e.ID == 0 {
			name := strings.TrimSuffix(strings.TrimPrefix(e.Path, "/"+catalog.Version+"/"), "/")
			o = append(o, member{name, link(e.Path)})
		}
	}
	return o
}

// metadata is the body of an answer to OPTIONS, as DRF's SimpleMetadata makes it.
func (v *view) metadata() object {
	return object{
		{"name", v.name()},
		{"description", ""},
		{"renders", list{"application/json", "text/html"}},
		{"parses", list{"application/json", "application/x-www-form-urlencoded", "multipart/form-data"}},
	}
}

// name is the name of the view, made from the path: Space Station List.
func (v *view) name() string {
	e := v.target.endpoint
	if e == nil {
		return "Api Root"
	}
	var words []string
	for _, word := range strings.FieldsFunc(setName(e), func(r rune) bool { return strings.ContainsRune("/_-", r) }) {
		words = append(words, strings.ToUpper(word[:1])+word[1:])
	}
	name := strings.Join(words, " ")
	switch {
	case e.List:
		return name + " List"
	case e.ID != 0:
		return name + " Instance"
	default:
		return name
	}
}
