package dataset

import (
	"slices"
	"strings"

	"perigee/proxy/ll2/catalog"
	"perigee/proxy/ll2sim/drf"
)

// The modes that every endpoint with modes means by these names.
const (
	listMode     = "list"
	normalMode   = "normal"
	detailedMode = "detailed"
)

// Element returns what a list shows of a row in a mode; one that the list does not
// document is normal.
func Element(lists *catalog.Endpoint, r *drf.Row, mode string) drf.Object {
	if !lists.HasMode(normalMode) {
		return r.Base
	}
	if !lists.HasMode(mode) {
		mode = normalMode
	}
	shown := drf.Object{{"response_mode", mode}}
	switch mode {
	case detailedMode:
		return Detail(lists, r)
	case listMode:
		for _, m := range r.Base {
			if isScalar(m.Value) {
				shown = append(shown, m)
			}
		}
		return shown
	default:
		return append(shown, r.Base...)
	}
}

// Detail returns what is shown of a row alone, whatever mode is asked for.
func Detail(lists *catalog.Endpoint, r *drf.Row) drf.Object {
	if !lists.HasMode(normalMode) {
		return r.Base
	}
	return slices.Concat(drf.Object{{"response_mode", detailedMode}}, r.Base, r.Detail)
}

func isScalar(value any) bool {
	switch value.(type) {
	case drf.Object, drf.List:
		return false
	default:
		return true
	}
}

// Find returns the row with an id as a path gives it, nil if there is none: 0202 is 202.
func Find(rows []*drf.Row, id string) *drf.Row {
	for _, r := range rows {
		if text := text(r, "id"); text == strings.TrimLeft(id, "0") || strings.EqualFold(text, id) {
			return r
		}
	}
	return nil
}

// text returns a member of a row as text.
func text(r *drf.Row, name string) string {
	value, _ := r.Base.Get(name)
	return drf.Text(value)
}
