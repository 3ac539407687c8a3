package ll2sim

import (
	"fmt"
	"testing"
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
		{decimal("1.50"), 0, `1.50`},
		{`a"b\c/d<e>&'`, 0, `"a\"b\\c/d<e>&'"`},
		{"\b\f\n\r\t\x00\x1f\x7f", 0, "\"\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\""},
		{"Прогресс – ü 🚀\u00a0", 0, "\"Прогресс – ü 🚀\u00a0\""}, // as it is
		{"\u2028\u2029\u2030", 0, "\"\\u2028\\u2029\u2030\""},   // but for two
		{link("/2.3.0/pads/1/"), 0, `"(/2.3.0/pads/1/)"`},
		{media("/media/x"), 0, `"(/media/x)"`},
		{list{}, 4, `[]`},
		{object{}, 4, `{}`},
		{object{{"b", number(1)}, {"a", list{nil, object{}}}}, 0, `{"b":1,"a":[null,{}]}`},
		{object{{"b", number(1)}, {"a", list{nil, "x"}}}, 2, "{\n  \"b\": 1,\n  \"a\": [\n    null,\n    \"x\"\n  ]\n}"},
	} {
		if got := renderJSON(tt.value, tt.indent, write); got != tt.want {
			t.Errorf("renderJSON(%#v, %d) = %s, want %s", tt.value, tt.indent, got, tt.want)
		}
	}
}

func TestReadJSON(t *testing.T) {
	body := `{"z":[1.50,"https://h/2.3.0/pads/1/?format=api","https://h.example/","https://h",null,true,"a b"],"a":{}}`
	value, err := readJSON([]byte(body), "https://h")
	if err != nil {
		t.Fatal(err)
	}
	want := `{"z":[1.50,"+/2.3.0/pads/1/","https://h.example/","https://h",null,true,"a b"],"a":{}}`
	if got := renderJSON(value, 0, func(to any) string { return fmt.Sprintf("+%v", to) }); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, broken := range []string{"", "{", "[1", `{"a":}`, `[1 2]`} {
		if _, err := readJSON([]byte(broken), ""); err == nil {
			t.Errorf("no error for %q", broken)
		}
	}
}
