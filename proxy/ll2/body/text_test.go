package body_test

import (
	"encoding/json"
	"slices"
	"testing"

	"perigee/proxy/ll2/body"
	"perigee/proxy/ll2/ll2test"
)

const smallPage = `{"count":3,"next":"https://ll.thespacedevs.com/2.3.0/x/?limit=1&offset=2",` +
	`"previous":"https://ll.thespacedevs.com/2.3.0/x/?limit=1","results":[{"url":"https://ll.thespacedevs.com/2.3.0/x/2/"}]}`

func TestText(t *testing.T) {
	object := `{"url":"https://ll.thespacedevs.com/2.3.0/x/2/"}`
	for _, tt := range []struct {
		name, data string
		s          body.Substitution
		want       string
	}{
		{"nothing", smallPage, body.Substitution{}, smallPage},
		{"what stands there", smallPage, body.Substitution{Base: upstream, Page: true,
			Next:     "https://ll.thespacedevs.com/2.3.0/x/?limit=1&offset=2",
			Previous: "https://ll.thespacedevs.com/2.3.0/x/?limit=1"}, smallPage},
		{"base", smallPage, body.Substitution{Base: local},
			`{"count":3,"next":"http://localhost:8080/2.3.0/x/?limit=1&offset=2",` +
				`"previous":"http://localhost:8080/2.3.0/x/?limit=1","results":[{"url":"http://localhost:8080/2.3.0/x/2/"}]}`},
		{"everything", smallPage, body.Substitution{Base: local, Suffix: "?format=json", Page: true, Next: "n", Previous: "p"},
			`{"count":3,"next":"n","previous":"p","results":[{"url":"http://localhost:8080/2.3.0/x/2/?format=json"}]}`},
		{"to null", smallPage, body.Substitution{Base: local, Page: true},
			`{"count":3,"next":null,"previous":null,"results":[{"url":"http://localhost:8080/2.3.0/x/2/"}]}`},
		{"upstream's base kept", smallPage, body.Substitution{Suffix: "?format=", Page: true, Next: upstream + "/n"},
			`{"count":3,"next":"https://ll.thespacedevs.com/n","previous":null,` +
				`"results":[{"url":"https://ll.thespacedevs.com/2.3.0/x/2/?format="}]}`},
		{"from null", `{"count":0,"next":null,"previous":null,"results":[]}`, body.Substitution{Page: true, Next: "n", Previous: "p"},
			`{"count":0,"next":"n","previous":"p","results":[]}`},
		{"another order", `{"a":"https://ll.thespacedevs.com/a","previous":null,"b":"https://ll.thespacedevs.com/b","count":0,` +
			`"results":["https://ll.thespacedevs.com/r"], "next": null ,"c":"https://ll.thespacedevs.com/c"}`,
			body.Substitution{Base: local, Page: true, Next: "n", Previous: "p"},
			`{"a":"http://localhost:8080/a","previous":"p","b":"http://localhost:8080/b","count":0,` +
				`"results":["http://localhost:8080/r"], "next": "n" ,"c":"http://localhost:8080/c"}`},
		{"page of another upstream", `{"count":0,"next":"https://h.example/n","previous":"","results":[]}`, body.Substitution{Base: local},
			`{"count":0,"next":"https://h.example/n","previous":"","results":[]}`},
		{"escapes in next", `{"count":0,"next":"https:\/\/ll.thespacedevs.com\/n","previous":null,"results":[]}`,
			body.Substitution{Base: local}, `{"count":0,"next":"http://localhost:8080\/n","previous":null,"results":[]}`},
		{"no page", object, body.Substitution{Base: local, Page: true, Next: "n", Previous: "p"},
			`{"url":"http://localhost:8080/2.3.0/x/2/"}`},
		{"escaped", object, body.Substitution{Base: `a"b\c` + "\n", Suffix: "?format=\"é\x01\xff"},
			`{"url":"a\"b\\c\n/2.3.0/x/2/?format=\"é\u0001` + "\ufffd" + `"}`},
		{"no UTF-8", object, body.Substitution{Base: "\xff"}, `{"url":"` + "\ufffd" + `/2.3.0/x/2/"}`},
		{"escaped next", smallPage, body.Substitution{Page: true, Next: `"`, Previous: `\`},
			`{"count":3,"next":"\"","previous":"\\","results":[{"url":"https://ll.thespacedevs.com/2.3.0/x/2/"}]}`},
		{"characters of HTML", object, body.Substitution{Suffix: "?format=<a&b>'"},
			`{"url":"https://ll.thespacedevs.com/2.3.0/x/2/?format=<a&b>'"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := body.ScanJSON([]byte(tt.data), upstream)
			if err != nil {
				t.Fatal(err)
			}
			got := ll2test.Written(t, l.Text([]byte(tt.data), tt.s))
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if !json.Valid([]byte(tt.want)) {
				t.Errorf("want is no JSON: %s", tt.want)
			}
		})
	}
}

// The stored body is shared by all that read it.
func TestTextLeavesTheBodyAlone(t *testing.T) {
	data := []byte(smallPage)
	l, err := body.ScanJSON(data, upstream)
	if err != nil {
		t.Fatal(err)
	}
	l.Text(slices.Clip(data), body.Substitution{Base: local, Suffix: "?format=json", Page: true}).Append(nil)
	if string(data) != smallPage {
		t.Errorf("body became %s", data)
	}
}

func TestTextAllocates(t *testing.T) {
	data := page(10, 5)
	l, err := body.ScanJSON(data, upstream)
	if err != nil {
		t.Fatal(err)
	}
	s := body.Substitution{Base: local, Suffix: "?format=json", Page: true, Next: local + "/2.3.0/spacecraft/?limit=10&offset=20"}
	text := l.Text(data, s)
	buf := make([]byte, 0, text.Len())
	if got := testing.AllocsPerRun(100, func() { text.Append(buf) }); got != 0 {
		t.Errorf("%v allocations with enough capacity, want 0", got)
	}
}
