package proxy

import (
	"net/http"
	"time"

	"perigee/proxy/ll2"
	"perigee/proxy/respond"
)

// observe ends the record of a request and derives everything from it, once. It
// runs deferred, so that it also sees requests that ReverseProxy aborts by panic.
func (h *Handler) observe(x *exchange) {
	x.Record.Endpoint, x.Record.Key = noEndpoint, x.key()
	if x.resource != nil {
		x.Record.Endpoint = x.resource.Endpoint
		for _, name := range x.resource.Ignored {
			h.observer.ParameterIgnored(name)
		}
	}
	x.End(h.observer, h.log, func(r *http.Request) string {
		if x.client.Address == "" { // the request was not admitted
			x.client, _ = h.clients.Identify(r)
		}
		return x.client.Address
	})
	if x.Record.Outcome == respond.Stale {
		h.observer.StaleServed(x.Record.Detail, x.Record.Endpoint)
	}
}

// noEndpoint labels requests that never came to mean a resource: bad ones, and
// those that need none.
const noEndpoint = "none"

// Endpoints returns the closed set of labels that an Observer gets: what a client
// sends never becomes a label by itself.
func Endpoints() []string { return append(ll2.Endpoints(), noEndpoint) }

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
