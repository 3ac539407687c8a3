package ll2sim

import (
	"net/http"
	"strings"
	"time"

	"perigee/proxy/ll2/catalog"
)

// resource is what an endpoint of lists or objects works on.
type resource struct {
	lists *catalog.Endpoint // the list; for an object, that which it is in
	set   *dataset
	rows  []*row
}

// resource returns the rows of an endpoint at this moment, unfiltered.
func (v *view) resource() resource {
	lists := v.target.endpoint
	if !lists.List {
		lists, _, _ = catalog.Find(strings.TrimSuffix(lists.Path, "{id}/"))
	}
	set := v.server.data.set(setName(lists))
	byDefault := newOrdering(lists, nil, set.order(lists))
	rows := v.server.data.visible(set.name, set.between(lists, v.server.options.Now()), byDefault)
	return resource{lists, set, rows}
}

// filtered applies what the request asks for. DRF filters a list and the set in
// which it looks for an object alike. ok is false if an answer is ready.
func (v *view) filtered(res resource) (rows []*row, answer response, ok bool) {
	f := newFilters(res.lists, v.query, res.set, v.server.options.Now())
	if len(f.errors) > 0 {
		return nil, v.render(http.StatusBadRequest, f.errors), false
	}
	if search := newSearch(res.lists, v.query); search != nil {
		f.tests = append(f.tests, search)
	}
	return f.apply(res.rows), response{}, true
}

// list answers a page of a list.
func (v *view) list() response {
	res := v.resource()
	rows, answer, ok := v.filtered(res)
	if !ok {
		return answer
	}
	rows = sorted(rows, newOrdering(res.lists, v.query, res.set.order(res.lists)))
	page := newPage(v.query, len(rows))
	results := list{}
	for _, r := range page.cut(rows) {
		results = append(results, r.element(res.lists, v.mode(res.lists)))
	}
	return v.render(http.StatusOK, page.envelope(v.url(), v.query, results))
}

// The modes that every endpoint with modes means by these names.
const (
	listMode     = "list"
	normalMode   = "normal"
	detailedMode = "detailed"
)

// mode returns the mode asked for; one that the endpoint does not document is normal.
func (v *view) mode(lists *catalog.Endpoint) string {
	if mode, _ := v.query.last("mode"); lists.HasMode(mode) {
		return mode
	}
	return normalMode
}

// object answers one element, whatever the mode, in all detail, or one of the
// documents that are no element.
func (v *view) object() response {
	if v.target.id == "" {
		return v.render(http.StatusOK, v.server.data.starship(v.server.options.Now()))
	}
	res := v.resource()
	rows, answer, ok := v.filtered(res)
	if !ok {
		return answer
	}
	for _, r := range rows {
		if r.is(v.target.id) {
			return v.render(http.StatusOK, r.element(res.lists, detailedMode))
		}
	}
	return v.detail(http.StatusNotFound, "Not found.")
}

// between returns the rows that an endpoint for the coming or the past has now.
func (d *dataset) between(lists *catalog.Endpoint, now time.Time) []*row {
	var keep test
	switch {
	case strings.HasSuffix(lists.Path, "/upcoming/"):
		keep = func(r *row) bool { return r.when.After(now.Add(-recently)) }
	case strings.HasSuffix(lists.Path, "/previous/"):
		keep = func(r *row) bool { return !r.when.After(now) }
	default:
		return d.rows
	}
	return filters{tests: []test{keep}}.apply(d.rows)
}
