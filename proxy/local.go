package proxy

import (
	"encoding/json"
	"net/http"
	"time"

	"perigee/proxy/ll2"
	"perigee/proxy/quota"
	"perigee/proxy/respond"
)

// answerOptions answers preflights and questions for the methods: upstream would
// charge for them and know nothing that we do not.
func (rs *responder) answerOptions(x *exchange) {
	header := x.Header()
	rs.settle(x, header, respond.Handling{Outcome: respond.Local, Detail: "options"})
	header.Set("Allow", allowed)
	rs.cors.preflight(header, x.Request)
	x.WriteHeader(http.StatusNoContent)
}

// isUnacceptable reports whether the framework is known to refuse the request
// before it looks at anything else.
func isUnacceptable(res *ll2.Resource) bool {
	return res.Kind.Tabled() &&
		(res.Representation == ll2.NotAcceptable || res.Representation == ll2.UnknownFormat)
}

// answerUnacceptable answers as Django REST Framework does when a client accepts no
// representation that there is. The framework negotiates before it counts, so
// nothing is learned, and nothing need be spent, by asking.
func (rs *responder) answerUnacceptable(x *exchange) {
	status, body := http.StatusNotAcceptable, `{"detail":"Could not satisfy the request Accept header."}`
	if x.resource.Representation == ll2.UnknownFormat {
		status, body = http.StatusNotFound, `{"detail":"Not found."}`
	}
	rs.local(x, "negotiation", status, http.Header{
		"Content-Type": {"application/json"}, "Vary": {"Accept"}, "Allow": {allowed},
	}, []byte(body))
}

// throttleReport is the report of /api-throttle/ in upstream's form.
type throttleReport struct {
	Limit  int    `json:"your_request_limit"`
	Period int64  `json:"limit_frequency_secs"`
	Used   int    `json:"current_use"`
	Next   int64  `json:"next_use_secs"`
	Ident  string `json:"ident"`
}

// answerThrottle answers /api-throttle/ of any version from the proxy's own ledger:
// the shared quota as this client sees it, and as ident the client's own name or
// address. Upstream's answer is never relayed: its ident can be the secret key.
func (rs *responder) answerThrottle(x *exchange, view quota.View) {
	body, err := json.Marshal(throttleReport{
		Limit: view.Limit, Period: int64(view.Period / time.Second), Used: view.Used,
		Next: int64((view.Next + time.Second - 1) / time.Second), Ident: x.client.ID,
	})
	if err != nil {
		panic(err) // numbers and a string always marshal
	}
	rs.local(x, "throttle-report", http.StatusOK, http.Header{
		"Content-Type": {"application/json"}, "Cache-Control": {"no-store"}, "Allow": {allowed},
	}, body)
}
