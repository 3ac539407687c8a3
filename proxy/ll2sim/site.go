package ll2sim

import (
	"net/http"
	"strings"

	"perigee/proxy/ll2sim/dataset"
	"perigee/proxy/ll2sim/drf"
)

// site is all that answers: the API and what lies around it. It is safe for
// concurrent use.
type site struct {
	options  Options
	throttle *drf.Throttle
	data     *dataset.Store
}

func newSite(o Options) *site {
	return &site{options: o, throttle: drf.NewThrottle(o.Limit, o.Period, o.Now), data: dataset.NewStore(o.Now())}
}

// answer does what the middleware does and then what the view does.
func (s *site) answer(r *http.Request, fault Fault) response {
	if answer, ok := fault.early(); ok {
		return answer
	}
	if isPreflight(r) {
		return preflight()
	}
	if answer, ok := static(r); ok {
		return answer
	}
	t, ok := route(r.URL.Path)
	switch {
	case ok && tooManyFields(r.URL.RawQuery):
		return badRequestPage()
	case ok:
		return fault.late(newView(s, r, t).serve(fault))
	case strings.HasSuffix(r.URL.Path, "/"):
		return notFoundPage()
	}
	if _, ok := route(r.URL.Path + "/"); ok {
		return redirect(r)
	}
	return notFoundPage()
}

// isPreflight reports whether r is a CORS preflight request.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// preflight is answered ahead of every view, so it costs nothing.
func preflight() response {
	answer := newResponse(http.StatusOK, "text/html; charset=utf-8", "")
	answer.header.Set("Access-Control-Allow-Headers", "accept, authorization, content-type, user-agent")
	answer.header.Set("Access-Control-Allow-Methods", "DELETE, GET, OPTIONS, PATCH, POST, PUT")
	answer.header.Set("Access-Control-Max-Age", "86400")
	return answer
}

// tooManyFields reports whether a query has more than Django's
// DATA_UPLOAD_MAX_NUMBER_FIELDS. It counts separators.
func tooManyFields(rawQuery string) bool { return strings.Count(rawQuery, "&")+1 > 1000 }

// redirect adds the missing slash, as Django's CommonMiddleware does.
func redirect(r *http.Request) response {
	answer := newResponse(http.StatusMovedPermanently, "text/html; charset=utf-8", "")
	answer.header.Set("Location", drf.WithQuery(drf.EscapePath(r.URL.Path+"/"), drf.EscapeQuery(r.URL.RawQuery)))
	return answer
}
