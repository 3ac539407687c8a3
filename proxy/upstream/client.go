package upstream

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Client asks one upstream. It is safe for concurrent use.
type Client struct {
	options Options
	sender  *sender
	limiter *limiter // of RoundTrip
}

// New returns a Client. It does not connect yet.
func New(o Options) (*Client, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("upstream: %w", err)
	}
	o = o.withDefaults()
	return &Client{
		options: o,
		sender:  &sender{newTransport(&o), newRedactor(o.Token), o.Observer, o.Logger},
		limiter: newLimiter(o.PassConcurrency, o.PassRate, o.PassBurst, o.PassTimeout),
	}, nil
}

// Close ends dials that nobody waits for any more. Connections are never kept for
// later, so there is nothing else to close; requests under way belong to their
// callers and go on.
func (c *Client) Close() { c.sender.close() }

// Request is what to fetch.
type Request struct {
	// Path is the escaped path, beginning with a slash. It goes onto the wire
	// exactly as it stands; one that is not in escaped form is an error.
	Path string
	// Query is the escaped query without its '?'. It is sent as it stands.
	Query string
	// Accept is the value of the Accept field. It is sent as it stands, even if
	// empty: that accepts nothing, where no field at all accepts everything.
	Accept string
	// Label names the request to the Observer. Its values must be bounded.
	Label string
}

// Get fetches a resource whole. At most one request leaves, and redirects are
// not followed. If ctx ends first, so does the request, which upstream may bill
// nevertheless; values in ctx are not used. Every error is an *Error; its kinds are
// ErrTimeout, ErrTooLarge, ErrTruncated, ErrBadCoding and context.Canceled.
func (c *Client) Get(ctx context.Context, r Request) (*Answer, error) {
	return c.get(ctx, r, c.options.MaxBody)
}

// throttlePath answers what of the quota is spent, free of charge.
const throttlePath = "/2.3.0/api-throttle/"

// maxReport is the largest report that Throttle reads. A real one has less than 200
// bytes, and an HTML error page less than this.
const maxReport = 64 << 10

// Throttle fetches upstream's report of what it has counted for the proxy's token, or
// for its address: JSON, not parsed. The request is free, but not bounded here. Every
// error is an *Error, of Op "read report" where the status is not 200; none repeats
// the body, which can contain the token.
func (c *Client) Throttle(ctx context.Context) (report []byte, err error) {
	answer, err := c.get(ctx, Request{
		Path: throttlePath, Accept: "application/json", Label: labelThrottle,
	}, min(c.options.MaxBody, maxReport))
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK {
		answer.Body = nil
		return nil, &Error{Op: "read report", Sent: true, Head: answer, Err: fmt.Errorf("status %d", answer.Status)}
	}
	return answer.Body, nil
}

// get is Get with a limit of its own for the body.
func (c *Client) get(ctx context.Context, r Request, maxBody int64) (*Answer, error) {
	ctx, cancel := context.WithTimeout(bare{ctx}, c.options.Timeout)
	defer cancel()
	u, err := target(c.options.BaseURL, r.Path, r.Query)
	if err != nil {
		return nil, &Error{Op: "prepare", Err: err}
	}
	req := &http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: getHeader(&c.options, r.Accept)}
	req, start, status := req.WithContext(ctx), time.Now(), 0
	answer, err := c.sender.fetch(req, maxBody)
	if err == nil {
		status = answer.Status
	}
	c.sender.record(req, r.Label, status, time.Since(start), err)
	return answer, err
}

// bare is a context that ends when the one within ends, but does not hand on its
// values. A client's context can carry hooks (net/http/httptrace) that would be
// called for a request which others share.
type bare struct{ context.Context }

// Value hides every value.
func (bare) Value(any) any { return nil }
