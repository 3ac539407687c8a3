package body_test

import (
	"testing"

	"perigee/proxy/ll2/body"
	"perigee/proxy/ll2/ll2test"
)

func TestScanHTML(t *testing.T) {
	for _, tt := range []struct{ name, data, want string }{
		{"attribute", `<a href="https://ll.thespacedevs.com/2.3.0/x/?a=1&amp;b=2">`, `<a href="http://localhost:8080/2.3.0/x/?a=1&amp;b=2">`},
		{"attribute in apostrophes", `<a href='http://ll.thespacedevs.com/'>`, `<a href='http://localhost:8080/'>`},
		{"text of a link", `<a>https://LL.thespacedevs.com/docs</a>`, `<a>http://localhost:8080/docs</a>`},
		{"JSON as the browsable API shows it",
			`&quot;url&quot;: &quot;<a href="https://ll.thespacedevs.com/2.3.0/x/1/" rel="nofollow">https://ll.thespacedevs.com/2.3.0/x/1/</a>&quot;`,
			`&quot;url&quot;: &quot;<a href="http://localhost:8080/2.3.0/x/1/" rel="nofollow">http://localhost:8080/2.3.0/x/1/</a>&quot;`},
		{"quoted in text", `&quot;https://ll.thespacedevs.com/a&quot; &#x27;https://ll.thespacedevs.com/b&#x27; ` +
			`&#39;https://ll.thespacedevs.com/c&#39; &#34;https://ll.thespacedevs.com/d&#34;`,
			`&quot;http://localhost:8080/a&quot; &#x27;http://localhost:8080/b&#x27; &#39;http://localhost:8080/c&#39; &#34;http://localhost:8080/d&#34;`},
		{"JSON in a script", `{"a":"https:\/\/ll.thespacedevs.com\/a"}`, `{"a":"http://localhost:8080\/a"}`},
		{"one after another", `"https://ll.thespacedevs.com/">https://ll.thespacedevs.com/<`, `"http://localhost:8080/">http://localhost:8080/<`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := body.ScanHTML([]byte(tt.data), upstream)
			s := body.Substitution{Base: local, Suffix: "?format=json", Page: true, Next: "n"}
			got := ll2test.Written(t, l.Text([]byte(tt.data), s))
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if l.IsPage {
				t.Error("IsPage = true, want false")
			}
		})
	}
}

func TestScanHTMLLeavesAlone(t *testing.T) {
	for _, tt := range []struct{ name, data string }{
		{"nothing", ""},
		{"the base at the very beginning", "https://ll.thespacedevs.com/"},
		{"prose", `<p>See https://ll.thespacedevs.com/docs (https://ll.thespacedevs.com/)</p>`},
		{"inside of an attribute", `<meta content="0; url=https://ll.thespacedevs.com/">`},
		{"no slash", `<a href="https://ll.thespacedevs.com">https://ll.thespacedevs.com</a>`},
		{"a host that begins alike", `<a href="https://ll.thespacedevs.com.evil.example/">`},
		{"upstream's host as user", `<a href="https://ll.thespacedevs.com@evil.example/">`},
		{"another port", `<a href="https://ll.thespacedevs.com:8443/">`},
		{"relative", `<a href="/2.3.0/spacecraft/?format=api">`},
		{"after other entities", `&amp;https://ll.thespacedevs.com/ &lt;https://ll.thespacedevs.com/ quot;https://ll.thespacedevs.com/`},
		{"cut off", `<a href="https://ll.thespacedevs.co`},
		{"cut off in an escape", `"\u00`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := body.ScanHTML([]byte(tt.data), upstream)
			if got := string(l.Text([]byte(tt.data), body.Substitution{Base: local}).Append(nil)); got != tt.data {
				t.Errorf("got  %s\nwant %s", got, tt.data)
			}
		})
	}
}

func TestTextEscapesHTML(t *testing.T) {
	data := []byte(`<a href="https://ll.thespacedevs.com/">`)
	l := body.ScanHTML(data, upstream)
	got := string(l.Text(data, body.Substitution{Base: `"'<&>\`}).Append(nil))
	if want := `<a href="&#34;&#39;&lt;&amp;&gt;\/">`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
