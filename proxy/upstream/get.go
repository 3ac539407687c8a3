package upstream

import (
	"context"
	"net/http"
	"time"
)

// Ask is what to fetch.
type Ask struct {
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

// Answer is a whole response. It belongs to the caller.
type Answer struct {
	// Status is the final status; redirects are not followed.
	Status int
	// Header holds the fields that are meant for the end of the chain. What
	// described the connection or the coding is gone (Content-Length, too), and so
	// is Set-Cookie.
	Header http.Header
	// Body is complete and decoded.
	Body []byte
	// Unframed tells that nothing but the end of the connection ended the body, so
	// that a cut could not have been noticed (RFC 9112, section 8). Whoever keeps
	// such a body should see to its form.
	Unframed bool
	// Asked is when the first byte of the request left, Answered when the response
	// head had arrived.
	Asked, Answered time.Time
}

// Get fetches a resource whole. At most one request leaves, and nobody's redirect
// is followed. If ctx ends first, so does the request, which upstream may bill
// nevertheless; values in ctx are not used. Every error is an *Error; its kinds are
// ErrTimeout, ErrTooLarge, ErrTruncated, ErrBadCoding and context.Canceled.
func (c *Client) Get(ctx context.Context, ask Ask) (*Answer, error) {
	return c.get(ctx, ask, c.options.MaxBody)
}

func (c *Client) get(ctx context.Context, ask Ask, maxBody int64) (*Answer, error) {
	ctx, cancel := context.WithTimeout(bare{ctx}, c.options.Timeout)
	defer cancel()
	start, status := time.Now(), 0
	req, err := c.request(ctx, ask)
	if err != nil {
		return nil, &Error{Op: "prepare", Err: err}
	}
	answer, err := c.fetch(req, maxBody)
	if err == nil {
		status = answer.Status
	}
	c.note(req, ask.Label, status, time.Since(start), err)
	return answer, err
}

// request builds the request from ask and the options alone.
func (c *Client) request(ctx context.Context, ask Ask) (*http.Request, error) {
	u, err := c.target(ask.Path, ask.Query)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "", nil)
	if err != nil {
		return nil, err
	}
	req.URL, req.Header = u, c.askHeader(ask.Accept)
	return req, nil
}

// fetch sends req and reads the answer to its end.
func (c *Client) fetch(req *http.Request, maxBody int64) (*Answer, error) {
	resp, asked, err := c.send(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer := &Answer{
		Status: resp.StatusCode, Header: resp.Header,
		Asked: asked, Answered: time.Now(),
	}
	answer.Body, answer.Unframed, err = readBody(resp, maxBody)
	cleanDecoded(answer.Header)
	if err != nil {
		return nil, &Error{
			Op: "read body", Sent: true, Head: answer,
			Err: classifyBody(req.Context(), err),
		}
	}
	return answer, nil
}
