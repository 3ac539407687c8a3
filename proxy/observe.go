package proxy

import (
	"time"

	"perigee/proxy/access"
	"perigee/proxy/ll2"
)

// observe ends the record of a request and derives everything from it, once. It
// runs deferred, so that it also sees requests that ReverseProxy aborts by panic.
func (h *Handler) observe(x *exchange) {
	rec := &x.record
	if rec.Outcome == "" { // the client left, or a panic is on its way up
		rec.Outcome = Failed
	}
	if rec.Status == 0 {
		rec.Status = statusClientGone
	}
	rec.Endpoint = endpointLabel(x)
	rec.Took = time.Since(x.start)
	h.observer.RequestEnded(string(rec.Outcome), rec.Endpoint, rec.Status, rec.Took)
	if x.resource != nil {
		for _, name := range x.resource.Ignored {
			h.observer.ParameterIgnored(name)
		}
	}
	if rec.Outcome == Stale {
		h.observer.StaleServed(rec.Detail, rec.Endpoint)
	}
	if ctx := x.r.Context(); access.Enabled(ctx, h.log) {
		access.Log(ctx, h.log, access.Record{
			Method: x.r.Method, URI: x.r.RequestURI, Status: rec.Status, Outcome: string(rec.Outcome),
			Detail: rec.Detail, Endpoint: rec.Endpoint, Key: x.key(), Took: rec.Took,
			Bytes: rec.Bytes, Upstream: rec.Upstream, Client: h.addressing.client(x.r),
		})
	}
}

// noEndpoint labels requests that never came to mean a resource: bad ones, and
// those that need none.
const noEndpoint = "none"

// Endpoints returns the closed set that Record.Endpoint is from.
func Endpoints() []string { return append(ll2.Endpoints(), noEndpoint) }

// endpointLabel is bounded: what a client sends never becomes a label by itself.
func endpointLabel(x *exchange) string {
	if x.resource == nil {
		return noEndpoint
	}
	return x.resource.Endpoint
}

// silent is the Observer of those who have none.
type silent struct{}

func (silent) RequestStarted()                                 {}
func (silent) RequestEnded(string, string, int, time.Duration) {}
func (silent) WaiterJoined()                                   {}
func (silent) FetchStarted()                                   {}
func (silent) FetchEnded()                                     {}
func (silent) DowngradeRejected(string)                        {}
func (silent) ParameterIgnored(string)                         {}
func (silent) ObjectFromList()                                 {}
func (silent) PageCut(bool, bool)                              {}
func (silent) WindowRejected(string)                           {}
func (silent) StaleServed(string, string)                      {}
func (silent) DirectiveOverridden(string)                      {}
func (silent) PanicRecovered()                                 {}
func (silent) ThrottleReportFailed()                           {}
