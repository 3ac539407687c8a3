package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// The kinds of failures, for errors.Is. A caller who gave up gets context.Canceled
// instead.
var (
	// ErrTimeout: upstream did not answer, or not to the end, in time.
	ErrTimeout = errors.New("timed out")
	// ErrTooLarge: the body exceeds MaxBody, as sent or as decoded.
	ErrTooLarge = errors.New("body too large")
	// ErrTruncated: the body ended before it was whole.
	ErrTruncated = errors.New("body truncated")
	// ErrBadCoding: the body's content coding was not asked for, or is damaged.
	ErrBadCoding = errors.New("bad content coding")
)

// What is no response: a status that only makes sense to who asked for an upgrade, to
// who has something to be confirmed, or to nobody.
var (
	errSwitched = errors.New("upstream switched protocols unasked")
	errUnasked  = errors.New("304 to a request without conditions")
	errStatus   = errors.New("status below 100")
)

// Error says how a request failed. All errors of Get and Throttle are of this
// type, and those of RoundTrip but for *BusyError.
type Error struct {
	// Op is what was being done: "prepare", "wait" (for a slot, RoundTrip only),
	// "connect" (until the first byte left), "await response", "read body", "read
	// report".
	Op string
	// Sent reports whether any byte of the request left. If false, none did and none
	// will: upstream cannot have billed it, and what was reserved for it may be
	// refunded. If true, it must be taken as billed.
	Sent bool
	// Head is the response head, if one came: an Answer without Body. It lets a
	// Retry-After be obeyed although the body was cut. Nil if none came.
	Head *Answer
	// Err is the cause.
	Err error
}

// Error implements error.
func (e *Error) Error() string { return "upstream: " + e.Op + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Unreachable reports whether there was no connection to send the request on: that is
// about upstream, and not about what was asked for, nor about this machine.
func (e *Error) Unreachable() bool { return !e.Sent && e.Op == "connect" && !LacksDescriptors(e) }

// LacksDescriptors reports whether this process, or the machine, has too many files and
// connections open for one more.
func LacksDescriptors(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// Sent reports whether a call that ended with err may have cost a request. It is
// false only if err says so for certain.
func Sent(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Sent
	}
	_, busy := errors.AsType[*BusyError](err)
	return !busy
}

// BusyError refuses a RoundTrip because too many were asked for. Nothing was sent.
type BusyError struct {
	// RetryAfter is when another try makes sense; always positive.
	RetryAfter time.Duration
}

// Error implements error.
func (e *BusyError) Error() string {
	return fmt.Sprintf("upstream: too many requests to pass through, retry in %v", e.RetryAfter)
}

// classify gives err its kind. The context comes first: when it has ended, err is
// only what the torn connection said.
func classify(ctx context.Context, err error) error {
	switch cause := ctx.Err(); {
	case errors.Is(cause, context.Canceled):
		return cause
	case cause != nil:
		return fmt.Errorf("%w: %w", ErrTimeout, cause)
	}
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	}
	return err
}

// classifyBody is classify for what went wrong within a body: an end that came too
// early makes it truncated, whether the peer closed or reset the connection.
func classifyBody(ctx context.Context, err error) error {
	err = classify(ctx, err)
	if errors.Is(err, ErrTimeout) || errors.Is(err, context.Canceled) {
		return err
	}
	if _, reset := errors.AsType[*net.OpError](err); reset || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrTruncated, err)
	}
	return err
}
