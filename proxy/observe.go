package proxy

import (
	"time"

	"perigee/proxy/ll2"
	"perigee/proxy/respond"
)

// observe ends the record of a request and derives everything from it, once. It
// runs deferred, so that it also sees requests that ReverseProxy aborts by panic.
func (h *Handler) observe(x *exchange) {
	rec := &x.Record
	rec.Endpoint, rec.Key = endpointLabel(x), x.key()
	x.End(h.observer, h.log, h.addressing.client)
	if x.resource != nil {
		for _, name := range x.resource.Ignored {
			h.observer.ParameterIgnored(name)
		}
	}
	if rec.Outcome == respond.Stale {
		h.observer.StaleServed(rec.Detail, rec.Endpoint)
	}
}

// noEndpoint labels requests that never came to mean a resource: bad ones, and
// those that need none.
const noEndpoint = "none"

// Endpoints returns the closed set that an Observer gets.
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
