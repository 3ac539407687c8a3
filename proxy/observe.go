package proxy

import (
	"context"
	"log/slog"
	"time"

	"perigee/proxy/ll2"
)

// Keys of the access record.
const (
	keyMethod   = "method"
	keyURI      = "uri"
	keyStatus   = "status"
	keyOutcome  = "outcome"
	keyDetail   = "detail"
	keyEndpoint = "endpoint"
	keyResource = "key"
	keyTook     = "took"
	keyBytes    = "bytes"
	keyUpstream = "upstream"
	keyClient   = "client"
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
	if ctx := x.r.Context(); h.log.Enabled(ctx, slog.LevelInfo) {
		h.logAccess(ctx, x)
	}
}

func (h *Handler) logAccess(ctx context.Context, x *exchange) {
	rec := &x.record
	rec.Method, rec.URI, rec.Client = x.r.Method, x.r.RequestURI, h.addressing.client(x.r)
	rec.Key = x.key()
	h.log.LogAttrs(ctx, slog.LevelInfo, "request",
		slog.String(keyMethod, rec.Method), slog.String(keyURI, rec.URI),
		slog.Int(keyStatus, rec.Status), slog.String(keyOutcome, string(rec.Outcome)),
		slog.String(keyDetail, rec.Detail), slog.String(keyEndpoint, rec.Endpoint),
		slog.String(keyResource, rec.Key), slog.Duration(keyTook, rec.Took),
		slog.Int64(keyBytes, rec.Bytes), slog.Int(keyUpstream, rec.Upstream),
		slog.String(keyClient, rec.Client))
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

func (silent) RequestStarted()                                            {}
func (silent) RequestEnded(string, string, int, time.Duration)            {}
func (silent) WaiterJoined()                                              {}
func (silent) FlightStarted()                                             {}
func (silent) FlightEnded()                                               {}
func (silent) WorseAnswerKept(string)                                     {}
func (silent) ParameterIgnored(string)                                    {}
func (silent) ObjectFromList()                                            {}
func (silent) PageCut(bool, bool)                                         {}
func (silent) WindowDoubted(string)                                       {}
func (silent) StaleServed(string, string)                                 {}
func (silent) Overridden(string)                                          {}
func (silent) PanicRecovered()                                            {}
func (silent) SetQuota(int, int, time.Duration, time.Duration, time.Time) {}
func (silent) ThrottleReportFailed()                                      {}
