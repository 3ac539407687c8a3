package ll2sim

import (
	"strings"

	"perigee/proxy/ll2/catalog"
)

// operator is how a parameter compares; the empty one is equality.
type operator string

// The operators, as the names of parameters end.
const (
	greater   operator = "gt"
	atLeast   operator = "gte"
	less      operator = "lt"
	atMost    operator = "lte"
	contains  operator = "contains"
	icontains operator = "icontains"
)

// field is what a parameter, a search field or an ordering field goes by.
type field struct {
	path []string // to the value in an element
	op   operator
	part string // "day", "month" or "year" of the value, else empty
}

// fieldOf resolves a documented name. On an endpoint of launches `lsp__id` is
// launch_service_provider, id; `net__gte` is net, at least; `status__ids` is
// status, id.
func fieldOf(e *catalog.Endpoint, name string) field {
	var f field
	words := strings.Split(name, "__")
	if last := operator(words[len(words)-1]); len(words) > 1 && isOperator(last) {
		f.op, words = last, words[:len(words)-1]
	}
	if last := operator(words[len(words)-1]); len(words) > 1 && isOperator(last) {
		words = words[:len(words)-1] // date__gt__lt, as the API documents it
	}
	switch words[0] {
	case "day", "month", "year":
		f.part, f.path = words[0], []string{timeField(e)}
		return f
	}
	f.path = append(aliased(e, words[0]), words[1:]...)
	last := &f.path[len(f.path)-1]
	if *last == "ids" {
		*last = "id"
	} else if before, ok := strings.CutSuffix(*last, "_ids"); ok { // agency_ids
		*last = before
		f.path = append(f.path, "id")
	}
	return f
}

func isOperator(op operator) bool {
	switch op {
	case greater, atLeast, less, atMost, contains, icontains:
		return true
	default:
		return false
	}
}

// aliased returns the path that the first word of a name stands for.
func aliased(e *catalog.Endpoint, word string) []string {
	if setName(e) != "launches" {
		return []string{word}
	}
	switch word {
	case "lsp":
		return []string{"launch_service_provider"}
	case "related_lsp":
		return []string{"related_launch_service_provider"}
	case "location":
		return []string{"pad", "location"}
	case "launcher_config":
		return []string{"rocket", "configuration"}
	default:
		return []string{word}
	}
}

// timeField names the time that an endpoint's elements go by.
func timeField(e *catalog.Endpoint) string {
	switch setName(e) {
	case "launches":
		return "net"
	case "spacewalks":
		return "start"
	default:
		return "date"
	}
}

// setName names the data of an endpoint: its path without the version, the id,
// and the part of the time line that it is restricted to.
func setName(e *catalog.Endpoint) string {
	name := strings.TrimPrefix(e.Path, "/"+catalog.Version+"/")
	name = strings.TrimSuffix(strings.TrimSuffix(name, "{id}/"), "/")
	name = strings.TrimSuffix(name, "/upcoming")
	return strings.TrimSuffix(name, "/previous")
}
