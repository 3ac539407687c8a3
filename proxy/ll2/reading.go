package ll2

import (
	"cmp"
	"slices"
	"strconv"

	"perigee/proxy/ll2/catalog"
)

// reading is what a query says to an endpoint.
type reading struct {
	route       route
	keepUnknown bool
	keepFormat  bool // format itself is among what is asked

	plain   []pair // what is asked: sorted by name, plain values, no defaults
	page    Page
	mode    string
	unknown []occurrence // the first of each parameter that the endpoint does not know
}

// occurrence is a parameter and its place in the client's order.
type occurrence struct {
	pair
	at int
}

// read takes the parameters by name, since their order means nothing but for those
// of equal name.
func (r *reading) read(pairs []pair) {
	r.page = Page{Limit: defaultLimit, Offset: "0"}
	if len(pairs) == 0 {
		return
	}
	r.plain = make([]pair, 0, len(pairs))
	sorted := make([]occurrence, len(pairs))
	for i, p := range pairs {
		sorted[i] = occurrence{p, i}
	}
	slices.SortFunc(sorted, func(a, b occurrence) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.at, b.at))
	})
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && sorted[n].name == sorted[0].name {
			n++
		}
		r.parameter(sorted[:n])
		sorted = sorted[n:]
	}
}

// parameter reads one parameter from all that have its name. The last of them
// counts alone, unless it is not known what upstream does with it.
func (r *reading) parameter(same []occurrence) {
	name, value := same[0].name, same[len(same)-1].value
	kind, known := r.kindOf(name)
	switch {
	case name == "format":
		if r.keepFormat {
			r.ask(name, value)
		}
	case !known && r.route.kind.Tabled() && !r.keepUnknown:
		r.unknown = append(r.unknown, same[0])
	case !known || kind == catalog.Repeated:
		r.askAll(same, kind)
	case kind == catalog.Limit:
		r.limit(name, value)
	case kind == catalog.Offset:
		r.offset(name, value)
	default:
		value = plainValue(r.route.endpoint, kind, value)
		if kind == catalog.Mode {
			r.mode = value
		}
		if value != "" {
			r.ask(name, value)
		}
	}
}

// kindOf returns the kind of a parameter. Other versions are built like the one in
// the table, so that a few names mean the same there.
//
// DRF looks an object up among what the filters of its list let through, so that
// /2.3.0/spacecraft/202/?status=99 can be 404. What pages, orders or chooses the
// detail of a list does nothing to an object.
func (r *reading) kindOf(name string) (k catalog.Kind, known bool) {
	if r.route.endpoint != nil {
		k, known = r.route.endpoint.Param(name)
		return k, known && (r.route.kind != Object || filters(k))
	}
	switch name {
	case "limit":
		return catalog.Limit, true
	case "offset":
		return catalog.Offset, true
	case "search":
		return catalog.Search, true
	}
	return 0, false
}

// filters reports whether a kind of parameter decides what is in a list.
func filters(k catalog.Kind) bool {
	switch k {
	case catalog.Limit, catalog.Offset, catalog.Mode, catalog.Ordering:
		return false
	}
	return true
}

func (r *reading) ask(name, value string) { r.plain = append(r.plain, pair{name, value}) }

// askAll keeps all values of a parameter, blank ones too. They are a set if it is
// known to take several; else they keep their order.
func (r *reading) askAll(same []occurrence, kind catalog.Kind) {
	if kind == catalog.Repeated {
		slices.SortFunc(same, func(a, b occurrence) int { return cmp.Compare(a.value, b.value) })
	}
	for _, p := range same {
		r.ask(p.name, p.value)
	}
	if r.route.kind == Untabled && same[0].name == "mode" {
		r.mode = same[len(same)-1].value
	}
}

// Bounds of the page size, the same for all lists.
const (
	defaultLimit = 10
	maxLimit     = 100
)

func (r *reading) limit(name, value string) {
	plain, ok := parseInt(value)
	switch {
	case !ok || plain == "0" || plain[0] == '-':
		return
	case len(plain) >= len(strconv.Itoa(maxLimit)):
		r.page.Limit = maxLimit
	default:
		r.page.Limit, _ = strconv.Atoi(plain)
	}
	if r.page.Limit != defaultLimit {
		r.ask(name, strconv.Itoa(r.page.Limit))
	}
}

func (r *reading) offset(name, value string) {
	plain, ok := parseInt(value)
	if !ok || plain == "0" || plain[0] == '-' {
		return
	}
	r.page.Offset = plain
	r.ask(name, plain)
}

// ignored names the unknown parameters in the client's order.
func (r *reading) ignored() []string {
	if len(r.unknown) == 0 {
		return nil
	}
	slices.SortFunc(r.unknown, func(a, b occurrence) int { return cmp.Compare(a.at, b.at) })
	names := make([]string, len(r.unknown))
	for i, p := range r.unknown {
		names[i] = p.name
	}
	return names
}
