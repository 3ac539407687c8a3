package soak

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What the proxy is told in profile http.
const (
	httpSIE   = 6 * time.Second
	httpPause = 5 * time.Second // for so long a failure may be told, and the time it took
)

// httpCheck checks answers of profile http, and has its clients act.
type httpCheck struct {
	*httpUpstream
	*report
	purge func(ctx context.Context, target string)
}

// act has a client do one thing.
func (h *httpCheck) act(ctx context.Context, c *client) {
	k := pick(c, kinds())
	target := fmt.Sprintf("/%s/%d", k.name, c.rng.IntN(each))
	switch n := c.rng.IntN(100); {
	case n < 2:
		h.purge(ctx, target)
	case n < 4:
		h.post(ctx, c, target)
	}
	h.ask(ctx, c, k, target)
}

// ask sends a request and checks the answer.
func (h *httpCheck) ask(ctx context.Context, c *client, k kind, target string) {
	q := request{target: target, header: http.Header{}}
	if k.varies {
		q.header.Set("Accept-Language", pick(c, []string{"en", "de", "fr"}))
		q.same = target + " in " + q.header.Get("Accept-Language")
	}
	if k.personal {
		q.header.Set("Authorization", "Token of "+c.name)
	}
	a := c.send(ctx, c.vary(q))
	if ctx.Err() != nil {
		return // the soak is over
	}
	h.check(c, a, k)
	if tag := a.header.Get("Etag"); tag != "" && a.status == http.StatusOK {
		c.tags[q.target] = tag
	}
}

// post changes a resource. Who heard that it is changed may not be given what was
// before.
func (h *httpCheck) post(ctx context.Context, c *client, target string) {
	a := c.send(ctx, request{method: http.MethodPost, target: target, header: http.Header{}})
	switch {
	case ctx.Err() != nil:
	case a.status == http.StatusNoContent:
		version, _ := strconv.ParseInt(a.header.Get(versionField), 10, 64)
		h.posted(target, version, a.done)
		h.count("POST")
	case a.status == http.StatusOK && a.err == nil:
		h.checkCaptive(a)
	default:
		h.checkFailure(a)
	}
}

func (h *httpCheck) check(c *client, a *answer, k kind) {
	switch {
	case a.left:
		h.count("left by the client")
	case a.status == http.StatusRequestedRangeNotSatisfiable:
		h.count("416")
	case a.err != nil || a.status != http.StatusOK && a.status != http.StatusPartialContent && a.status != http.StatusNotModified && (a.status != http.StatusNotFound || !k.vanishes):
		h.checkFailure(a)
	case strings.HasPrefix(a.header.Get("Content-Type"), "text/html"):
		h.checkCaptive(a)
	default:
		h.checkContent(c, a, k)
	}
}

// checkFailure checks that there is a reason for a failure.
func (h *httpCheck) checkFailure(a *answer) {
	h.count(fmt.Sprintf("%d %s", a.status, a.detail))
	if a.detail == "only-if-cached" && a.request.header.Get("Cache-Control") == "only-if-cached" || a.timedOut() {
		return
	}
	if a.err == nil && a.status < 500 && a.status != http.StatusTooManyRequests || !h.failed(a.target, a.sent-httpPause) {
		h.violation("failure without a reason", "%v: %.200s", a, a.body)
	}
}

// checkCaptive checks the page of a captive portal, which says no-store.
func (h *httpCheck) checkCaptive(a *answer) {
	h.count("captive portal passed on")
	x := h.exchangeOf(a)
	if x.fault != captive || x.arrived < a.sent {
		h.violation("captive portal", "%v: from %+v", a, x)
	}
}

// exchangeOf returns the exchange in which the answer was fetched or confirmed.
func (h *httpCheck) exchangeOf(a *answer) exchange {
	serial, _ := strconv.Atoi(a.header.Get(serialField))
	x, _ := h.get(serial)
	return x
}

// checkContent checks an answer that has, or stands for, the content of upstream.
func (h *httpCheck) checkContent(c *client, a *answer, k kind) {
	h.count(outcome(a))
	x := h.exchangeOf(a)
	if x.subject != a.target || x.at == 0 || x.fault != noFault && !(x.fault == malformed) {
		h.violation("of another exchange", "%v: %+v", a, x)
		return
	}
	h.checkBytes(a, k, x)
	h.checkAge(a, x)
	h.checkReuse(a, k, x)
	h.checkMarks(a, x)
	before := c.seen[a.canonical()]
	if x.endedBefore(before.at-scheduling) && !strings.HasPrefix(a.detail, "stale") {
		h.violation("older than before", "%v: this is from %+v, the client had that of %v at %v", a, x, before.at, before.when)
	}
	c.seen[a.canonical()] = sight{x.at, a.headed}
}

// checkBytes checks that the fields and the bytes are those of the version.
func (h *httpCheck) checkBytes(a *answer, k kind, x exchange) {
	language, asked := k.language(a.request.header), a.request.header
	whole := k.content(a.target, language, x.version)
	tag := a.header.Get("Etag")
	if want := k.tag(language, x.version); !k.untagged && tag != want || a.header.Get(versionField) != strconv.FormatInt(x.version, 10) {
		h.violation("wrong fields", "%v: want %s and version %d", a, want, x.version)
	}
	gone := k.vanishes && x.version%2 == 1
	switch {
	case gone != (a.status == http.StatusNotFound) && a.status != http.StatusNotModified:
		h.violation("wrong status", "%v: from %+v", a, x)
	case a.status == http.StatusNotModified:
		if asked.Get("If-None-Match") != tag {
			h.violation("not modified, but it is", "%v", a)
		}
	case a.method == http.MethodHead:
		if length := a.header.Get("Content-Length"); a.status == http.StatusOK && length != "" && length != strconv.Itoa(len(whole)) {
			h.violation("wrong length", "%v: %s, want %d", a, length, len(whole))
		}
	case a.status == http.StatusPartialContent:
		if condition := asked.Get("If-Range"); asked.Get("Range") == "" || condition != "" && condition != tag {
			h.violation("a part that was not asked for", "%v", a)
		} else if err := a.partOf(whole); err != nil {
			h.violation("wrong part", "%v: %v", a, err)
		}
	case !bytes.Equal(a.body, whole):
		h.violation("wrong bytes", "%v: %d bytes %.100q, want %d bytes %.100q", a, len(a.body), a.body, len(whole), whole)
	}
}

// checkAge checks that upstream said this within the answer's Age, and a second.
func (h *httpCheck) checkAge(a *answer, x exchange) {
	slow := x.done - x.at
	if x.done == 0 {
		slow = a.headed - x.at
	}
	if x.at < a.sent-a.age()-time.Second-min(slow, time.Second)-scheduling || x.at > a.headed {
		h.violation("not within its Age", "%v: upstream said this at %v, %+v", a, x.at, x)
	}
}

// checkReuse checks that what upstream and the client say of reuse is heeded.
func (h *httpCheck) checkReuse(a *answer, k kind, x exchange) {
	stale := a.hit && a.ttl < 0
	swr := k.lifetime + k.swr + time.Second
	sie := k.lifetime + k.sie + time.Second
	if k.sie < 0 {
		sie = k.lifetime + httpSIE + time.Second
	}
	switch directive := a.request.header.Get("Cache-Control"); {
	case k.unstored && x.arrived < a.sent:
		h.violation("stored though it may not be", "%v: from %+v", a, x)
	case k.personal && a.header.Get("X-For") != a.request.header.Get("Authorization"):
		h.violation("for another client", "%v: for %s", a, a.header.Get("X-For"))
	case (k.checked || directive == "no-cache" && a.detail == "") && x.endedBefore(a.sent):
		h.violation("not validated", "%v: from %+v", a, x)
	case k.strict && stale:
		h.violation("stale though it must not be", "%v", a)
	case a.hit && !stale && a.age() > k.lifetime && a.detail == "":
		h.violation("stale and does not say so", "%v", a)
	case stale && a.detail == "stale-while-revalidate" && a.age() > swr, stale && a.detail == "max-stale" && a.age() > k.lifetime+4*time.Second,
		stale && a.age() > max(sie, swr, k.lifetime+4*time.Second):
		h.violation("older than anything may be", "%v", a)
	case stale && a.detail != "stale-while-revalidate" && a.detail != "max-stale" && !h.failed(a.target, a.sent-httpPause):
		h.violation("stale without a reason", "%v", a)
	case directive == "only-if-cached" && a.forwarded:
		h.violation("asked upstream though the client forbade it", "%v", a)
	case directive == "max-age=1" && a.age() > time.Second && a.detail == "":
		h.violation("older than the client wants", "%v", a)
	}
}

// checkMarks checks that the answer is newer than purges and changes of which somebody
// knew before it was asked for.
func (h *httpCheck) checkMarks(a *answer, x exchange) {
	p, o := h.marks(a.target, a.sent)
	if x.endedBefore(p.begun - scheduling) {
		h.violation("purged", "%v: purged from %v to %v, but this is from %+v", a, p.begun, p.done, x)
	}
	if x.version < o.version {
		h.violation("older than a POST", "%v: version %d, but %d since the POST that was over at %v", a, x.version, o.version, o.done)
	}
}
