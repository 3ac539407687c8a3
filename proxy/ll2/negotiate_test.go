package ll2

import "testing"

// The rows are recorded from DRF 3.14.
func TestRecordedNegotiation(t *testing.T) {
	for _, tt := range []struct {
		query  string
		accept []string
		want   Representation
		indent int
	}{
		{"", nil, JSON, 0},
		{"", []string{"text/html"}, HTML, 4},
		{"", []string{"application/xml"}, NotAcceptable, 0},
		{"", []string{"*/*"}, JSON, 0},
		{"", []string{"application/json; indent=4"}, JSON, 4},
		{"", []string{"text/html,application/xhtml+xml,*/*;q=0.8"}, HTML, 4},
		{"limit=1", []string{"text/html, application/json;q=0.1"}, JSON, 0},
		{"limit=1", []string{"*/*, text/html;q=0"}, HTML, 4},
		{"limit=1", []string{"text/html;level=1, application/json"}, HTML, 4},
		{"limit=1&format=json", []string{"text/html"}, NotAcceptable, 0},
		{"limit=1", []string{"*/*;indent=4"}, JSON, 4},
		{"limit=1", []string{"application/json; indent=99"}, JSON, 8},
		{"limit=1", []string{"application/json; indent=0"}, JSON, 0},
		{"limit=1", []string{"application/json; indent=x"}, JSON, 0},
		{"limit=1", []string{"application/*"}, JSON, 0},
		{"limit=1", []string{""}, NotAcceptable, 0},
		{"limit=1", []string{"image/png, */*;q=0.1"}, JSON, 0},
		{"limit=1&format=api", []string{"application/json"}, NotAcceptable, 0},
		{"format=api", nil, HTML, 4},
		{"format=xml", nil, UnknownFormat, 0},
	} {
		res := resolveWith(t, "/2.3.0/spacecraft/?"+tt.query, Options{}, tt.accept...)
		if res.Representation != tt.want || res.Indent != tt.indent {
			t.Errorf("?%s with Accept %q: representation %d, indent %d, want %d, %d",
				tt.query, tt.accept, res.Representation, res.Indent, tt.want, tt.indent)
		}
	}
}

// The rows follow from the sources of DRF's negotiation and media types, and of
// Django's parse_header.
func TestNegotiate(t *testing.T) {
	for _, tt := range []struct{ format, accept, want string }{
		{"", "*", "406"},
		{"", "*/html", "html"},
		{"", "*/xml", "406"},
		{"", "text/*", "html"},
		{"", "text/*, application/*", "json"},
		{"", "application/json;q=0", "json"},
		{"", "text/html, application/json", "json"},
		{"", "application/json, text/html;q=0.9", "json"},
		{"", "application/json;indent=2, application/json;indent=3", "json2"}, // DRF takes either
		{"", "text/html;q=1.0;v=1, application/json", "html"},
		{"", "APPLICATION/JSON; INDENT=2", "json2"},
		{"", "application/json;indent=\"3\"", "json3"},
		{"", "application/json;indent=2;indent=3", "json3"},
		{"", "application/json;indent= 2 ", "json2"},
		{"", "application/json;indent=-1", "json"},
		{"", "application/json;indent=1_0", "json8"},
		{"", "application/json;indent=9", "json8"},
		{"", "application/json;indent=2;q=0.5", "json2"},
		{"", "application/json;indent", "json"},
		{"", "application/json;x=\";indent=3\"", "json"},
		{"", "application/json;x=\";indent=3", "json"},
		{"", "application/json;indent=%D9%A5", "json"},
		{"", "application/json;indent=\u0665", "json"}, // Latin-1 to Django
		{"", "application/json, */*;indent=4", "json"},
		{"", "application/*;indent=4", "json4"},
		{"", "text/html, */*;indent=4", "html"},
		{"", "text/html;indent=2", "html2"},
		{"", "text/html;indent=4", "html"},
		{"", "text/html;indent=0", "html0"},
		{"", "text/html;indent=x", "html"},
		{"", ";", "406"},
		{"", ",,", "406"},
		{"", "application /json", "406"},
		{"", " application/json ,", "json"},
		{"json", "text/html, */*", "json"},
		{"json", "text/html, */*;indent=2", "json2"},
		{"api", "*/*", "html"},
		{"api", "*/*;indent=1", "html1"},
		{"api", "application/json, text/*", "html"},
		{"json ", "*/*", "404"},
		{"xml", "application/xml", "404"},
		{"xml", "", "404"},
	} {
		if got := negotiate(tt.format, tt.accept).label(); got != tt.want {
			t.Errorf("format %q, Accept %q: %s, want %s", tt.format, tt.accept, got, tt.want)
		}
	}
}

func TestAcceptLinesAreJoined(t *testing.T) {
	got := resolveWith(t, "/2.3.0/spacecraft/", Options{}, "image/png", "text/html")
	if got.Representation != HTML {
		t.Errorf("representation %d, want HTML", got.Representation)
	}
}

func TestCanonicalAcceptLeadsToTheSameRepresentation(t *testing.T) {
	for _, r := range []negotiated{
		{JSON, 0}, {JSON, 1}, {JSON, 8}, {HTML, 0}, {HTML, 4}, {HTML, 8}, {NotAcceptable, 0},
	} {
		if got := negotiate("", r.accept()); got != r {
			t.Errorf("Accept %q leads to %v, want %v", r.accept(), got, r)
		}
	}
}
