package proxy

import (
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/clients"
	"perigee/proxy/collection"
	"perigee/proxy/ll2"
	"perigee/proxy/quota"
	"perigee/proxy/render"
	"perigee/proxy/respond"
)

// exchange is one request under way, with what each stage found out. It belongs to
// the goroutine of its request.
type exchange struct {
	respond.Exchange
	client     clients.Client // by identify
	question                  // by resolve
	directives rfc9111.RequestDirectives
	// Of what is forwarded: what look-up found, why decide has upstream asked, and by
	// which rules.
	cached *cached
	fwd    respond.Fwd
	rules  rules
}

// walker is the client as one that may be walking through the list.
func (x *exchange) walker() walker { return walker{x.client.ID, &x.directives} }

// walker is given the versions of windows that it began with.
type walker struct {
	client     string
	directives *rfc9111.RequestDirectives
}

// selectFrom picks versions of windows as collection.Collections.Select does. Who insists
// on newer ones is given the newest, whether they belong together or not.
func (w walker) selectFrom(lists *collection.Collections, p *collection.Plan, newest []*cache.Entry, now time.Time) collection.Selection {
	s := lists.Select(p, newest, w.client, now)
	if w.takes(s, newest, now) {
		return s
	}
	if s = lists.Select(p, newest, "", now); w.takes(s, newest, now) {
		return s
	}
	return collection.Selection{Entries: newest, Choice: collection.Choice{Renew: s.Renew, Mixed: true}}
}

// takes reports whether versions of windows are new enough for this client, as far as
// there are newer ones.
func (w walker) takes(s collection.Selection, newest []*cache.Entry, now time.Time) bool {
	if !w.directives.Insist() {
		return true
	}
	for i, e := range s.Entries {
		if e != newest[i] && w.directives.Reuse(e, rfc9111.ReuseRules{}, now) < rfc9111.ServeFresh {
			return false
		}
	}
	return true
}

// question is what a request asks for. All of it is shared and read-only.
type question struct {
	resource *ll2.Resource    // nil until resolved
	plan     *collection.Plan // from which windows the page is cut; nil: the resource itself is fetched
	moved    bool             // its time bounds were moved to the beginning of the freshness interval
}

// key is that of the resource, empty if there is none.
func (q *question) key() string {
	if q.resource == nil {
		return ""
	}
	return q.resource.Key
}

// rendering is what a rendering for this request depends on.
func (x *exchange) rendering() render.Request {
	return render.Request{Resource: x.resource, Query: x.Request.URL.RawQuery, Base: x.client.Base}
}

// stalePatience is how long a client waits for a slot of the quota to whom
// something stale can be given. It is enough for the report of what others spent,
// which is asked for after a quiet time.
const stalePatience = 3 * time.Second

// waiter says who waits for what x fetches, how urgently, and for how long.
func (x *exchange) waiter(patience time.Duration) quota.Waiter {
	w := quota.Waiter{
		Client: x.client.ID, Priority: quota.Waiting,
		Deadline: x.Start.Add(min(patience, preferredWait(x.Request.Header))),
	}
	if x.fwd != respond.FwdURIMiss {
		w.Priority, w.Deadline = quota.Stale, x.Start.Add(stalePatience)
	}
	return w
}
