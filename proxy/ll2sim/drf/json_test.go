package drf_test

import (
	"fmt"
	"testing"

	"perigee/proxy/ll2sim/drf"
)

func TestRenderJSON(t *testing.T) {
	write := func(to any) string { return fmt.Sprintf("(%v)", to) }
	for _, tt := range []struct {
		value  any
		indent int
		want   string
	}{
		{nil, 0, `null`},
		{true, 0, `true`},
		{drf.Decimal("1.50"), 0, `1.50`},
		{`a"b\c/d<e>&'`, 0, `"a\"b\\c/d<e>&'"`},
		{"\b\f\n\r\t\x00\x1f\x7f", 0, "\"\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\""},
		{"Прогресс – ü 🚀\u00a0", 0, "\"Прогресс – ü 🚀\u00a0\""}, // as it is
		{"\u2028\u2029\u2030", 0, "\"\\u2028\\u2029\u2030\""},   // but for two
		{drf.Link("/2.3.0/pads/1/"), 0, `"(/2.3.0/pads/1/)"`},
		{drf.Media("/media/x"), 0, `"(/media/x)"`},
		{drf.List{}, 4, `[]`},
		{drf.Object{}, 4, `{}`},
		{drf.Object{{"b", drf.Number(1)}, {"a", drf.List{nil, drf.Object{}}}}, 0, `{"b":1,"a":[null,{}]}`},
		{drf.Object{{"b", drf.Number(1)}, {"a", drf.List{nil, "x"}}}, 2, "{\n  \"b\": 1,\n  \"a\": [\n    null,\n    \"x\"\n  ]\n}"},
	} {
		if got := drf.RenderJSON(tt.value, tt.indent, write); got != tt.want {
			t.Errorf("renderJSON(%#v, %d) = %s, want %s", tt.value, tt.indent, got, tt.want)
		}
	}
}
