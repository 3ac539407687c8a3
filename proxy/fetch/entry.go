package fetch

import (
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/clients"
	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
	"perigee/proxy/render"
	"perigee/proxy/upstream"
)

// Faults are why an answer does not take a good one's place: a closed set, they are
// metric labels.
const (
	FaultStatus    = "status"     // upstream failed or refused
	FaultMalformed = "malformed"  // JSON that does not parse
	FaultShape     = "shape"      // a list without count, next, previous and results
	FaultMediaType = "media-type" // another representation than was asked for
	FaultUnframed  = "unframed"   // nothing tells that the body is whole
	FaultRedirect  = "redirect"   // it leads to what was asked for
)

// inspector makes cache entries out of upstream's answers, and finds what is wrong
// with them.
type inspector struct {
	policy     *rfc9111.Policy
	base       string // upstream's, as it stands in bodies
	observer   Observer
	log        *slog.Logger
	loggedOnce *sync.Map // what was
	missing    *missing
}

func newInspector(o Options) inspector {
	return inspector{
		policy: o.Policy, base: clients.BaseOf(o.UpstreamURL).String(),
		observer: o.Observer, log: o.Logger, loggedOnce: new(sync.Map), missing: new(missing),
	}
}

// result makes the entry and says what is wrong with it, given what is cached.
func (i *inspector) result(res *ll2.Resource, answer *upstream.Answer, cached *cache.Entry) *Result {
	d := i.policy.Decide(res.Path, answer.Status, answer.Header, answer.Answered)
	i.tellOverridden(res, d.Overridden)
	b, fault := i.inspect(res, answer)
	switch {
	case !d.Store:
		fault = FaultStatus
	case fault == "" && cached != nil && cached.Status == http.StatusOK:
		fault = i.downgrade(res, cached, answer, b)
	}
	e := &cache.Entry{
		Key: res.Key, Target: res.Path + "?" + res.Query, Accept: res.Accept,
		Status: answer.Status, Header: i.representationFields(answer.Header), Body: answer.Body,
		Asked: answer.Asked, Answered: answer.Answered, Age: d.Age, Date: d.Date,
		FreshUntil:                answer.Answered,
		StaleWhileRevalidateUntil: answer.Answered, StaleIfErrorUntil: answer.Answered,
		Digest: sha256.Sum256(answer.Body),
	}
	if d.Store {
		e.FreshUntil, e.StaleWhileRevalidateUntil, e.StaleIfErrorUntil =
			d.FreshUntil, d.StaleWhileRevalidateUntil, d.StaleIfErrorUntil
	}
	i.correctDate(e)
	if leadsToItself(res, e) {
		fault = FaultRedirect
		if i.first("redirect") {
			i.log.Warn("upstream redirects to the very page: does PERIGEE_UPSTREAM_URL have the right scheme?",
				"key", res.Key, "location", answer.Header.Get("Location"), "upstream", i.base)
		}
	}
	attach(e, b)
	return &Result{Entry: e, Origin: FromUpstream, Fault: fault}
}

// maxSkew is how far upstream's clock may be off.
const maxSkew = time.Minute

// correctDate takes our own clock for upstream's where the two differ by more than a
// request takes: what is fresh is for the settings to say, and by a clock that is a day
// slow every answer would be a day old to caches of clients (RFC 9111, section 4.2.3).
func (i *inspector) correctDate(e *cache.Entry) {
	made := e.Answered.Add(-e.Age)
	if e.Date.IsZero() || e.Date.Sub(made).Abs() <= maxSkew+e.Answered.Sub(e.Asked) {
		return
	}
	if i.first("clock") {
		i.log.Warn("upstream's clock differs from ours: its Date is not passed on", "date", e.Date, "ours", made)
	}
	e.Date = time.Time{}
	e.Header.Set("Date", made.UTC().Format(http.TimeFormat))
}

// attach has the entry carry what is known of its body.
func attach(e *cache.Entry, b *render.Body) {
	e.Derived, e.DerivedCost = b, b.Cost(len(e.Body))
	if b.Window != nil {
		b.Window.Digest = e.Digest
	}
}

// Rebuilder returns what makes an entry whole again that was kept without what was
// derived from its body: for a store that keeps entries outside of memory. It
// returns nil for what is of no use any more.
func Rebuilder(upstreamURL *url.URL) func(*cache.Entry) *cache.Entry {
	i := newInspector(Options{UpstreamURL: upstreamURL, Logger: slog.New(slog.DiscardHandler)})
	return func(e *cache.Entry) *cache.Entry {
		res, ok := ResourceOf(e)
		if !ok {
			return nil
		}
		b, fault := i.inspect(&res, &upstream.Answer{Status: e.Status, Header: e.Header, Body: e.Body})
		if fault != "" {
			return nil
		}
		whole := *e
		attach(&whole, b)
		return &whole
	}
}

// ResourceOf returns what an entry answers. ok is false if it was written by a
// version that keyed it in another way.
func ResourceOf(e *cache.Entry) (res ll2.Resource, ok bool) {
	path, query, _ := strings.Cut(e.Target, "?")
	res, err := ll2.Resolve(ll2.Request{Path: path, Query: query, Accept: []string{e.Accept}}, ll2.Options{KeepUnknown: true})
	return res, err == nil && res.Key == e.Key
}

// inspect finds where the links of a body are, and whether it is what was asked for.
func (i *inspector) inspect(res *ll2.Resource, answer *upstream.Answer) (b *render.Body, fault string) {
	b = new(render.Body)
	media := mediaType(answer.Header)
	switch {
	case media == mediaHTML:
		b.Layout = body.ScanHTML(answer.Body, i.base)
	case isJSON(media):
		layout, err := body.ScanJSON(answer.Body, i.base)
		if err != nil {
			return b, FaultMalformed
		}
		b.Layout, b.Paged = layout, layout.IsPage && i.predicts(res, &layout, answer.Body)
		if b.Paged {
			b.Window, b.Rejection = body.NewWindow(res, answer.Body, &b.Layout)
		}
	}
	switch {
	case answer.Unframed && !isJSON(media): // JSON shows by its form that it is whole
		return b, FaultUnframed
	case answer.Status == http.StatusOK:
		return b, unexpected(res, media, &b.Layout, answer.Body)
	}
	return b, ""
}

// unexpected says in what a 200 is not what was asked for. Of paths that are not
// known, nothing is expected.
func unexpected(res *ll2.Resource, media string, l *body.Layout, text []byte) (fault string) {
	switch {
	case !res.Kind.Tabled() && res.Kind != ll2.Untabled:
		return ""
	case res.Representation == ll2.JSON && !isJSON(media), res.Representation == ll2.HTML && media != mediaHTML:
		return FaultMediaType
	case res.Representation != ll2.JSON:
	case res.Kind == ll2.List && !l.IsPage, res.Kind != ll2.List && body.IsErrorDocument(text):
		return FaultShape
	}
	return ""
}

const mediaHTML = "text/html"

// mediaType is the type of a body without its parameters, empty if there is none.
func mediaType(h http.Header) string {
	media, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return media
}

func isJSON(media string) bool {
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

// predicts reports whether upstream wrote next and previous as package ll2 would
// have. Only then are they written anew for each client: a list that links its pages
// in some other way is relayed as it is, but for the base.
func (i *inspector) predicts(res *ll2.Resource, l *body.Layout, text []byte) bool {
	if res.Kind != ll2.List && res.Kind != ll2.Untabled {
		return false
	}
	asked := res.Canonical()
	next, _ := asked.Next(i.base, l.Count)
	previous, _ := asked.Previous(i.base, l.Count)
	if sameLink(text[l.Next.Start:l.Next.End], next) && sameLink(text[l.Previous.Start:l.Previous.End], previous) {
		return true
	}
	if i.first(res.Endpoint + " links") {
		i.log.Warn("upstream links its pages in an unknown way: they are relayed as they are", "key", res.Key)
	}
	return false
}

// sameLink reports whether a JSON value is the link, or null for an empty one.
// The scheme makes no difference: behind a TLS proxy upstream may write http.
func sameLink(value []byte, link string) bool {
	var written *string
	if json.Unmarshal(value, &written) != nil || (written == nil) != (link == "") {
		return false
	}
	if written == nil {
		return true
	}
	_, got, _ := strings.Cut(*written, "://")
	_, want, _ := strings.Cut(link, "://")
	return strings.EqualFold(got, want)
}

// downgrade says in what an answer is worse than a good one that is cached, so that
// it must not take its place; empty: in nothing. One odd answer, of a captive portal or
// an error page that says 200, is not worth a good one.
func (i *inspector) downgrade(res *ll2.Resource, cached *cache.Entry, answer *upstream.Answer, b *render.Body) (fault string) {
	was := render.Of(cached)
	switch gone := answer.Status == http.StatusNotFound || answer.Status == http.StatusGone; {
	case answer.Status != http.StatusOK && (!gone || res.Kind == ll2.List || was.Layout.IsPage):
		return FaultStatus // an object may cease to exist; a list that was there does not
	case gone:
		if !i.missing.confirmed(res.Key, answer.Answered) {
			return FaultStatus
		}
		return ""
	}
	i.missing.forget(res.Key)
	now := mediaType(answer.Header)
	switch {
	case mediaType(cached.Header) != now:
		return FaultMediaType
	case was.Window != nil && b.Window == nil, was.Layout.IsPage && !b.Layout.IsPage:
		return FaultShape
	case isJSON(now) && !was.Layout.IsPage && !body.ShareMembers(cached.Body, answer.Body):
		return FaultShape
	}
	return ""
}

// tellOverridden counts the directives that the settings override, and logs each
// once an endpoint.
func (i *inspector) tellOverridden(res *ll2.Resource, directives []string) {
	for _, d := range directives {
		i.observer.DirectiveOverridden(d)
		if i.first(res.Endpoint + " " + d) {
			i.log.Info("upstream's directive is overridden by the settings", "directive", d, "endpoint", res.Endpoint)
		}
	}
}

// first reports whether something is to be logged that was not yet. What there is
// to log is bounded by the endpoints.
func (i *inspector) first(what string) bool {
	_, logged := i.loggedOnce.LoadOrStore(what, true)
	return !logged
}

// notForwarded are fields that speak of the connection to upstream, of its host, or
// of what the proxy says itself.
var notForwarded = []string{
	"Accept-Ranges", "Age", "Alt-Svc", "Cache-Control", "Cdn-Cache-Control", "Cache-Status", "Content-Encoding",
	"Content-Length", "Etag", "Expires", "Nel", "No-Vary-Search", "Pragma", "Report-To", "Reporting-Endpoints",
	"Server-Timing", "Set-Cookie", "Strict-Transport-Security", "Transfer-Encoding", "Vary", "Via",
}

// representationFields returns the fields that belong to the representation. What
// leads to upstream is made relative: it is for each client to be led on its own base.
func (i *inspector) representationFields(h http.Header) http.Header {
	h = h.Clone()
	for name := range h {
		if slices.Contains(notForwarded, name) || strings.HasPrefix(name, "Access-Control-") || strings.HasPrefix(name, "Cf-") {
			delete(h, name)
		}
	}
	_, host, _ := strings.Cut(i.base, "://")
	for _, name := range []string{"Location", "Content-Location", "Link"} {
		for n, value := range h[name] {
			h[name][n] = relativeTo(host, value)
		}
	}
	return h
}

// relativeTo makes the references to a host in the value of a field relative, whatever
// the scheme: behind a TLS proxy upstream may write http.
func relativeTo(host, value string) string {
	for _, scheme := range []string{"https://", "http://", "//"} {
		for _, open := range []string{"", "<"} {
			start := strings.Index(strings.ToLower(value), open+strings.ToLower(scheme+host)+"/")
			if start < 0 || open == "" && start > 0 {
				continue
			}
			start += len(open)
			return value[:start] + value[start+len(scheme+host):]
		}
	}
	return value
}

// leadsToItself reports whether a redirect leads to what was asked for: as where
// upstream wants https and PERIGEE_UPSTREAM_URL says http.
func leadsToItself(res *ll2.Resource, e *cache.Entry) bool {
	target := res.Path
	if res.Query != "" {
		target += "?" + res.Query
	}
	return e.Status >= http.StatusMultipleChoices && e.Status < http.StatusBadRequest && e.Header.Get("Location") == target
}
