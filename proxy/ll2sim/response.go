package ll2sim

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
)

// response is an answer before it is sent.
type response struct {
	status int
	header http.Header
	body   string
}

func newResponse(status int, contentType, body string) response {
	return response{status: status, header: http.Header{"Content-Type": {contentType}}, body: body}
}

// write sends the answer, without its body if HEAD asked.
func (a response) write(w http.ResponseWriter, r *http.Request, length int) {
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = io.WriteString(w, a.body) // the client may have left
	}
}

// errorPage is the page that Django shows where no template of its own is installed.
func errorPage(title, text string) string {
	return fmt.Sprintf(`
<!doctype html>
<html lang="en">
<head>
  <title>%s</title>
</head>
<body>
  <h1>%s</h1><p>%s</p>
</body>
</html>
`, title, title, text)
}

func notFoundPage() response {
	return newResponse(http.StatusNotFound, "text/html",
		errorPage("Not Found", "The requested resource was not found on this server."))
}

func badRequestPage() response {
	return newResponse(http.StatusBadRequest, "text/html", errorPage("Bad Request (400)", ""))
}
