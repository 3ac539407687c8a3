package proxy

import (
	"context"
	"errors"
	"net/http"
	"time"

	"perigee/proxy/clients"
	"perigee/proxy/coalesce"
	"perigee/proxy/fetch"
	"perigee/proxy/respond"
	"perigee/proxy/upstream"
)

// errThrottled tells that the quota is spent. The quota is the same for everybody,
// but each client is told when to come back: see rateLimits.
var errThrottled = errors.New("the quota is spent")

// When to ask again that could not be answered, where nothing better is known.
const (
	retryAfterAnswer = 10 * time.Second // a request was spent
	retryAfterUnsent = time.Second      // none was
)

// problemOf says to a client what an error means for it. What it says of upstream
// is bounded: the particulars are in the log.
func problemOf(err error) *respond.Problem {
	if p, ok := errors.AsType[*respond.Problem](err); ok {
		return p
	}
	if unavailable, ok := errors.AsType[*fetch.UnavailableError](err); ok {
		return &respond.Problem{
			Status: http.StatusServiceUnavailable, Reason: "upstream-" + unavailable.Reason, RetryAfter: unavailable.RetryAfter,
			Detail: unavailable.Error() + " It is asked again in " + inSeconds(unavailable.RetryAfter) + ".",
		}
	}
	if busy, ok := errors.AsType[*upstream.BusyError](err); ok {
		return &respond.Problem{
			Status: http.StatusServiceUnavailable, Reason: "busy", RetryAfter: busy.RetryAfter,
			Detail: "Too many requests for pages outside the API are under way.",
		}
	}
	switch {
	case errors.Is(err, clients.ErrKeyRequired):
		return &respond.Problem{
			Status: http.StatusUnauthorized, Reason: "key", Header: http.Header{"Www-Authenticate": {"Token"}},
			Detail: "A key is required. Send it as Authorization: Token KEY.",
		}
	case errors.Is(err, upstream.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return &respond.Problem{
			Status: http.StatusGatewayTimeout, Reason: "upstream-timeout", RetryAfter: retryAfterAnswer,
			Detail: "Upstream did not answer in time, and nothing is cached.",
		}
	case errors.Is(err, coalesce.ErrClosed), errors.Is(err, context.Canceled):
		return &respond.Problem{
			Status: http.StatusServiceUnavailable, Reason: "shutdown", RetryAfter: retryAfterUnsent,
			Detail: "The proxy is shutting down.",
		}
	case upstream.LacksDescriptors(err):
		return &respond.Problem{
			Status: http.StatusServiceUnavailable, Reason: "descriptors", RetryAfter: retryAfterUnsent,
			Detail: "The proxy has too many connections open to ask upstream.",
		}
	}
	return &respond.Problem{
		Status: http.StatusBadGateway, Reason: "upstream-" + fetch.FailureReason(err), RetryAfter: retryAfterAnswer,
		Detail: "Upstream could not be reached or broke off, and nothing is cached.",
	}
}

// faultyProblem tells that upstream's answer is of no use.
func faultyProblem(fault string) *respond.Problem {
	return &respond.Problem{
		Status: http.StatusBadGateway, Reason: "upstream-" + fault, RetryAfter: retryAfterAnswer,
		Detail: "Upstream's answer is not what was asked for (" + fault + ").",
	}
}

// inSeconds is a duration as a sentence has it, rounded up.
func inSeconds(d time.Duration) string {
	if n := respond.Seconds(d); n != "1" {
		return n + " seconds"
	}
	return "1 second"
}
