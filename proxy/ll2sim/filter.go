package ll2sim

import (
	"slices"
	"time"

	"perigee/proxy/ll2/catalog"
)

// test tells whether a row stays.
type test func(*row) bool

// filters holds what the filters of a request come to.
type filters struct {
	tests  []test
	errors object // by parameter; the answer is 400 if there is any
}

// apply returns the rows that pass all tests.
func (f filters) apply(rows []*row) []*row {
	return slices.DeleteFunc(slices.Clone(rows), func(r *row) bool {
		return slices.ContainsFunc(f.tests, func(t test) bool { return !t(r) })
	})
}

// newFilters reads all documented parameters of a list as django-filter does.
// Parameters that the list does not document are no filters.
func newFilters(lists *catalog.Endpoint, q query, set *dataset, now time.Time) filters {
	var f filters
	for _, name := range lists.Params() {
		kind, _ := lists.Param(name)
		values := q.all(name)
		if len(values) == 0 {
			continue
		}
		c := condition{field: fieldOf(lists, name), kind: kind, values: values, set: set}
		if special := specialTest(name, values[len(values)-1], now); special != nil {
			f.tests = append(f.tests, special)
			continue
		}
		t, err := c.test()
		if err != "" {
			f.errors = append(f.errors, member{name, list{err}})
		} else if t != nil {
			f.tests = append(f.tests, t)
		}
	}
	return f
}

// recently is how long a launch or event stays upcoming after its time.
const recently = 24 * time.Hour

// specialTest is for the parameters that go by no field. It returns nil for the others.
func specialTest(name, value string, now time.Time) test {
	on, ok := pyBool(value)
	switch {
	case name == "hide_recent_previous" && ok && on:
		return func(r *row) bool { return r.when.After(now) }
	case name == "include_suborbital" && ok && !on:
		return func(r *row) bool { return !r.suborbital }
	case name == "hide_recent_previous", name == "include_suborbital":
		return func(*row) bool { return true }
	default:
		return nil
	}
}

// condition is one parameter with its values.
type condition struct {
	field  field
	kind   catalog.Kind
	values []string
	set    *dataset
}

func (c condition) last() string { return c.values[len(c.values)-1] }

// any returns a test that holds if it does for any value of the field.
func (c condition) any(holds func(value any) bool) test {
	return func(r *row) bool { return slices.ContainsFunc(r.lookup(c.field), holds) }
}

// test reads the values by the kind of the parameter. A nil test is that the
// parameter does not filter; err is the message of a 400.
func (c condition) test() (t test, err string) {
	switch c.kind {
	case catalog.Boolean:
		return c.boolean(), ""
	case catalog.Integer, catalog.Float:
		return c.number()
	case catalog.Date:
		return c.date()
	case catalog.DateTime:
		return c.time()
	case catalog.String:
		return c.text()
	case catalog.UUID, catalog.UUIDList:
		return c.uuids()
	case catalog.IntegerList:
		return c.numbers()
	case catalog.StringList:
		return c.texts()
	case catalog.Repeated:
		return c.choices()
	default: // mode, search, ordering, limit, offset
		return nil, ""
	}
}
