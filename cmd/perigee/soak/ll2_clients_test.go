package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// ll2Clients are the clients of profile ll2. Each has an address of its own.
type ll2Clients struct {
	*ll2Check
	purge func(ctx context.Context, target string)
}

// act has a client do one thing.
func (l *ll2Clients) act(ctx context.Context, c *client) {
	switch n := c.rng.IntN(100); {
	case n < 45:
		l.ask(ctx, c, l.spell(c, l.anyPage(c)))
	case n < 55:
		l.walk(ctx, c)
	case n < 85:
		l.ask(ctx, c, c.vary(request{target: l.anyElement(c)}))
	case n < 96:
		l.ask(ctx, c, c.vary(request{target: pick(c, documents())}))
	case n < 98:
		l.ask(ctx, c, request{method: http.MethodGet, target: outside})
	default:
		target := l.anyElement(c)
		if c.chance(60) {
			target = pick(c, []string{l.anyPage(c), l.anyPage(c), pick(c, documents())})
		}
		l.purge(ctx, target)
		l.ask(ctx, c, c.vary(request{target: target}))
	}
}

// ask sends a request and has the answer checked.
func (l *ll2Clients) ask(ctx context.Context, c *client, q request) *answer {
	if q.header == nil {
		q.header = http.Header{}
	}
	q.header.Set("X-Forwarded-For", c.name)
	a := c.send(ctx, q)
	if ctx.Err() != nil {
		return a // the soak is over
	}
	l.check(c, a)
	if tag := a.header.Get("Etag"); tag != "" && a.status == http.StatusOK && a.method == http.MethodGet && !a.left && a.err == nil {
		c.tags[q.target] = tag
	}
	return a
}

// anyPage is a page of a list: mostly one of a few that many clients ask for.
func (l *ll2Clients) anyPage(c *client) string {
	list, query := pick(c, l.collections), url.Values{}
	if list.modes && c.chance(60) {
		query.Set("mode", pick(c, []string{"list", "detailed", "detailed"}))
	}
	if c.chance(80) {
		query.Set("limit", pick(c, []string{"3", "5", "20", "37", "50", "100"}))
	}
	switch {
	case c.chance(25):
		query.Set("offset", pick(c, []string{"5", "45", "50", "90"}))
	case c.chance(5):
		query.Set("offset", fmt.Sprint(1+c.rng.IntN(int(list.size)+20)))
	}
	if len(query) == 0 {
		return list.path
	}
	return list.path + "?" + query.Encode()
}

// anyElement is one of those that many clients ask for, or one that is about to come.
func (l *ll2Clients) anyElement(c *client) string {
	list := pick(c, l.collections)
	n := int64(1 + c.rng.IntN(8)*c.rng.IntN(8))
	if c.chance(60) {
		n = list.count(l.now()) + 2 - int64(c.rng.IntN(6))
	}
	return list.path + list.id(n) + "/"
}

// spell has a page be asked for in another spelling now and then.
func (l *ll2Clients) spell(c *client, target string) request {
	q := request{target: target}
	path, query, _ := strings.Cut(target, "?")
	if c.chance(20) {
		pairs := strings.Split(query, "&")
		pairs[0], pairs[len(pairs)-1] = pairs[len(pairs)-1], pairs[0]
		if q.target = strings.TrimSuffix(path, "/"); query != "" {
			q.target += "?" + strings.Join(pairs, "&")
		}
		q.same = target
	}
	return c.vary(q)
}

// walk goes through a list by its next links. Pages of one walk belong together, but
// for answers that say why they do not: of one count are lists of one state. After a
// failure a page may have been fetched as it is, of the state that the list has by then.
func (l *ll2Clients) walk(ctx context.Context, c *client) {
	list := pick(c, l.collections)
	target := fmt.Sprintf("%s?limit=%d", list.path, 5+c.rng.IntN(40))
	before, from := int64(-1), ""
	for range 8 {
		a := l.ask(ctx, c, request{method: http.MethodGet, target: target})
		var p struct {
			Count int64
			Next  *string
		}
		if a.status != http.StatusOK || json.Unmarshal(a.body, &p) != nil || p.Next == nil {
			return
		}
		switch {
		case before < 0 || p.Count == before || a.detail != "":
		case l.failed(list.path, a.sent-ll2Pause):
			l.count("walk torn after a failure")
		default:
			l.violation("torn walk", "%v: the list has %d elements, and had %d on the page before, %s", a, p.Count, before, from)
		}
		before, from = p.Count, a.String()
		if a.detail != "" && a.detail != "new-generation" && a.detail != "stale-while-revalidate" {
			before = -1 // it was not of a state that the walk could go on with
		}
		next, ok := strings.CutPrefix(*p.Next, c.base)
		if !ok {
			return // it was told of as wrong bytes
		}
		target = next
	}
}

// pick returns one of several.
func pick[T any](c *client, of []T) T { return of[c.rng.IntN(len(of))] }
