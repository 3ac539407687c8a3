package proxy

import (
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
	"perigee/proxy/upstream"
)

// Reasons why an answer does not take a good one's place: a closed set, they are
// metric labels.
const (
	faultStatus    = "status"     // upstream failed or refused
	faultMalformed = "malformed"  // JSON that does not parse
	faultShape     = "shape"      // a list without count, next, previous and results
	faultMediaType = "media-type" // another representation than was asked for
	faultUnframed  = "unframed"   // nothing tells that the body is whole
)

// assembler makes entries out of upstream's answers, and judges them.
type assembler struct {
	policy   *rfc9111.Policy
	base     string // upstream's, as it stands in bodies
	observer Observer
	log      *slog.Logger
	told     *sync.Map // what was logged once already
}

func newAssembler(o Options) assembler {
	return assembler{
		policy: o.Policy, base: baseOf(o.UpstreamURL).String(),
		observer: o.Observer, log: o.Logger, told: new(sync.Map),
	}
}

// assemble makes the entry and says what is wrong with it, given what is held.
func (a *assembler) assemble(res *ll2.Resource, answer *upstream.Answer, held *cache.Entry) *landing {
	d := a.policy.Decide(res.Path, answer.Status, answer.Header, answer.Answered)
	a.tellOverridden(res, d.Overridden)
	pg, fault := a.dissect(res, answer)
	switch {
	case !d.Store, held != nil && poorer(res, held.Status, answer.Status):
		fault = faultStatus
	}
	e := &cache.Entry{
		Key: res.Key, Target: res.Path + "?" + res.Query, Accept: res.Accept, Status: answer.Status, Header: relayed(answer.Header), Body: answer.Body,
		Asked: answer.Asked, Answered: answer.Answered, Age: d.Age, Date: d.Date,
		FreshUntil:                answer.Answered,
		StaleWhileRevalidateUntil: answer.Answered, StaleIfErrorUntil: answer.Answered,
		Digest: sha256.Sum256(answer.Body), Derived: pg, DerivedCost: pg.cost(len(answer.Body)),
	}
	if d.Store {
		e.FreshUntil, e.StaleWhileRevalidateUntil, e.StaleIfErrorUntil =
			d.FreshUntil, d.StaleWhileRevalidateUntil, d.StaleIfErrorUntil
	}
	if pg.window != nil {
		pg.window.Digest = e.Digest
	}
	return &landing{entry: e, asked: true, fault: fault}
}

// Rebuilder returns what makes an entry whole again that was kept without what was
// derived from its body: for a store that keeps entries outside of memory. It
// returns nil for what is of no use any more.
func Rebuilder(upstreamURL *url.URL) func(*cache.Entry) *cache.Entry {
	a := newAssembler(Options{UpstreamURL: upstreamURL, Logger: slog.New(slog.DiscardHandler)})
	return func(e *cache.Entry) *cache.Entry {
		res, ok := resourceOf(e)
		if !ok {
			return nil
		}
		pg, fault := a.dissect(&res, &upstream.Answer{Status: e.Status, Header: e.Header, Body: e.Body})
		if fault != "" {
			return nil
		}
		if pg.window != nil {
			pg.window.Digest = e.Digest
		}
		whole := *e
		whole.Derived, whole.DerivedCost = pg, pg.cost(len(e.Body))
		return &whole
	}
}

// resourceOf returns what was asked for. ok is false if the entry was written by
// a version that keyed it in another way.
func resourceOf(e *cache.Entry) (res ll2.Resource, ok bool) {
	path, query, _ := strings.Cut(e.Target, "?")
	res, err := ll2.Resolve(ll2.Request{Path: path, Query: query, Accept: []string{e.Accept}}, ll2.Options{KeepUnknown: true})
	return res, err == nil && res.Key == e.Key
}

// dissect finds where the links of a body are, and whether the body is what was asked for.
func (a *assembler) dissect(res *ll2.Resource, answer *upstream.Answer) (pg *page, fault string) {
	pg = &page{}
	media, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	switch {
	case media == mediaHTML:
		pg.layout = body.ScanHTML(answer.Body, a.base)
	case isJSON(media):
		layout, err := body.ScanJSON(answer.Body, a.base)
		if err != nil {
			return pg, faultMalformed
		}
		pg.layout, pg.paged = layout, layout.IsPage && a.predicts(res, &layout, answer.Body)
		if pg.paged {
			pg.window, pg.doubt = body.NewWindow(res, answer.Body, &pg.layout)
		}
	}
	switch {
	case answer.Unframed && !isJSON(media): // JSON shows by its form that it is whole
		return pg, faultUnframed
	case answer.Status == http.StatusOK:
		return pg, unexpected(res, media, &pg.layout)
	}
	return pg, ""
}

// unexpected says in what a 200 is not what was asked for. Of paths that are not
// known, nothing is expected.
func unexpected(res *ll2.Resource, media string, l *body.Layout) (fault string) {
	switch {
	case !res.Kind.Tabled() && res.Kind != ll2.Untabled:
		return ""
	case res.Representation == ll2.JSON && !isJSON(media), res.Representation == ll2.HTML && media != mediaHTML:
		return faultMediaType
	case res.Kind == ll2.List && res.Representation == ll2.JSON && !l.IsPage:
		return faultShape
	}
	return ""
}

const mediaHTML = "text/html"

func isJSON(media string) bool {
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

// predicts reports whether upstream wrote next and previous as this package
// would have. Only then are they written anew for each client: a list that links
// its pages in some other way is relayed as it is, but for the base.
func (a *assembler) predicts(res *ll2.Resource, l *body.Layout, body []byte) bool {
	if res.Kind != ll2.List && res.Kind != ll2.Untabled {
		return false
	}
	asked := res.Canonical()
	next, _ := asked.Next(a.base, l.Count)
	previous, _ := asked.Previous(a.base, l.Count)
	if sameLink(body[l.Next.Start:l.Next.End], next) && sameLink(body[l.Previous.Start:l.Previous.End], previous) {
		return true
	}
	if _, told := a.told.LoadOrStore(res.Endpoint+" links", true); !told {
		a.log.Warn("upstream links its pages in an unknown way: they are relayed as they are", "key", res.Key)
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

// poorer reports whether a status must not take the place of one that is held.
// An object may cease to exist; a list that was there does not.
func poorer(res *ll2.Resource, held, now int) bool {
	if held != http.StatusOK || now == http.StatusOK {
		return false
	}
	gone := now == http.StatusNotFound || now == http.StatusGone
	return res.Kind == ll2.List || !gone
}

// tellOverridden counts the directives that the settings override, and logs each
// once an endpoint.
func (a *assembler) tellOverridden(res *ll2.Resource, directives []string) {
	for _, d := range directives {
		a.observer.DirectiveOverridden(d)
		if _, told := a.told.LoadOrStore(res.Endpoint+" "+d, true); !told {
			a.log.Info("upstream's directive is overridden by the settings", "directive", d, "endpoint", res.Endpoint)
		}
	}
}

// siteBound are fields that speak of the connection to upstream, of its host, or
// of what the proxy says itself. Nothing of them is relayed.
var siteBound = []string{
	"Accept-Ranges", "Age", "Alt-Svc", "Cache-Control", "Cdn-Cache-Control", "Cache-Status", "Content-Encoding",
	"Content-Length", "Etag", "Expires", "Nel", "No-Vary-Search", "Pragma", "Report-To", "Reporting-Endpoints",
	"Server-Timing", "Set-Cookie", "Strict-Transport-Security", "Transfer-Encoding", "Vary", "Via",
}

// relayed returns the fields that belong to the representation.
func relayed(h http.Header) http.Header {
	h = h.Clone()
	for _, name := range siteBound {
		h.Del(name)
	}
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") || strings.HasPrefix(name, "Cf-") {
			delete(h, name)
		}
	}
	return h
}
