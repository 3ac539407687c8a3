package plain

import (
	"context"
	"errors"
	"net"
	"net/http"

	"perigee/proxy/respond"
)

// errClosed is why nothing is fetched after Close.
var errClosed = errors.New("plain: shutting down")

// problemOf says to a client what an error means for it. The particulars are for
// the log.
func problemOf(err error) *respond.Problem {
	var p *respond.Problem
	var timeout net.Error
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, errClosed):
		return &respond.Problem{
			Status: http.StatusServiceUnavailable, Reason: "shutdown",
			Detail: "The cache is shutting down.",
		}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &respond.Problem{
			Status: http.StatusGatewayTimeout, Reason: "upstream-timeout",
			Detail: "Upstream did not answer in time, and nothing is held.",
		}
	}
	return &respond.Problem{
		Status: http.StatusBadGateway, Reason: "upstream-failed",
		Detail: "Upstream could not be reached or broke off, and nothing is held.",
	}
}
