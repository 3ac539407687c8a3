package proxy

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"perigee/cache"
	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
	"perigee/proxy/respond"
)

// maxVariants bounds the renderings that one entry keeps.
const maxVariants = 16

// page is what was learned of a body when it was stored, and the renderings made
// of it since. It hangs at cache.Entry.Derived.
type page struct {
	layout body.Layout
	paged  bool           // next and previous are written for each client
	window *body.Window   // from which other pages can be cut; nil: from this one they cannot
	doubt  body.Rejection // why not

	learned atomic.Bool // it is known which objects the window holds

	mu       sync.Mutex // serialises writers of variants
	variants atomic.Pointer[[]*variant]
}

// cost is what a page may take in memory: the layout, and renderings that
// together are no larger than the body.
func (p *page) cost(body int) int {
	return p.layout.Cost() + variantBudget(body)
}

// variantBudget is how many bytes of renderings an entry keeps. One always fits.
func variantBudget(body int) int { return body + body/8 + 4096 }

// variant is an entry as one client sees it: links on that client's base, the
// client's own query echoed. It is immutable and shared.
type variant struct {
	base   base
	echo   string         // what the rendering repeats of the request, see echoOf
	others []*cache.Entry // that it was cut from beside this one
	part   int            // of the entry that it is, see subject.part
	fields []field
	body   []byte
	etag   string
	hit    respond.Prepared // Cache-Status of a hit with this detail
	detail string
}

// field is a header field with values that all answers share.
type field struct {
	name   string
	values []string
}

// echoOf is all of the request's text that the rendering depends on: for a page
// the query, which next and previous repeat, else the format that links repeat.
func (p *page) echoOf(x *exchange) string {
	if p.paged {
		return x.Request.URL.RawQuery
	}
	return x.resource.LinkSuffix()
}

// variant returns the rendering for x, made now if it is not kept. A page that is
// cut from several entries is kept with the first.
func (p *page) variant(s subject, x *exchange) *variant {
	e, echo := s.entry, p.echoOf(x)
	if kept := p.variants.Load(); kept != nil {
		for _, v := range *kept {
			if v.echo == echo && v.base == x.base && v.part == s.part() && slices.Equal(v.others, s.others) {
				return v
			}
		}
	}
	var v *variant
	switch {
	case s.page != nil:
		v = renderCut(s, x)
	case s.element != nil:
		v = renderElement(s, x)
	default:
		v = p.render(e, x)
	}
	v.echo, v.others, v.part = echo, s.others, s.part()
	p.keep(v, variantBudget(len(e.Body)))
	return v
}

// keep adds v and lets go of the oldest that the budget has no room for.
func (p *page) keep(v *variant, budget int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := []*variant{v}
	budget -= len(v.body)
	if old := p.variants.Load(); old != nil {
		for _, o := range *old {
			if budget -= len(o.body); budget < 0 || len(kept) == maxVariants {
				break
			}
			kept = append(kept, o)
		}
	}
	p.variants.Store(&kept)
}

// render makes the rendering of e for x.
func (p *page) render(e *cache.Entry, x *exchange) *variant {
	b := x.base.String()
	sub := body.Substitution{Base: b, Suffix: x.resource.LinkSuffix()}
	if p.paged {
		sub.Page = true
		sub.Next, _ = x.resource.Next(b, p.layout.Count)
		sub.Previous, _ = x.resource.Previous(b, p.layout.Count)
	}
	v := &variant{base: x.base, body: p.layout.Splice(make([]byte, 0, p.layout.SplicedLen(e.Body, sub)), e.Body, sub)}
	v.etag = etag(e, sub)
	v.hit = respond.Handling{Outcome: respond.Hit}.Member(e.Key).Prepare(nil)
	v.fields = append(fields(e, x.resource, v.etag), field{"Content-Length", []string{strconv.Itoa(len(v.body))}})
	return v
}

// etag names the representation (RFC 9110 §8.8.3), strongly: the digest of the
// entry and all that was put into it. It is the same after a restart.
func etag(e *cache.Entry, sub body.Substitution) string {
	h := sha256.New()
	h.Write(e.Digest[:])
	for _, s := range []string{sub.Base, sub.Suffix, sub.Next, sub.Previous} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return `"` + hex.EncodeToString(h.Sum(nil)[:12]) + `"`
}

// fields are the header fields that every answer with this rendering has.
func fields(e *cache.Entry, res *ll2.Resource, etag string) []field {
	fs := make([]field, 0, len(e.Header)+5)
	add := func(name string, values ...string) { fs = append(fs, field{name, slices.Clip(values)}) }
	for name, values := range e.Header {
		add(name, values...)
	}
	if _, ok := e.Header["Date"]; !ok {
		add("Date", e.Answered.UTC().Format(http.TimeFormat))
	}
	add("Vary", "Accept")
	if e.Status == http.StatusOK {
		add("Accept-Ranges", "bytes")
	}
	lifetime := e.FreshUntil.Sub(e.Answered)
	if lifetime <= 0 {
		add("Cache-Control", "no-store")
		return fs
	}
	add("Cache-Control", "public, max-age="+respond.Seconds(lifetime+e.Age))
	add("Etag", etag)
	if res.Representation == ll2.JSON && res.Kind != ll2.Unknown {
		add("No-Vary-Search", "key-order")
	}
	return fs
}

// subject is what an answer is made of: one entry, or a page of a list and the
// entries it is cut from, or one element of an entry.
type subject struct {
	entry   *cache.Entry   // the first
	others  []*cache.Entry // the rest, if any
	page    *ll2.Page      // that is cut out; nil: none is
	element *body.Element  // that is taken out; nil: none is

	envelope *cache.Entry // whose count the cut page has; nil: the newest
}

// detail is what Cache-Status says of such an answer, if there is nothing more
// important to say.
func (s subject) detail(x *exchange) string {
	switch {
	case s.element != nil:
		return fromListDetail
	case x.moved:
		return movedDetail
	}
	return ""
}

// part tells the renderings of one entry apart.
func (s subject) part() int {
	switch {
	case s.page != nil:
		return 1
	case s.element != nil:
		return 2 + s.element.Index
	}
	return 0
}

// whole is the entry as it is.
func whole(e *cache.Entry) subject { return subject{entry: e} }

// oldest is the entry that was fetched first.
func (s subject) oldest() *cache.Entry {
	oldest := s.entry
	for _, e := range s.others {
		if e.Answered.Before(oldest.Answered) {
			oldest = e
		}
	}
	return oldest
}

// newest is the entry that was fetched last.
func (s subject) newest() *cache.Entry {
	newest := s.entry
	for _, e := range s.others {
		if e.Answered.After(newest.Answered) {
			newest = e
		}
	}
	return newest
}

// answer writes the subject to the client.
func (x *exchange) answer(s subject, v respond.Handling) {
	status, body := x.head(x.Header(), s, v)
	if status == http.StatusNotModified {
		x.Record.Status = status
		x.WriteHeader(status)
		return
	}
	x.Send(status, body)
}

// head writes all header fields of the answer into h and returns its status and
// body. It is the one place where entries become an answer.
func (x *exchange) head(h http.Header, s subject, v respond.Handling) (status int, body []byte) {
	e := s.entry
	pg, ok := e.Derived.(*page)
	if !ok {
		pg = &page{}
	}
	rendering := pg.variant(s, x)
	for _, f := range rendering.fields {
		h[f.name] = f.values
	}
	h["Age"] = []string{strconv.FormatInt(int64(s.oldest().CurrentAge(x.Start)/time.Second), 10)}
	if len(x.resource.Ignored) > 0 {
		h["Perigee-Ignored"] = []string{ignoredField(x.resource.Ignored)}
	}
	if v.Detail == "" {
		v.Detail = s.detail(x)
	}
	if v.Outcome == respond.Hit && v.Detail == rendering.detail {
		x.settleAs(h, v, rendering.hit.Field(v.TTL))
	} else {
		x.settle(h, v)
	}
	if e.Status != http.StatusOK || respond.Unconditional(x.Request.Header) {
		return e.Status, rendering.body
	}
	selected := respond.Select(x.Request.Method, x.Request.Header, respond.Representation{
		ETag: rendering.etag, LastModified: e.Header.Get("Last-Modified"), Date: e.Answered,
		MediaType: e.Header.Get("Content-Type"), Length: int64(len(rendering.body)),
	})
	selected.Apply(h)
	return selected.Status, selected.Content(rendering.body)
}
