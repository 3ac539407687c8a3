package drf_test

import (
	"testing"

	"perigee/proxy/ll2sim/drf"
	"perigee/proxy/ll2sim/python"
)

// TestNegotiate has what the recorded exchanges do not. Each row was also held
// against the framework itself.
func TestNegotiate(t *testing.T) {
	json := func(spaces int) drf.Rendering { return drf.Rendering{Indent: spaces} }
	page := func(spaces int) drf.Rendering { return drf.Rendering{Page: true, Indent: spaces} }
	for _, tt := range []struct {
		query  string
		accept []string
		want   drf.Rendering
		status int // of the refusal; 0: none
	}{
		{"", nil, json(0), 0},
		{"", []string{"APPLICATION/JSON"}, json(0), 0},
		{"", []string{"Application/Json; INDENT=2"}, json(2), 0},
		{"", []string{`application/json;indent="3"`}, json(3), 0},
		{"", []string{"application/json ; q=1 ; indent= 2"}, json(2), 0},
		{"", []string{"application/json;indent=-1"}, json(0), 0},
		{"", []string{"application/json;indent=1_0"}, json(8), 0},
		{"", []string{"application/json;indent=2;indent=5"}, json(5), 0},
		{"", []string{"application/json;indent"}, json(0), 0},
		{"", []string{`application/json;x="a;indent=2;b"`}, json(0), 0},
		{"", []string{"application/json, text/html;q=0.5"}, json(0), 0}, // q makes nothing specific
		{"", []string{"application/*;indent=2"}, json(2), 0},
		{"", []string{"*/*, text/html;level=1"}, page(4), 0},
		{"", []string{"*/*", "text/*"}, page(4), 0}, // two lines are one list
		{"", []string{"*/html"}, page(4), 0},
		{"", []string{"text/html;indent=2"}, page(2), 0},
		{"", []string{"*"}, json(0), 406},
		{"", []string{"application"}, json(0), 406},
		{"", []string{"application/json+x, ,image/*"}, json(0), 406},
		{"format=api", nil, page(4), 0},
		{"format=api", []string{"*/*;indent=2"}, page(2), 0},
		{"format=xml&format=json", nil, json(0), 0},
		{"format=json&format=xml", []string{"image/png"}, json(0), 404},
		{"format=&format=", []string{"text/html"}, page(4), 0},
	} {
		got, refusal := drf.Negotiate(tt.accept, python.ParseQuery(tt.query))
		status := 0
		if refusal != nil {
			status = refusal.Status
		}
		if got != tt.want || status != tt.status {
			t.Errorf("?%s, Accept %q: %+v, %d; want %+v, %d", tt.query, tt.accept, got, status, tt.want, tt.status)
		}
	}
}
