package upstream

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

var _ http.RoundTripper = (*Client)(nil)

// RoundTrip passes a client's GET or HEAD through, streamed. It is meant for paths
// outside the API: no credentials are sent, and no quota is asked. Of the client's
// fields only those go along that say what it accepts and what it has cached; of the
// answer's, Set-Cookie and what concerns the connection stay behind. A body of the
// request is dropped, and so are values in its context.
//
// With a token, the answer is searched for it: it is asked for whole and uncoded, and
// comes without trailers.
//
// At most one request leaves. The number under way and their rate are bounded by
// the options: over the bound the error is a *BusyError. All other errors are
// *Error.
func (c *Client) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body.Close()
	}
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		return nil, &Error{Op: "prepare", Err: fmt.Errorf("method %.20q is not passed through", req.Method)}
	}
	u, err := rebase(c.options.BaseURL, req.URL)
	if err != nil {
		return nil, &Error{Op: "prepare", Err: err}
	}
	ctx, cancel := context.WithCancel(bare{req.Context()})
	release, err := c.limiter.acquire(req.Context(), cancel)
	if err != nil {
		cancel()
		return nil, err
	}
	end := func() { cancel(); release() } // may be called again
	out := &http.Request{Method: req.Method, URL: u, Host: u.Host, Header: passHeader(&c.options, req.Header, c.sender.redactor != nil)}
	resp, err := c.pass(out.WithContext(ctx))
	if err != nil {
		end()
		return nil, err
	}
	if c.sender.redactor != nil {
		searched := *resp // net/http will put the trailers into the other
		searched.Trailer, searched.Body = nil, c.sender.redactor.body(resp.Body)
		resp = &searched
	}
	resp.Request = req
	resp.Body = &passBody{ReadCloser: resp.Body, end: end}
	return resp, nil
}

// pass sends the request and cleans the head of the response.
func (c *Client) pass(req *http.Request) (*http.Response, error) {
	start, status := time.Now(), 0
	resp, _, err := c.sender.send(req)
	if err == nil && c.sender.redactor != nil && !searchable(resp) {
		resp.Body.Close()
		err = &Error{Op: "read body", Sent: true, Err: fmt.Errorf("%w: it must be searched for the token", ErrBadCoding)}
	}
	if err == nil {
		status = resp.StatusCode
		clean(resp.Header)
	}
	c.sender.record(req, labelPass, status, time.Since(start), err)
	return resp, err
}

// searchable reports whether a body came whole and uncoded, as it was asked for.
func searchable(resp *http.Response) bool {
	if resp.Body == http.NoBody {
		return true
	}
	for coding := range strings.SplitSeq(strings.Join(resp.Header["Content-Encoding"], ","), ",") {
		if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
			return false
		}
	}
	return resp.StatusCode != http.StatusPartialContent
}

// passBody is a body on its way through. It releases its slot as soon as it has
// ended, which may be before it is closed.
type passBody struct {
	io.ReadCloser
	end func()
}

// Read hands on what the body has.
func (b *passBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.end()
	}
	return n, err
}

// Close ends the body, read or not.
func (b *passBody) Close() error {
	err := b.ReadCloser.Close()
	b.end()
	return err
}
