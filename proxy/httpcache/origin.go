package httpcache

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"perigee/cache/rfc9111"
)

// The name under which this cache makes itself known to upstream.
const (
	surrogateName   = "perigee"
	surrogateClaims = surrogateName + `="Surrogate/1.0"`
)

// origin is the upstream server: how requests for it are written, and the one place
// that sends them.
type origin struct {
	url       *url.URL
	transport http.RoundTripper
	closeIdle func()
	observer  Observer
}

func newOrigin(o Options) *origin {
	g := &origin{url: o.UpstreamURL, transport: o.Transport, closeIdle: func() {}, observer: o.Observer}
	if g.transport == nil {
		t := newTransport(o)
		g.transport, g.closeIdle = t, t.closeIdle
	}
	return g
}

func (g *origin) close() { g.closeIdle() }

// rewrite turns a client's request into upstream's: as it is, but for what concerns
// the connection and what is kept back.
func (g *origin) rewrite(p *httputil.ProxyRequest) { g.readdress(p.In, p.Out) }

// readdress addresses out, a copy of in, to upstream.
func (g *origin) readdress(in, out *http.Request) {
	u := *in.URL // also the query, of which ReverseProxy drops pairs that Go cannot parse
	u.Scheme, u.Host, u.User, u.Fragment = g.url.Scheme, g.url.Host, nil, ""
	out.URL, out.Host = &u, ""
	keepBack(in.Method, out.Header)
	out.Header.Add("Via", fmt.Sprintf("%d.%d %s", in.ProtoMajor, in.ProtoMinor, surrogateName))
	out.Header.Add("Surrogate-Capability", surrogateClaims)
}

// refreshOf is the request for a refresh of what r asks for, for which no client
// waits, as ReverseProxy would write it.
func (g *origin) refreshOf(r *http.Request) *http.Request {
	out := r.Clone(context.Background())
	out.Method, out.Body, out.RequestURI = http.MethodGet, nil, ""
	out.Header = rfc9111.EndToEnd(r.Header)
	g.readdress(r, out)
	if _, ok := out.Header["User-Agent"]; !ok {
		out.Header["User-Agent"] = []string{""} // else net/http would sign with its own
	}
	return out
}

// Responses that are none.
var (
	errUnasked = errors.New("304 to a request without conditions")
	errStatus  = errors.New("status below 100")
)

// send sends a request once. The exchange is that with the header of the response;
// asked is the request's URL as the client sees it.
func (g *origin) send(out *http.Request, asked *url.URL) (*http.Response, *rfc9111.Exchange, error) {
	x := &rfc9111.Exchange{Method: out.Method, URL: asked, Request: out.Header, Asked: time.Now()}
	resp, err := g.transport.RoundTrip(out)
	x.Answered = time.Now()
	if err == nil {
		if err = check(out, resp); err != nil {
			resp.Body.Close()
			resp = nil
		}
	}
	if err == nil {
		// Without a date, the time it came counts (RFC 9110, section 6.6.1).
		if _, ok := rfc9111.ParseHTTPDateLoosely(resp.Header.Get("Date"), x.Answered); !ok {
			resp.Header["Date"] = []string{x.Answered.UTC().Format(http.TimeFormat)}
		}
		x.Status, x.Response = resp.StatusCode, resp.Header
	}
	g.observer.UpstreamAnswered(endpoint, x.Status, x.Answered.Sub(x.Asked))
	return resp, x, err
}

// check refuses what is no response: a status that net/http reads and does not
// write, and a 304 that confirms nothing, so that whoever got it would have nothing.
func check(out *http.Request, resp *http.Response) error {
	switch h := out.Header; {
	case resp.StatusCode < http.StatusContinue:
		return errStatus
	case resp.StatusCode == http.StatusNotModified && h["If-None-Match"] == nil && h["If-Modified-Since"] == nil:
		return errUnasked
	}
	return nil
}
