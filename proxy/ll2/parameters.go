package ll2

import (
	"cmp"
	"slices"
	"strconv"

	"perigee/proxy/ll2/catalog"
)

// Bounds of the page size, the same for all lists.
const (
	defaultLimit = 10
	maxLimit     = 100
)

// canonicalizer makes the parameters of the canonical request out of a client's.
type canonicalizer struct {
	kind        Kind
	endpoint    *catalog.Endpoint // whose parameters count: of an object its list; nil if the kind is Untabled
	keepUnknown bool
	keepFormat  bool // format itself is a parameter of the canonical request

	query   []pair // sorted by name, values canonical, without defaults
	page    Page
	mode    string
	unknown []occurrence // the first of each parameter that the endpoint does not know
}

// occurrence is a parameter and its place in the client's order.
type occurrence struct {
	pair
	at int
}

func newCanonicalizer(where route, o Options, keepFormat bool) canonicalizer {
	c := canonicalizer{
		kind: where.kind, endpoint: where.endpoint, keepUnknown: o.KeepUnknown, keepFormat: keepFormat,
		page: Page{Limit: defaultLimit, Offset: "0"},
	}
	if where.kind == Object {
		c.endpoint = where.endpoint.Parent()
	}
	return c
}

// read takes the parameters by name, since their order means nothing but for those
// of equal name.
func (c *canonicalizer) read(sent []pair) {
	if len(sent) == 0 {
		return
	}
	c.query = make([]pair, 0, len(sent))
	sorted := make([]occurrence, len(sent))
	for i, p := range sent {
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
		c.parameter(sorted[:n])
		sorted = sorted[n:]
	}
}

// parameter reads one parameter from all that have its name. The last of them
// counts alone, unless it is not known what upstream does with it.
func (c *canonicalizer) parameter(same []occurrence) {
	name, value := same[0].name, same[len(same)-1].value
	kind, known := c.kindOf(name)
	switch {
	case name == "format":
		if c.keepFormat {
			c.add(name, value)
		}
	case !known && c.kind.Tabled() && !c.keepUnknown:
		c.unknown = append(c.unknown, same[0])
	case !known || kind == catalog.Repeated:
		c.addAll(same, kind)
	case kind == catalog.Limit:
		c.limit(name, value)
	case kind == catalog.Offset:
		c.offset(name, value)
	default:
		value = canonicalValue(c.endpoint, kind, value)
		if kind == catalog.Mode {
			c.mode = value
		}
		if value != "" {
			c.add(name, value)
		}
	}
}

// kindOf returns the kind of a parameter. Other versions are built like the one in
// the catalogue, so that a few names mean the same there.
//
// DRF looks an object up among what the filters of its list let through, so that
// /2.3.0/spacecraft/202/?status=99 can be 404. What pages, orders or chooses the
// detail of a list does nothing to an object.
func (c *canonicalizer) kindOf(name string) (k catalog.Kind, known bool) {
	if c.endpoint != nil {
		k, known = c.endpoint.Param(name)
		return k, known && (c.kind != Object || filters(k))
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

func (c *canonicalizer) add(name, value string) { c.query = append(c.query, pair{name, value}) }

// addAll keeps all values of a parameter, blank ones too. They are a set if it is
// known to take several; else they keep their order.
func (c *canonicalizer) addAll(same []occurrence, kind catalog.Kind) {
	if kind == catalog.Repeated {
		slices.SortFunc(same, func(a, b occurrence) int { return cmp.Compare(a.value, b.value) })
	}
	for _, p := range same {
		c.add(p.name, p.value)
	}
	if c.kind == Untabled && same[0].name == "mode" {
		c.mode = same[len(same)-1].value
	}
}

func (c *canonicalizer) limit(name, value string) {
	plain, ok := parseInt(value)
	switch {
	case !ok || plain == "0" || plain[0] == '-':
		return
	case len(plain) >= len(strconv.Itoa(maxLimit)):
		c.page.Limit = maxLimit
	default:
		c.page.Limit, _ = strconv.Atoi(plain)
	}
	if c.page.Limit != defaultLimit {
		c.add(name, strconv.Itoa(c.page.Limit))
	}
}

func (c *canonicalizer) offset(name, value string) {
	plain, ok := parseInt(value)
	if !ok || plain == "0" || plain[0] == '-' {
		return
	}
	c.page.Offset = plain
	c.add(name, plain)
}

// ignored names the unknown parameters in the client's order.
func (c *canonicalizer) ignored() []string {
	if len(c.unknown) == 0 {
		return nil
	}
	slices.SortFunc(c.unknown, func(a, b occurrence) int { return cmp.Compare(a.at, b.at) })
	names := make([]string, len(c.unknown))
	for i, p := range c.unknown {
		names[i] = p.name
	}
	return names
}
