package soak

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What the proxy is told in profile ll2, in short times: what happens in hours is to
// happen in seconds.
const (
	ll2TTL          = 2 * time.Second
	ll2ConfigTTL    = 4 * time.Second
	ll2SWR          = 2 * time.Second
	ll2SIE          = 30 * time.Second
	ll2Reload       = 500 * time.Millisecond
	ll2Pause        = 15 * time.Second // for so long a failure may be told, and the time it took
	ll2LongestPause = 5 * time.Minute
	ll2Unknown      = 10 * time.Second // for so long nothing is known of the quota after the first start
	ll2Window       = 50
	ll2Detailed     = 20
)

// scheduling is how late a goroutine may come to do what it should, on a machine that
// is busy with this very soak.
const scheduling = time.Second

// ll2Check checks answers of profile ll2.
type ll2Check struct {
	*ll2Upstream
	*report
	bodies *bodies
	base   string // of links
}

func (l *ll2Check) check(c *client, a *answer) {
	path, query, _ := strings.Cut(a.canonical(), "?")
	switch {
	case a.left:
		l.count("left by the client")
		return
	case a.err != nil:
		l.violation("no answer", "%v", a)
		return
	case path == outside:
		l.checkOutside(a)
		return
	}
	list, number := l.place(path)
	switch a.status {
	case http.StatusOK, http.StatusPartialContent, http.StatusNotModified:
		if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			l.checkCaptive(a, path, list != nil || strings.Contains(path, "starship"))
			return
		}
		l.checkContent(c, a, list, number, path, query)
	case http.StatusNotFound:
		l.count("404")
		if since := a.sent - a.age() - time.Second - scheduling; list == nil || number <= list.count(max(since, 0)) {
			l.violation("false 404", "%v: %s", a, a.body)
		}
	case http.StatusRequestedRangeNotSatisfiable:
		l.count("416")
	default:
		l.checkFailure(a, path)
	}
}

// checkFailure checks that there is a reason for a failure.
func (l *ll2Check) checkFailure(a *answer, path string) {
	explained := false
	switch {
	case a.status == http.StatusGatewayTimeout && a.detail == "only-if-cached":
		explained = a.request.header.Get("Cache-Control") == "only-if-cached"
	case a.status == http.StatusTooManyRequests:
		explained = l.throttled(a.sent-5*time.Second) || a.sent < ll2Unknown
	case a.timedOut():
		explained = true
	case a.detail == "upstream-down":
		explained = l.longest >= 5
	case a.status == http.StatusServiceUnavailable: // a page that fails again and again is asked less and less often
		explained = l.failed(path, a.sent-ll2LongestPause)
	case a.status >= 500:
		explained = l.failed(path, a.sent-ll2Pause)
	}
	l.count(fmt.Sprintf("%d %s", a.status, a.detail))
	if !explained {
		l.violation("failure without a reason", "%v: %.200s", a, a.body)
	}
}

// checkOutside checks what is passed through: it is never from the cache.
func (l *ll2Check) checkOutside(a *answer) {
	l.count("passed through")
	serial, _ := strconv.Atoi(a.header.Get(serialField))
	if x, ok := l.get(serial); a.status == http.StatusOK && a.method == http.MethodGet && ok && x.arrived < a.sent {
		l.violation("passed through from the cache", "%v: %s", a, a.body)
	}
}

// checkCaptive checks the page of a captive portal: it may be taken for the answer
// only where nothing tells that it is none, neither a table nor what is cached.
func (l *ll2Check) checkCaptive(a *answer, path string, tabled bool) {
	l.count("captive portal passed on")
	m := regexp.MustCompile(`serial=(\d+)`).FindSubmatch(a.body)
	if m == nil {
		return // not modified, or a part
	}
	serial, _ := strconv.Atoi(string(m[1]))
	x, _ := l.get(serial)
	good, before := l.lastGood(path, x.arrived)
	p, _ := l.marks(a.canonical(), x.arrived)
	if tabled || before && !good.endedBefore(p.done) && x.arrived-good.done < ll2TTL+ll2SIE {
		l.violation("captive portal", "%v: %s, after %+v", a, a.body, good)
	}
}

// outcome is how an answer came about, for the report.
func outcome(a *answer) string {
	how := "miss"
	switch {
	case a.collapsed:
		how = "collapsed"
	case a.hit && a.ttl < 0:
		how = "stale"
	case a.hit:
		how = "hit"
	}
	return fmt.Sprintf("%s %d %s", a.method, a.status, how)
}

// checkContent checks an answer that has, or stands for, the content of upstream.
func (l *ll2Check) checkContent(c *client, a *answer, list *collection, number int64, path, query string) {
	body, known := l.bodies.of(a, l.report)
	if !known {
		l.count("HEAD or part of what is not known")
		return
	}
	from, err := l.read(list, number, path, query, body)
	if err != nil {
		l.violation("wrong bytes", "%v: %v\n%s", a, err, body)
		return
	}
	l.count(outcome(a))
	ttl := ll2TTL
	if list != nil {
		ttl = list.ttl
	}
	p, _ := l.marks(a.canonical(), a.sent)
	for _, x := range from {
		l.checkPart(a, x, p)
	}
	if list != nil && number == 0 {
		l.checkTogether(a, pageQuery(query), from, ttl)
	}
	offset := pageQuery(query).offset
	l.checkFreshness(a, ttl, offset, from)
	if offset == 0 {
		l.checkOrder(c, a, list, number, from)
	}
}

func pageQuery(query string) page {
	values, _ := url.ParseQuery(query)
	return pageOf(values)
}

// checkPart checks what is from one exchange: that upstream said it within the answer's
// Age (and a second, by which it is rounded down), and that it was not purged.
func (l *ll2Check) checkPart(a *answer, x exchange, p purge) {
	slow := x.done - x.at // the proxy counts from when it had the answer
	if x.done == 0 {
		slow = a.headed - x.at
	}
	if x.at < a.sent-a.age()-time.Second-slow-scheduling || x.at > a.headed {
		l.violation("not within its Age", "%v: upstream said this at %v, %+v", a, x.at, x)
	}
	if x.endedBefore(p.begun - scheduling) { // what was not yet stored by then is as new as anything
		l.violation("purged", "%v: purged from %v to %v, but this is from %+v", a, p.begun, p.done, x)
	}
	if x.fault == malformed || x.fault == cutBody {
		l.violation("damaged", "%v: from %+v", a, x)
	}
}

// checkTogether checks that the parts of a page belong together, or that the answer
// says that they do not.
func (l *ll2Check) checkTogether(a *answer, p page, from []exchange, ttl time.Duration) {
	mixed := a.detail == "mixed-generations"
	for i := 1; i < len(from); i++ {
		x, y := from[i-1], from[i]
		apart := max(x.at-y.at, y.at-x.at)
		switch {
		case x.serial == y.serial:
		case !p.onBorder(p.offset + int64(i)):
			l.violation("cut within a window", "%v: element %d is from %+v, the one before from %+v", a, i, y, x)
		case mixed:
			l.count("pages that say they are mixed")
		case x.count != y.count, apart > ttl+(x.done-x.at)+(y.done-y.at)+scheduling:
			l.violation("mixed windows", "%v: element %d is from %+v, the one before from %+v", a, i, y, x)
		}
	}
}

// onBorder reports whether a window can begin at an offset: those of a list are half as
// wide for a while after one has failed.
func (p page) onBorder(offset int64) bool {
	width := int64(ll2Window)
	if p.mode == "detailed" {
		width = ll2Detailed
	}
	for ; width >= 10; width /= 2 {
		if offset%width == 0 {
			return true
		}
	}
	return false
}

// checkFreshness checks what Cache-Status says, and that the client's directives are
// heeded. A page that goes on with a walk may be past its freshness.
func (l *ll2Check) checkFreshness(a *answer, ttl time.Duration, offset int64, from []exchange) {
	plain := a.detail == "" || a.detail == "from-list" || a.detail == "new-generation"
	if len(from) > 0 {
		ttl += from[0].done - from[0].arrived + scheduling // Age counts from the request
	}
	switch {
	case a.hit && a.ttl < 0 && plain && offset > 0 && a.age() <= ttl+ll2SWR+time.Second:
		l.count("pages of walks past their freshness")
	case a.hit && a.ttl < 0 && plain, a.hit && a.ttl >= 0 && a.age() > ttl:
		l.violation("stale and does not say so", "%v", a)
	case a.age() > ttl+ll2SIE:
		l.violation("older than anything may be", "%v", a)
	}
	switch directive := a.request.header.Get("Cache-Control"); {
	case directive == "max-age=1" && plain && a.age() > time.Second:
		l.violation("older than the client wants", "%v", a)
	case directive == "only-if-cached" && a.forwarded:
		l.violation("asked upstream though the client forbade it", "%v", a)
	case directive == "no-cache" && plain:
		for _, x := range from {
			if x.endedBefore(a.sent - scheduling) {
				l.violation("not reloaded", "%v: %+v", a, x)
			}
		}
	}
}

// checkOrder checks that a client that asks for the same again is not given what is
// older than what it had: but for answers that say why, for objects after a purge of a
// page of their list, which may have had the newest, and for pages after a failure, by
// which their windows get another width. It is not for pages that may go on with a walk,
// which are of the state in which the walk began.
func (l *ll2Check) checkOrder(c *client, a *answer, list *collection, number int64, from []exchange) {
	if len(from) == 0 || strings.HasPrefix(a.detail, "stale") || a.detail == "mixed-generations" {
		return
	}
	oldest := slices.MinFunc(from, func(x, y exchange) int { return cmp.Compare(x.at, y.at) })
	key := a.canonical()
	before := c.seen[key]
	c.seen[key] = sight{oldest.at, a.headed}
	switch { // of two that were under way at the same time, the proxy goes by which came later
	case !oldest.endedBefore(before.at - scheduling):
	case list != nil && number > 0 && l.purgedList(list.path, before.when), list != nil && number == 0 && l.failed(list.path, before.at-ll2Pause):
		l.count("older than before, for a reason")
	default:
		l.violation("older than before", "%v: this is from %+v, the client had that of %v at %v", a, oldest, before.at, before.when)
	}
}

var serials = regexp.MustCompile(`"serial":(\d+)`)

// read returns the exchange that each element of a body is from, a document being one
// element. The error says in what the body is not what upstream has said.
func (u *ll2Check) read(c *collection, number int64, path, query string, body []byte) (from []exchange, err error) {
	for _, m := range serials.FindAllSubmatch(body, -1) {
		serial, _ := strconv.Atoi(string(m[1]))
		x, ok := u.get(serial)
		if !ok || x.at == 0 || x.subject != path && (c == nil || x.subject != c.path) {
			return nil, fmt.Errorf("serial number %d is that of %+v", serial, x)
		}
		from = append(from, x)
	}
	var want []byte
	switch p := pageQuery(query); {
	case c != nil && number == 0:
		var count int64
		if _, err := fmt.Sscanf(string(body[:min(len(body), 30)]), `{"count":%d,`, &count); err != nil || int(p.length(count)) != len(from) {
			return nil, fmt.Errorf("%d elements of a list of %d: %v", len(from), count, err)
		}
		want = c.appendPage(nil, u.base, p, count, func(i int) exchange { return from[i] })
	case len(from) != 1:
		return nil, errors.New("no serial number, or too many")
	case c != nil:
		want = c.appendElement(nil, u.base, number, "detailed", from[0])
	default:
		want = appendDocument(nil, path, from[0])
	}
	if !bytes.Equal(body, want) {
		return nil, fmt.Errorf("want %s", want)
	}
	return from, nil
}
