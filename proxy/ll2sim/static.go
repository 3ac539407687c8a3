package ll2sim

import (
	"net/http"
	"strings"

	"perigee/proxy/ll2sim/dataset"
)

// static answers what lies outside the API. It costs nothing.
func static(r *http.Request) (response, bool) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return response{}, false
	}
	switch r.URL.Path {
	case "/", "/docs/":
		return newResponse(http.StatusOK, "text/html; charset=utf-8", docsPage), true
	case "/static/docs.css":
		answer := newResponse(http.StatusOK, "text/css", docsStyle)
		answer.header.Set("Cache-Control", "max-age=3600, public")
		answer.header.Set("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
		return answer, true
	case "/health_check/":
		return newResponse(http.StatusOK, "application/json", `{"DatabaseBackend":"working"}`), true
	}
	if strings.HasPrefix(r.URL.Path, dataset.MediaPath) {
		return newResponse(http.StatusOK, "text/plain; charset=utf-8", "An invented file.\n"), true
	}
	return response{}, false
}

const docsPage = `<!doctype html>
<html lang="en">
<head>
  <title>Launch Library 2, simulated</title>
  <link rel="stylesheet" href="/static/docs.css">
</head>
<body>
  <h1>Launch Library 2, simulated</h1>
  <p>The data are invented. Begin at <a href="/2.3.0/">/2.3.0/</a>.</p>
</body>
</html>
`

const docsStyle = "body { font: 16px/1.5 sans-serif; margin: 3rem auto; max-width: 40rem }\n"
