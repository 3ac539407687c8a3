package upstream

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"time"
)

// Client asks one upstream. It is safe for concurrent use.
type Client struct {
	options   Options
	transport *http.Transport
	pass      *passLimit
}

var _ http.RoundTripper = (*Client)(nil)

// New returns a Client. It does not connect yet.
func New(o Options) (*Client, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("upstream: %w", err)
	}
	o = o.withDefaults()
	return &Client{
		options:   o,
		transport: newTransport(&o),
		pass:      newPassLimit(o.PassConcurrency, o.PassRate, o.PassBurst),
	}, nil
}

// Close ends dials that nobody waits for any more. Connections are never kept for
// later, so there is nothing else to close; requests under way belong to their
// callers and go on.
func (c *Client) Close() {
	c.transport.CloseIdleConnections()
}

// send puts req on the wire, at most once, and waits for the response head. asked
// is when the first byte left. Errors are of type *Error.
func (c *Client) send(req *http.Request) (resp *http.Response, asked time.Time, err error) {
	g := new(gate)
	ctx := req.Context()
	resp, err = c.transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, g.trace())))
	asked, sent := g.close()
	if err == nil && resp.StatusCode == http.StatusSwitchingProtocols {
		// Nobody asked for another protocol, and its "body" would have no end.
		resp.Body.Close()
		err = errSwitched
	}
	if err == nil {
		return resp, asked, nil
	}
	// net/http lets a dial go on when its request has ended, in the hope of a later
	// use. There is none here: this call ends it. No connection is ever idle.
	c.transport.CloseIdleConnections()
	op := "connect"
	if sent {
		op = "await response"
	}
	return nil, asked, &Error{Op: op, Sent: sent, Err: classify(ctx, err)}
}

// note tells the observer and the log of one request.
func (c *Client) note(req *http.Request, label string, status int, took time.Duration, err error) {
	c.options.Observer.UpstreamAnswered(label, status, took)
	c.options.Logger.LogAttrs(req.Context(), slog.LevelDebug, "upstream asked", attributes(req, label, status, took, err)...)
}

// bare is a context that ends when the one within ends, but does not hand on its
// values. A client's context can carry hooks (net/http/httptrace) that would be
// called for a request which others share.
type bare struct{ context.Context }

// Value hides every value.
func (bare) Value(any) any { return nil }
