package ll2sim

import "testing"

// TestNegotiate has what the recorded exchanges do not. Each row was also held
// against the framework itself.
func TestNegotiate(t *testing.T) {
	json := func(spaces int) rendering { return rendering{indent: indentation{named: true, spaces: spaces}} }
	for _, tt := range []struct {
		query  string
		accept []string
		want   rendering
		err    negotiationError
	}{
		{"", nil, rendering{}, acceptable},
		{"", []string{"APPLICATION/JSON"}, rendering{}, acceptable},
		{"", []string{"Application/Json; INDENT=2"}, json(2), acceptable},
		{"", []string{`application/json;indent="3"`}, json(3), acceptable},
		{"", []string{"application/json ; q=1 ; indent= 2"}, json(2), acceptable},
		{"", []string{"application/json;indent=-1"}, json(0), acceptable},
		{"", []string{"application/json;indent=1_0"}, json(8), acceptable},
		{"", []string{"application/json;indent=2;indent=5"}, json(5), acceptable},
		{"", []string{"application/json;indent"}, rendering{}, acceptable},
		{"", []string{`application/json;x="a;indent=2;b"`}, rendering{}, acceptable},
		{"", []string{"application/json, text/html;q=0.5"}, rendering{}, acceptable}, // q makes nothing specific
		{"", []string{"application/*;indent=2"}, json(2), acceptable},
		{"", []string{"*/*, text/html;level=1"}, rendering{html: true}, acceptable},
		{"", []string{"*/*", "text/*"}, rendering{html: true}, acceptable}, // two lines are one list
		{"", []string{"*/html"}, rendering{html: true}, acceptable},
		{"", []string{"text/html;indent=2"}, rendering{html: true, indent: indentation{true, 2}}, acceptable},
		{"", []string{"*"}, rendering{}, notAcceptable},
		{"", []string{"application"}, rendering{}, notAcceptable},
		{"", []string{"application/json+x, ,image/*"}, rendering{}, notAcceptable},
		{"format=api", nil, rendering{html: true}, acceptable},
		{"format=api", []string{"*/*;indent=2"}, rendering{html: true, indent: indentation{true, 2}}, acceptable},
		{"format=xml&format=json", nil, rendering{}, acceptable},
		{"format=json&format=xml", []string{"image/png"}, rendering{}, unknownFormat},
		{"format=&format=", []string{"text/html"}, rendering{html: true}, acceptable},
	} {
		got, err := negotiate(tt.accept, parseQuery(tt.query))
		if got != tt.want || err != tt.err {
			t.Errorf("?%s, Accept %q: %+v, %d; want %+v, %d", tt.query, tt.accept, got, err, tt.want, tt.err)
		}
	}
}
