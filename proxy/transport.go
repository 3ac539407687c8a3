package proxy

import (
	"net/http"
	"strings"
	"time"

	"perigee/proxy/collection"
	"perigee/proxy/fetch"
	"perigee/proxy/ll2"
	"perigee/proxy/quota"
	"perigee/proxy/respond"
)

// transport is below ReverseProxy: it brings what was decided to be fetched, and
// makes it the response. What to ask for is not decided here again.
type transport struct {
	upstream  http.RoundTripper // for what is passed through
	base      string            // of upstream
	fetcher   *fetch.Fetcher
	finder    *finder
	lists     *collection.Collections
	gate      *quota.Gate
	patience  time.Duration // of a client for whom nothing is cached
	responder *responder
	pages     *pageLog
}

// roundTrip answers a request that is to be forwarded.
func (t *transport) roundTrip(x *exchange, out *http.Request) (*http.Response, error) {
	if x.resource.Kind == ll2.Outside {
		return t.pass(x, out)
	}
	d := t.fetch(x, out)
	if d.err != nil {
		return nil, d.err
	}
	if d.selection != nil {
		d.handling.Detail = t.pages.answered(x, d)
	}
	return t.responder.response(x, out, d.source, d.handling), nil
}

// fetch asks upstream for the resource, or for the windows of its page.
func (t *transport) fetch(x *exchange, out *http.Request) decision {
	if x.cached.windows.Plan == nil {
		return t.fetchWhole(x, out)
	}
	a := assembly{transport: t, x: x, out: out, windows: x.cached.windows}
	return a.run()
}

// fetchWhole asks for the resource itself.
func (t *transport) fetchWhole(x *exchange, out *http.Request) decision {
	f := t.ask(x, out, x.resource, fetch.Request{Waiter: x.waiter(t.patience)})
	if !f.good() && out.Context().Err() != nil {
		return decision{err: out.Context().Err()}
	}
	return conclude(f, x.cached.whole, x.fwd, x.Start)
}

// ask fetches one resource for x.
func (t *transport) ask(x *exchange, out *http.Request, res *ll2.Resource, req fetch.Request) (f fetched) {
	if req.NewerThan.IsZero() && x.fwd == respond.FwdRequest {
		req.NewerThan = x.Start
	}
	f.result, f.started, f.err = t.fetcher.Fetch(out.Context(), res, req)
	if f.billed() {
		x.Record.Upstream++
	}
	return f
}

// pass sends a request outside the API through: it costs no quota, and what it
// means is not known here.
func (t *transport) pass(x *exchange, out *http.Request) (*http.Response, error) {
	resp, err := t.upstream.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	x.Record.Upstream = 1
	for name := range resp.Header {
		if strings.HasPrefix(name, "Access-Control-") || name == "Alt-Svc" || name == "Strict-Transport-Security" {
			delete(resp.Header, name)
		}
	}
	if path, ok := strings.CutPrefix(resp.Header.Get("Location"), t.base+"/"); ok {
		resp.Header.Set("Location", x.client.Base.String()+"/"+path)
	}
	t.responder.settle(x, resp.Header, respond.Handling{Outcome: respond.Bypass, FwdStatus: resp.StatusCode})
	return resp, nil
}
