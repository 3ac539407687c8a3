package drf_test

import (
	"strings"
	"testing"

	"perigee/proxy/ll2sim/drf"
	"perigee/proxy/ll2sim/python"
)

func TestPageLinks(t *testing.T) {
	const base = "http://HOST/2.3.0/pads/?"
	for _, tt := range []struct {
		query          string
		count          int
		next, previous string // empty: null
	}{
		{"", 11, "limit=10&offset=10", ""},
		{"", 10, "", ""},
		{"offset=5", 20, "limit=10&offset=15", "limit=10"},
		{"offset=10", 20, "", "limit=10"},
		{"offset=11", 20, "", "limit=10&offset=1"},
		{"offset=5", 0, "", "limit=10"}, // not even one page, but there is a page before
		{"b=2&a=1&b=1", 11, "a=1&b=2&b=1&limit=10&offset=10", ""},
		{"limit=3&limit=4&offset=9&offset=8", 20, "limit=4&offset=12", "limit=4&offset=4"},
		{"limit=99", 100, "limit=99&offset=99", ""},
		{"limit=101", 101, "limit=100&offset=100", ""},
		{"a&=x&c=%zz&d=1;e=2", 11, "=x&a=&c=%25zz&d=1%3Be%3D2&limit=10&offset=10", ""},
		{"x=~*'()!", 11, "limit=10&offset=10&x=~%2A%27%28%29%21", ""},
		{"%6c%69mit=5&o%66fset=5", 11, "limit=5&offset=10", "limit=5"},
	} {
		q := python.ParseQuery(tt.query)
		p := drf.NewPage(q, tt.count)
		envelope := p.Envelope(strings.TrimSuffix(base, "?"), q, nil)
		for name, want := range map[string]string{"next": tt.next, "previous": tt.previous} {
			link, _ := envelope.Get(name)
			got, _ := link.(string)
			if strings.TrimPrefix(got, base) != want {
				t.Errorf("%s of ?%s of %d = %v, want %s", name, tt.query, tt.count, link, want)
			}
		}
	}
}
