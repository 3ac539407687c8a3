package ll2sim

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// page writes the browsable page of an answer, in the spirit of DRF's: the
// request, the fields of the answer, and the body as text in which every URL is
// a link.
func (v *view) page(status int, body any) string {
	indent := 4
	if v.rendering.indent.named {
		indent = v.rendering.indent.spaces
	}
	text := renderJSON(body, indent, v.link)
	full := escape(fullPath(v.request))
	name := escape(v.name())
	var b strings.Builder
	fmt.Fprintf(&b, pageHead, name, v.crumbs(), full, v.formats(), name, v.description())
	fmt.Fprintf(&b, "<pre class=\"prettyprint\"><b>%s</b> %s</pre>\n", escape(v.request.Method), full)
	fmt.Fprintf(&b, "<pre class=\"prettyprint\"><b>HTTP %d %s</b>\n", status, http.StatusText(status))
	for _, field := range []struct{ name, value string }{
		{"Allow", v.allow()}, {"Content-Type", "application/json"}, {"Vary", "Accept"},
	} {
		fmt.Fprintf(&b, "<b>%s:</b> <span class=\"lit\">%s</span>\n", field.name, field.value)
	}
	fmt.Fprintf(&b, "\n%s</pre>\n", linked(text))
	b.WriteString(pageFoot)
	return b.String()
}

const pageHead = `<!DOCTYPE html>
<html>
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8"/>
<meta name="robots" content="NONE,NOARCHIVE" />
<title>%s – simulated Launch Library 2</title>
<link rel="stylesheet" type="text/css" href="/static/docs.css"/>
</head>
<body>
<ul class="breadcrumb">%s</ul>
<p><a href="%s" rel="nofollow">GET</a> %s</p>
<h1>%s</h1>
%s`

const pageFoot = `</body>
</html>
`

// crumbs are links to what the path lies in.
func (v *view) crumbs() string {
	var b strings.Builder
	path := quote(v.request.URL.Path, safePath)
	for i := range path {
		if i > 0 && path[i] == '/' {
			fmt.Fprintf(&b, `<li><a href="%s">%s</a></li>`,
				escape(path[:i+1]+linkSuffix(v.query)), escape(path[:i+1]))
		}
	}
	return b.String()
}

// formats are links to the same in each format.
func (v *view) formats() string {
	var b strings.Builder
	for _, r := range renderers() {
		m := v.query.multidict()
		m["format"] = []string{r.format}
		fmt.Fprintf(&b, `<a href="%s" rel="nofollow">%s</a> `,
			escape(withQuery(quote(v.request.URL.Path, safePath), m.encode())), r.format)
	}
	return b.String()
}

// escape is Django's.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;").Replace(s)
}

// linked escapes a text and makes links of the URLs in it.
func linked(text string) string {
	var b strings.Builder
	// Compiled on each call: a page is made now and then, and packages here keep no globals.
	urls := regexp.MustCompile(`https?://[^\s"<>]+`)
	done := 0
	for _, at := range urls.FindAllStringIndex(text, -1) {
		url := escape(text[at[0]:at[1]])
		b.WriteString(escape(text[done:at[0]]))
		fmt.Fprintf(&b, `<a href="%s" rel="nofollow">%s</a>`, url, url)
		done = at[1]
	}
	b.WriteString(escape(text[done:]))
	return b.String()
}

// description tells what the endpoint takes.
func (v *view) description() string {
	e := v.target.endpoint
	if e == nil || !e.List {
		return ""
	}
	var b strings.Builder
	section := func(title, label string, values []string) {
		if len(values) > 0 {
			fmt.Fprintf(&b, "<h2>%s</h2>\n<p>%s - %s</p>\n", title, label, strings.Join(values, ", "))
		}
	}
	var params []string
	for _, name := range e.Params() {
		if kind, _ := e.Param(name); isField(name, kind) {
			params = append(params, name)
		}
	}
	section("Filters", "Parameters", params)
	section("Search", "Fields searched", e.Search)
	section("Ordering", "Fields", e.Ordering)
	return b.String()
}
