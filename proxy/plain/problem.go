package plain

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	problems "perigee/proxy/problem"
)

// problem is an answer of the cache's own that says why there is no other
// (RFC 9457).
type problem struct {
	status     int
	detail     string
	retryAfter time.Duration // rounded up to whole seconds; 0: not told
	reason     string        // the token in Cache-Status
}

// Error makes a problem an error, so that a stage can return it.
func (p *problem) Error() string { return p.detail }

// outcome tells refusals because upstream throttles from everything else.
func (p *problem) outcome() Outcome {
	if p.status == http.StatusTooManyRequests {
		return Refused
	}
	return Failed
}

func (p *problem) body() []byte { return problems.Body(p.status, p.detail) }

// errClosed is why nothing is fetched after Close.
var errClosed = errors.New("plain: shutting down")

// problemOf says to a client what an error means for it. The particulars are for
// the log.
func problemOf(err error) *problem {
	var p *problem
	var timeout net.Error
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, errClosed):
		return &problem{
			status: http.StatusServiceUnavailable, reason: "shutdown",
			detail: "The cache is shutting down.",
		}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &problem{
			status: http.StatusGatewayTimeout, reason: "upstream-timeout",
			detail: "Upstream did not answer in time, and nothing is held.",
		}
	}
	return &problem{
		status: http.StatusBadGateway, reason: "upstream-failed",
		detail: "Upstream could not be reached or broke off, and nothing is held.",
	}
}
