package ll2sim

import (
	"maps"
	"net"
	"net/http"
	"strings"

	"perigee/proxy/ll2sim/dataset"
	"perigee/proxy/ll2sim/drf"
	"perigee/proxy/ll2sim/python"
)

// view answers one request for the API.
type view struct {
	site    *site
	request *http.Request
	target  target
	query   python.Query
	allow   string // the field of that name
}

func newView(s *site, r *http.Request, t target) *view {
	allow := "GET, HEAD, OPTIONS"
	if s.options.GetOnly {
		allow = http.MethodGet
	}
	return &view{site: s, request: r, target: t, query: python.ParseQuery(r.URL.RawQuery), allow: allow}
}

// serve does what DRF's APIView does, in its order: what negotiation or
// authentication refuse costs nothing; a wrong method costs like any other.
func (v *view) serve(fault Fault) response {
	answer := response{status: http.StatusOK, header: http.Header{"Vary": {"Accept"}, "Allow": {v.allow}}}
	var body any
	rendering, refusal := drf.Negotiate(v.request.Header["Accept"], v.query)
	if refusal == nil {
		body, refusal = v.handle()
	}
	if refusal != nil {
		answer.status, body = refusal.Status, refusal.Body
		maps.Copy(answer.header, refusal.Header)
	}
	answer.body = drf.RenderJSON(fault.data(body), rendering.Indent, v.links().write)
	answer.header.Set("Content-Type", "application/json")
	if rendering.Page {
		answer.header.Set("Content-Type", "text/html; charset=utf-8")
		answer.body = drf.BrowsablePage{
			Request: v.request, Query: v.query, Name: v.target.name(), Description: v.target.description(),
			Status: answer.status, Allow: v.allow, Body: answer.body,
		}.HTML()
	}
	return answer
}

// handle authenticates, throttles, and hands over to the handler of the method.
func (v *view) handle() (body any, refusal *drf.Exception) {
	ident, refusal := authenticate(v.request, v.site.options.Key)
	if refusal != nil {
		return nil, refusal
	}
	if !v.target.isThrottle() {
		if refusal := v.site.throttle.Allow(ident); refusal != nil {
			return nil, refusal
		}
	}
	method := v.request.Method
	switch {
	case !strings.Contains(", "+v.allow+",", ", "+method+","):
		return nil, drf.Detail(http.StatusMethodNotAllowed, `Method "`+method+`" not allowed.`)
	case method == http.MethodOptions:
		return v.target.metadata(), nil
	case v.target.endpoint == nil:
		return v.target.root(), nil
	case v.target.isThrottle():
		return reportBody(v.site.throttle.Report(ident), ident), nil
	case v.target.endpoint.List:
		return v.list()
	case v.target.id == "":
		return v.site.data.Starship(v.site.options.Now()), nil
	default:
		return v.object()
	}
}

// authenticate returns what a client is counted by, or why it is refused, as DRF's
// TokenAuthentication does: the key, which is the only one there is, or without one
// the address. It ignores schemes other than Token.
func authenticate(r *http.Request, key string) (ident string, refusal *drf.Exception) {
	words := strings.Fields(r.Header.Get("Authorization"))
	failure := ""
	switch {
	case key == "" || len(words) == 0 || !strings.EqualFold(words[0], "Token"):
		return remoteIP(r), nil
	case len(words) == 1:
		failure = "Invalid token header. No credentials provided."
	case len(words) > 2:
		failure = "Invalid token header. Token string should not contain spaces."
	case words[1] != key:
		failure = "Invalid token."
	default:
		return key, nil
	}
	refusal = drf.Detail(http.StatusUnauthorized, failure)
	refusal.Header = http.Header{"Www-Authenticate": {"Token"}}
	return "", refusal
}

// remoteIP is the client's address. X-Forwarded-For is ignored, since a
// client could evade the throttle by sending one.
func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// reportBody is what /api-throttle/ answers.
func reportBody(r drf.Report, ident string) drf.Object {
	return drf.Object{
		{"your_request_limit", drf.Number(r.Limit)},
		{"limit_frequency_secs", drf.Number(int(r.Period.Seconds()))},
		{"current_use", drf.Number(r.Used)},
		{"next_use_secs", drf.Number(int(r.Next.Seconds()))},
		{"ident", ident},
	}
}

// list answers a page of a list.
func (v *view) list() (any, *drf.Exception) {
	listView := v.site.data.View(v.target.endpoint, v.site.options.Now())
	rows, refusal := listView.Filter(v.query)
	if refusal != nil {
		return nil, refusal
	}
	rows = listView.Order(rows, v.query)
	mode, _ := v.query.Last("mode")
	page, results := drf.NewPage(v.query, len(rows)), drf.List{}
	for _, r := range page.Cut(rows) {
		results = append(results, dataset.Element(v.target.endpoint, r, mode))
	}
	url := v.links().base + drf.EscapePath(v.request.URL.Path)
	return page.Envelope(url, v.query, results), nil
}

// object answers one element, whatever the mode, in all detail. DRF filters a list
// and the set in which it looks for an object alike.
func (v *view) object() (any, *drf.Exception) {
	lists := v.target.endpoint.Parent()
	rows, refusal := v.site.data.View(lists, v.site.options.Now()).Filter(v.query)
	if refusal != nil {
		return nil, refusal
	}
	r := dataset.Find(rows, v.target.id)
	if r == nil {
		return nil, drf.Detail(http.StatusNotFound, "Not found.")
	}
	return dataset.Detail(lists, r), nil
}

// links returns the writer of the links in the body.
func (v *view) links() linkWriter {
	return linkWriter{base: baseURL(v.site.options, v.request.Host), version: v.target.version, suffix: drf.FormatSuffix(v.query)}
}
