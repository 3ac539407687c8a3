package drf

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"perigee/proxy/ll2sim/python"
)

// BrowsablePage is an answer as a page, in the spirit of DRF's: the request, the
// fields of the answer, and the body as text in which every URL is a link.
type BrowsablePage struct {
	Request     *http.Request
	Query       python.Query // of the request
	Name        string       // of the view
	Description string       // of the view, as HTML
	Status      int
	Allow       string // the field of that name
	Body        string // JSON
}

// HTML returns the page.
func (p BrowsablePage) HTML() string {
	full, name := escape(FullPath(p.Request)), escape(p.Name)
	var b strings.Builder
	fmt.Fprintf(&b, pageHead, name, p.crumbs(), full, p.formats(), name, p.Description)
	fmt.Fprintf(&b, "<pre class=\"prettyprint\"><b>%s</b> %s</pre>\n", escape(p.Request.Method), full)
	fmt.Fprintf(&b, "<pre class=\"prettyprint\"><b>HTTP %d %s</b>\n", p.Status, http.StatusText(p.Status))
	for _, field := range []struct{ name, value string }{
		{"Allow", p.Allow}, {"Content-Type", "application/json"}, {"Vary", "Accept"},
	} {
		fmt.Fprintf(&b, "<b>%s:</b> <span class=\"lit\">%s</span>\n", field.name, field.value)
	}
	fmt.Fprintf(&b, "\n%s</pre>\n", linkURLs(p.Body))
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
func (p BrowsablePage) crumbs() string {
	var b strings.Builder
	path := EscapePath(p.Request.URL.Path)
	for i := range path {
		if i > 0 && path[i] == '/' {
			fmt.Fprintf(&b, `<li><a href="%s">%s</a></li>`,
				escape(path[:i+1]+FormatSuffix(p.Query)), escape(path[:i+1]))
		}
	}
	return b.String()
}

// formats are links to the same in each format.
func (p BrowsablePage) formats() string {
	var b strings.Builder
	for _, format := range []string{"json", "api"} {
		values := p.Query.Values()
		values.Set("format", format)
		fmt.Fprintf(&b, `<a href="%s" rel="nofollow">%s</a> `,
			escape(WithQuery(EscapePath(p.Request.URL.Path), values.Encode())), format)
	}
	return b.String()
}

// escape is Django's.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;").Replace(s)
}

var urls = regexp.MustCompile(`https?://[^\s"<>]+`)

// linkURLs escapes a text and makes links of the URLs in it.
func linkURLs(text string) string {
	var b strings.Builder
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
