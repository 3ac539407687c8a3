package cache

import (
	"net/http"
	"strings"
)

// refusal says why an answer may not be kept (RFC 9111, section 3), "" if it may.
func refusal(x *Exchange, said *directives, explicit bool) string {
	switch {
	case noStoreAsked(x.Request):
		return "request-no-store"
	case !storableStatus(x.Status):
		return "status"
	case said.mustUnderstand && http.StatusText(x.Status) == "":
		return "must-understand" // section 5.2.2.3
	case said.noStore && !said.mustUnderstand:
		return "no-store"
	case said.private && said.privateFields == "":
		return "private"
	case variesWithoutLimit(x.Response):
		return "vary"
	case !storableMethod(x, explicit):
		return "method"
	case len(x.Request["Authorization"]) > 0 && !said.forAnyone():
		return "authorization" // section 3.5
	case !explicit && !said.public && !heuristicStatus(x.Status):
		return "no-freshness"
	case !explicit && !said.public && setsCookie(x.Response):
		return "set-cookie" // section 7.3: only where upstream means it to be kept
	}
	return ""
}

// forAnyone reports whether the answer to an authenticated request may be given
// to others (RFC 9111, section 3.5).
func (d *directives) forAnyone() bool {
	return d.public || d.mustRevalidate || d.sMaxAge.said
}

// storableStatus reports whether answers with a status may be kept at all. Those
// of RFC 6585 say of themselves that they may not.
func storableStatus(status int) bool {
	switch status {
	case http.StatusNotModified, http.StatusPreconditionRequired, http.StatusTooManyRequests,
		http.StatusRequestHeaderFieldsTooLarge, http.StatusNetworkAuthenticationRequired:
		return false
	}
	return status >= http.StatusOK
}

// storableMethod reports whether the answer is one to a GET, or serves as one: a
// POST may be answered with the very resource it went to, for an explicit time
// (RFC 9110, section 9.3.3).
func storableMethod(x *Exchange, explicit bool) bool {
	switch x.Method {
	case http.MethodGet:
		return true
	case http.MethodPost:
		location := x.Response.Get("Content-Location")
		if !explicit || location == "" || x.Status != http.StatusOK {
			return false
		}
		target, err := x.URL.Parse(location)
		return err == nil && target.Host == x.URL.Host && target.RequestURI() == x.URL.RequestURI()
	}
	return false
}

func noStoreAsked(h http.Header) bool {
	cc := parseCacheControl(h["Cache-Control"])
	return cc.noStore
}

// omitted returns the fields that no-cache and private name (RFC 9111, sections
// 5.2.2.4 and 5.2.2.7). Without them the answer may be kept and used.
func (d *directives) omitted() []string {
	var names []string
	for _, list := range [...]string{d.noCacheFields, d.privateFields} {
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.Trim(name, " \t"); name != "" {
				names = append(names, http.CanonicalHeaderKey(name))
			}
		}
	}
	return names
}

// traits returns what lasts beyond the moment of storing.
func (d *directives) traits() Traits {
	return Traits{
		NeverStale: d.mustRevalidate || d.proxyReval || d.sMaxAge.said || d.noCache && d.noCacheFields == "",
		Immutable:  d.immutable,
	}
}
