package drf_test

import (
	"testing"

	"perigee/proxy/ll2sim/drf"
)

// TestMissingSortLast: PostgreSQL puts what is missing last, and first the other way.
func TestMissingSortLast(t *testing.T) {
	all := []*drf.Row{
		{Base: drf.Object{{"id", drf.Number(1)}, {"a", nil}}}, {Base: drf.Object{{"id", drf.Number(2)}, {"a", drf.Number(10)}}},
		{Base: drf.Object{{"id", drf.Number(3)}}}, {Base: drf.Object{{"id", drf.Number(4)}, {"a", drf.Number(9)}}},
	}
	for descend, want := range map[bool]string{false: "4 2 1 3 ", true: "1 3 2 4 "} {
		got := ""
		for _, r := range drf.Sort(all, drf.Term{Field: drf.Field{Path: []string{"a"}}, Descend: descend}) {
			id, _ := r.Base.Get("id")
			got += drf.Text(id) + " "
		}
		if got != want {
			t.Errorf("descending %t: %s, want %s", descend, got, want)
		}
	}
}
