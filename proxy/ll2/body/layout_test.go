package body_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"perigee/proxy/ll2/body"
)

const (
	upstream = "https://ll.thespacedevs.com"
	local    = "http://localhost:8080"
)

// spliced scans body and returns it with local links and a format echo.
func spliced(t *testing.T, data, base string) string {
	t.Helper()
	l, err := body.ScanJSON([]byte(data), base)
	if err != nil {
		t.Fatalf("ScanJSON(%s) = %v", data, err)
	}
	return string(l.Text([]byte(data), body.Substitution{Base: local, Suffix: "?format=json"}).Append(nil))
}

func TestScanJSONFindsLinks(t *testing.T) {
	for _, tt := range []struct{ name, data, want string }{
		{"object link", `{"url":"https://ll.thespacedevs.com/2.3.0/spacecraft/202/"}`,
			`{"url":"http://localhost:8080/2.3.0/spacecraft/202/?format=json"}`},
		{"indented", "{\n  \"url\" : \"https://ll.thespacedevs.com/2.3.0/agencies/1/\"\n}",
			"{\n  \"url\" : \"http://localhost:8080/2.3.0/agencies/1/?format=json\"\n}"},
		{"bare string", `"https://ll.thespacedevs.com/2.3.0/"`, `"http://localhost:8080/2.3.0/?format=json"`},
		{"arrays in arrays", `[[1,["https://ll.thespacedevs.com/docs/"]],"https://ll.thespacedevs.com/2.2.0/x/"]`,
			`[[1,["http://localhost:8080/docs/"]],"http://localhost:8080/2.2.0/x/?format=json"]`},
		{"other scheme", `["http://ll.thespacedevs.com/2.3.0/x/"]`, `["http://localhost:8080/2.3.0/x/?format=json"]`},
		{"upper case", `["HTTPS://LL.TheSpaceDevs.com/2.3.0/x/"]`, `["http://localhost:8080/2.3.0/x/?format=json"]`},
		{"default ports", `["https://ll.thespacedevs.com:443/a","http://ll.thespacedevs.com:80/a"]`,
			`["http://localhost:8080/a","http://localhost:8080/a"]`},
		{"query", `["https://ll.thespacedevs.com/2.3.0/x/?limit=1","https://ll.thespacedevs.com/2.3.0/x/?a/"]`,
			`["http://localhost:8080/2.3.0/x/?limit=1","http://localhost:8080/2.3.0/x/?a/"]`},
		{"fragment", `["https://ll.thespacedevs.com/2.3.0/x/#a/"]`, `["http://localhost:8080/2.3.0/x/#a/"]`},
		{"static file", `["https://ll.thespacedevs.com/static/a.css"]`, `["http://localhost:8080/static/a.css"]`},
		{"no version", `["https://ll.thespacedevs.com/docs/2.3.0/"]`, `["http://localhost:8080/docs/2.3.0/"]`},
		{"short version", `["https://ll.thespacedevs.com/2.3/x/"]`, `["http://localhost:8080/2.3/x/"]`},
		{"worded versions", `["https://ll.thespacedevs.com/2.x.0/","https://ll.thespacedevs.com/2.3.dev/"]`,
			`["http://localhost:8080/2.x.0/","http://localhost:8080/2.3.dev/"]`},
		{"hollow versions", `["https://ll.thespacedevs.com/2..0/","https://ll.thespacedevs.com/2.3./"]`,
			`["http://localhost:8080/2..0/","http://localhost:8080/2.3./"]`},
		{"version continued", `["https://ll.thespacedevs.com/2.3.0b/x/"]`, `["http://localhost:8080/2.3.0b/x/"]`},
		{"next major version", `["https://ll.thespacedevs.com/3.0.0/x/"]`, `["http://localhost:8080/3.0.0/x/"]`},
		{"no slash at the end", `["https://ll.thespacedevs.com/2.3.0","https://ll.thespacedevs.com/2.3.0/x"]`,
			`["http://localhost:8080/2.3.0","http://localhost:8080/2.3.0/x"]`},
		{"link that begins prose", `["https://ll.thespacedevs.com/2.3.0/x/ and/or y/"]`,
			`["http://localhost:8080/2.3.0/x/ and/or y/"]`},
		{"path outside ASCII", `["https://ll.thespacedevs.com/2.3.0/é/"]`, `["http://localhost:8080/2.3.0/é/"]`},
		{"after text outside ASCII", `["Энергия 🚀","https://ll.thespacedevs.com/2.3.0/x/"]`,
			`["Энергия 🚀","http://localhost:8080/2.3.0/x/?format=json"]`},
		{"after bytes that are no UTF-8", "[\"\xff\xc0\",\"https://ll.thespacedevs.com/2.3.0/x/\"]",
			"[\"\xff\xc0\",\"http://localhost:8080/2.3.0/x/?format=json\"]"},
		{"after escapes", `["\"\\","\\\\","\ud83d","https://ll.thespacedevs.com/2.3.0/x/"]`,
			`["\"\\","\\\\","\ud83d","http://localhost:8080/2.3.0/x/?format=json"]`},
		{"repeated names", `{"a":"https://ll.thespacedevs.com/a","a":"https://ll.thespacedevs.com/b"}`,
			`{"a":"http://localhost:8080/a","a":"http://localhost:8080/b"}`},
		{"escaped slashes", `["https:\/\/ll.thespacedevs.com\/2.3.0\/x\/"]`,
			`["http://localhost:8080\/2.3.0\/x\/?format=json"]`},
		{"escaped letters", `["\u0068\u0074tps://ll\u002eTHEspacedevs.c\u004Fm\u002f2.3.0/x\u002F"]`,
			`["http://localhost:8080\u002f2.3.0/x\u002F?format=json"]`},
		{"escaped query", `["https://ll.thespacedevs.com/2.3.0/x/\u003fa/"]`,
			`["http://localhost:8080/2.3.0/x/\u003fa/"]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := spliced(t, tt.data, upstream); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestScanJSONLeavesAlone(t *testing.T) {
	for _, tt := range []struct{ name, data string }{
		{"another host", `{"image_url":"https://thespacedevs-prod.nyc3.digitaloceanspaces.com/media/x.jpg"}`},
		{"a host that begins alike", `["https://ll.thespacedevs.com.evil.example/2.3.0/x/"]`},
		{"a host that ends alike", `["https://evil-ll.thespacedevs.com/2.3.0/x/"]`},
		{"the base alone", `["https://ll.thespacedevs.com","https://ll.thespacedevs.com?a=/","https://ll.thespacedevs.com#/"]`},
		{"upstream's host as user", `["https://ll.thespacedevs.com@evil.example/","https://ll.thespacedevs.com:443@evil.example/"]`},
		{"user at upstream's host", `["https://user@ll.thespacedevs.com/2.3.0/x/"]`},
		{"another port", `["https://ll.thespacedevs.com:8443/x/","https://ll.thespacedevs.com:/x/"]`},
		{"the other scheme's port", `["http://ll.thespacedevs.com:443/x/","https://ll.thespacedevs.com:80/x/"]`},
		{"no scheme", `["//ll.thespacedevs.com/x/","ll.thespacedevs.com/x/","/2.3.0/x/"]`},
		{"another scheme", `["ftp://ll.thespacedevs.com/x/","httpss://ll.thespacedevs.com/x/"]`},
		{"prose", `{"description":"see https://ll.thespacedevs.com/2.3.0/x/"}`},
		{"after a space", `[" https://ll.thespacedevs.com/2.3.0/x/"]`},
		{"after an escaped quote", `["\"https://ll.thespacedevs.com/2.3.0/x/\""]`},
		{"name of a member", `{"https://ll.thespacedevs.com/2.3.0/x/":{"https://ll.thespacedevs.com/2.3.0/y/":1}}`},
		{"backslashes", `["https:\\\\ll.thespacedevs.com\\2.3.0/","https:\\ll.thespacedevs.com/","\\https://ll.thespacedevs.com/"]`},
		{"other escapes", `["\u0168ttps://ll.thespacedevs.com/","https:\u002f\n/ll.thespacedevs.com/","\b"]`},
		{"letters that only Unicode folds", `["httpſ://ll.thespacedevs.com/x/","https://ll.theſpacedevs.com/x/"]`},
		{"nothing", ` [ { } , [ ] , "" , "h" , 1e9 , -0.5 , true , false , null ] `},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := spliced(t, tt.data, upstream); got != tt.data {
				t.Errorf("got  %s\nwant %s", got, tt.data)
			}
		})
	}
}

func TestScanJSONTellsWhere(t *testing.T) {
	data := []byte(` { "previous" : null, "results" : [ {"url":"https://ll.thespacedevs.com/2.3.0/x/1/"} ,
		[ 2, "https://ll.thespacedevs.com/docs"], "https://ll.thespacedevs.com/2.3.0/x/3/",4 ],
		"next":"https://ll.thespacedevs.com/2.3.0/x/?limit=4&offset=4","count":9, "more":"https://ll.thespacedevs.com/m/" } `)
	l, err := body.ScanJSON(data, upstream)
	if err != nil {
		t.Fatal(err)
	}
	if !l.IsPage || l.Count != 9 {
		t.Errorf("IsPage, Count = %v, %d, want true, 9", l.IsPage, l.Count)
	}
	text := func(s body.Span) string { return string(data[s.Start:s.End]) }
	if got, want := text(l.Next), `"https://ll.thespacedevs.com/2.3.0/x/?limit=4&offset=4"`; got != want {
		t.Errorf("Next = %s, want %s", got, want)
	}
	if got, want := text(l.Previous), "null"; got != want {
		t.Errorf("Previous = %s, want %s", got, want)
	}
	var results, links []string
	for _, s := range l.Results {
		results = append(results, text(s))
	}
	wantResults := []string{`{"url":"https://ll.thespacedevs.com/2.3.0/x/1/"}`,
		`[ 2, "https://ll.thespacedevs.com/docs"]`, `"https://ll.thespacedevs.com/2.3.0/x/3/"`, `4`}
	if !slices.Equal(results, wantResults) {
		t.Errorf("Results = %q, want %q", results, wantResults)
	}
	for _, k := range l.Links {
		if text(k.Span) != upstream {
			t.Errorf("Span of %+v is %q, want %q", k, text(k.Span), upstream)
		}
		path := "no suffix"
		if k.Suffix >= 0 {
			path = text(body.Span{Start: k.Span.End, End: k.Suffix + 1})
		}
		links = append(links, path)
	}
	if want := []string{`/2.3.0/x/1/"`, "no suffix", `/2.3.0/x/3/"`, "no suffix"}; !slices.Equal(links, want) {
		t.Errorf("Links = %q, want %q", links, want)
	}
	for i, want := range [][]body.Link{l.Links[:1], l.Links[1:2], l.Links[2:3], {}} {
		if got := l.LinksIn(l.Results[i]); !slices.Equal(got, want) {
			t.Errorf("LinksIn(Results[%d]) = %v, want %v", i, got, want)
		}
	}
	if got := l.LinksIn(body.Span{Start: 0, End: len(data)}); !slices.Equal(got, l.Links) {
		t.Errorf("LinksIn(all) = %v, want %v", got, l.Links)
	}
	if got := l.LinksIn(body.Span{Start: len(data), End: 0}); len(got) != 0 {
		t.Errorf("LinksIn(nothing) = %v, want none", got)
	}
}

func TestScanJSONRecognisesPages(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		want       bool
	}{
		{"a page", `{"count":2,"next":null,"previous":null,"results":[1,2]}`, true},
		{"any order", `{"results":[],"previous":"p","count":0,"next":"n"}`, true},
		{"other members", `{"a":{"count":1,"results":[]},"count":2,"next":null,"b":[],"previous":null,"results":[]}`, true},
		{"escaped names", `{"c\u006funt":2,"\u006eext":null,"previous":null,"results":[]}`, true},
		{"largest count", `{"count":9223372036854775807,"next":null,"previous":null,"results":[]}`, true},
		{"count beyond 63 bits", `{"count":9223372036854775808,"next":null,"previous":null,"results":[]}`, false},
		{"negative count", `{"count":-1,"next":null,"previous":null,"results":[]}`, false},
		{"fraction as count", `{"count":2.0,"next":null,"previous":null,"results":[]}`, false},
		{"exponent as count", `{"count":2e0,"next":null,"previous":null,"results":[]}`, false},
		{"string as count", `{"count":"2","next":null,"previous":null,"results":[]}`, false},
		{"no count", `{"next":null,"previous":null,"results":[]}`, false},
		{"no next", `{"count":2,"previous":null,"results":[]}`, false},
		{"no previous", `{"count":2,"next":null,"results":[]}`, false},
		{"no results", `{"count":2,"next":null,"previous":null}`, false},
		{"number as next", `{"count":2,"next":1,"previous":null,"results":[]}`, false},
		{"false as previous", `{"count":2,"next":null,"previous":false,"results":[]}`, false},
		{"object as results", `{"count":2,"next":null,"previous":null,"results":{}}`, false},
		{"count twice", `{"count":2,"count":2,"next":null,"previous":null,"results":[]}`, false},
		{"next twice, once escaped", `{"count":2,"next":null,"nex\u0074":null,"previous":null,"results":[]}`, false},
		{"previous twice", `{"count":2,"next":null,"previous":null,"previous":null,"results":[]}`, false},
		{"results twice", `{"count":2,"next":null,"previous":null,"results":[1],"results":[2]}`, false},
		{"results and what is none", `{"count":2,"next":null,"previous":null,"results":[1],"results":null}`, false},
		{"other case", `{"Count":2,"next":null,"previous":null,"results":[]}`, false},
		{"inside of an array", `[{"count":2,"next":null,"previous":null,"results":[]}]`, false},
		{"an object", `{"id":1}`, false},
		{"a number", `1`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := body.ScanJSON([]byte(tt.data), upstream)
			if err != nil {
				t.Fatal(err)
			}
			if l.IsPage != tt.want {
				t.Errorf("IsPage = %v, want %v", l.IsPage, tt.want)
			}
			if !l.IsPage && (l.Count != 0 || l.Next != body.Span{} || l.Previous != body.Span{} || l.Results != nil) {
				t.Errorf("no page, but %+v", l)
			}
		})
	}
}

// The links of an object that only resembles a page are links like any others.
func TestScanJSONKeepsLinksOfWhatIsNoPage(t *testing.T) {
	data := `{"count":"?","next":"https://ll.thespacedevs.com/2.3.0/x/","previous":null,"results":["https://ll.thespacedevs.com/a"]}`
	want := `{"count":"?","next":"http://localhost:8080/2.3.0/x/?format=json","previous":null,"results":["http://localhost:8080/a"]}`
	if got := spliced(t, data, upstream); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestScanJSONRefuses(t *testing.T) {
	for _, data := range []string{
		"", " \n", "{", "[", `"a`, "nul", "[1,]", "[1 2]", `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{1:1}`, "01", "1.", "+1", "NaN", "'a'",
		"{}}", "{} {}", "1 2", "[]x", "[}", "{]", "]", "}", `["\x"]`, `["\u12"]`, "[\"\n\"]", "\xef\xbb\xbf{}", "<html>",
		`{"count":1,"next":null,"previous":null,"results":[1}`, `{"count":1,"next":null,"previous":null,"results":[1]]`,
	} {
		l, err := body.ScanJSON([]byte(data), upstream)
		if err == nil {
			t.Errorf("ScanJSON(%q) took it", data)
		}
		if !reflect.DeepEqual(l, body.Layout{}) {
			t.Errorf("ScanJSON(%q) = %+v, want the zero Layout", data, l)
		}
	}
}

// A body cut off anywhere is refused.
func TestScanJSONRefusesTruncated(t *testing.T) {
	data := page(2, 1)
	if _, err := body.ScanJSON(data, upstream); err != nil || !json.Valid(data) {
		t.Fatalf("the whole page: %v", err)
	}
	for n := range data {
		if _, err := body.ScanJSON(data[:n], upstream); err == nil {
			t.Errorf("took the first %d of %d bytes", n, len(data))
		}
	}
}

func TestLayoutCost(t *testing.T) {
	var empty body.Layout
	if got, least := empty.Cost(), int(reflect.TypeFor[body.Layout]().Size()); got < least {
		t.Errorf("Cost of an empty layout = %d, want at least %d", got, least)
	}
	l := body.Layout{Links: make([]body.Link, 3, 10), Results: make([]body.Span, 0, 5)}
	if got, want := l.Cost()-empty.Cost(), 10*24+5*16; got != want {
		t.Errorf("Cost of 10 links and 5 elements = %d, want %d", got, want)
	}
}
