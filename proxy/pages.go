package proxy

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"perigee/cache"
	"perigee/proxy/collection"
	"perigee/proxy/fetch"
	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
	"perigee/proxy/quota"
	"perigee/proxy/render"
	"perigee/proxy/respond"
	"perigee/proxy/upstream"
)

// assembly brings together the windows that one page needs: it fetches those that
// are missing or too old, one after the other.
type assembly struct {
	*transport
	x   *exchange
	out *http.Request

	windows  collection.Windows
	fetched  [collection.MaxWindows]bool
	handling respond.Handling // of all fetches together
}

// run decides what to answer, if need be with the page fetched as it is.
func (a *assembly) run() decision {
	a.handling = respond.Handling{Outcome: respond.Collapsed, Fwd: a.x.fwd}
	if a.cannotAffordBoth() {
		return a.fetchWhole(a.x, a.out)
	}
	for i := 0; i < len(a.windows.Entries); i++ {
		if a.serves(a.windows.Entries[i]) {
			continue
		}
		if d, ok := a.fetchWindow(i); !ok {
			return d
		}
		a.windows.Fit(i)
	}
	return a.cut()
}

// serves reports whether a cached window will do for this client.
func (a *assembly) serves(e *cache.Entry) bool {
	if e == nil || a.x.fwd == respond.FwdRequest {
		return false
	}
	_, fwd, _ := reuse(e, &a.x.directives, a.x.rules)
	return fwd == respond.NotForwarded
}

// cannotAffordBoth reports whether two windows are missing and only one request
// is left to this client. The page itself costs but one.
func (a *assembly) cannotAffordBoth() bool {
	w := a.windows.Entries
	return len(w) == 2 && w[0] == nil && w[1] == nil && a.gate.View(a.x.client.ID, a.x.Start).Remaining == 1
}

// fetchWindow fetches window i. If ok is false, d is what to answer.
func (a *assembly) fetchWindow(i int) (d decision, ok bool) {
	res := &a.windows.Plan.Windows[i]
	req := fetch.Request{Waiter: a.x.waiter(a.patience)}
	if e := a.windows.Entries[i]; e != nil && a.x.fwd != respond.FwdRequest {
		req.NewerThan = e.Answered // which this client does not take
	}
	f := a.ask(a.x, a.out, res, req)
	a.note(f)
	switch {
	case a.out.Context().Err() != nil:
		return decision{err: a.out.Context().Err()}, false
	case f.good() && render.WindowOf(f.result.Entry) != nil:
		a.windows.Entries[i], a.fetched[i] = f.result.Entry, true
		return decision{}, true
	case f.good() && f.result.Entry.Status != http.StatusOK: // what upstream says to any page of this list
		return conclude(f, nil, a.x.fwd, a.x.Start), false
	case f.good(): // it is no list, or one that is not cut
		a.pages.reject(res, f.result.Entry)
		return a.fetchWhole(a.x, a.out), false
	case !a.mayBeTooWide(f):
		cached, selection := a.fallback()
		d := conclude(f, cached, a.x.fwd, a.x.Start)
		if d.handling.Outcome == respond.Hit || d.handling.Outcome == respond.Stale { // it is what is cached
			d.selection = selection
		}
		return d, false
	}
	if f.err == nil && f.result.Fault == fetch.FaultShape {
		a.pages.reject(res, f.result.Entry)
	}
	return a.fetchInstead(res, f), false
}

// mayBeTooWide reports whether a smaller page may work where a window failed. It
// cannot be had more cheaply where there is no quota, or no upstream.
func (a *assembly) mayBeTooWide(f fetched) bool {
	if f.throttled() {
		return false
	}
	if unavailable, ok := errors.AsType[*fetch.UnavailableError](f.err); ok {
		return !unavailable.Down() && unavailable.Reason != fetch.FaultRedirect
	}
	failure, ok := errors.AsType[*upstream.Error](f.err)
	return f.err == nil && f.result.Fault != fetch.FaultRedirect || ok && failure.Sent
}

// fetchInstead answers in place of a window that is no good, for the reason in f:
// with what is cached, else with the page itself. Widening must not make a request
// fail that would have worked.
func (a *assembly) fetchInstead(window *ll2.Resource, f fetched) decision {
	if cached, selection := a.fallback(); cached != nil && servable(cached, a.x.Start) {
		return decision{source: cached, handling: fallbackHandling(cached.Oldest(), f, a.x.Start), selection: selection}
	}
	d := a.fetchWhole(a.x, a.out)
	if d.source != nil && d.source.Entry().Status == http.StatusOK {
		a.pages.tooWide(window)
	}
	return d
}

// note adds what one fetch was to the handling of the whole.
func (a *assembly) note(f fetched) {
	if f.billed() {
		a.handling.Outcome = respond.Miss
	}
	if f.result != nil && f.result.Origin != fetch.FromCache {
		a.handling.FwdStatus, a.handling.Stored = f.result.Entry.Status, f.result.Stored
	}
}

// fallback is the page as far as it is cached, however stale, and the windows that it
// is cut from, if it is; nil if it is not cached.
func (a *assembly) fallback() (render.Source, *collection.Selection) {
	w := a.windows.Entries
	for _, e := range w {
		if e == nil || e.State(a.x.Start) == cache.Dead {
			if a.x.cached.whole == nil && a.x.cached.page != nil { // it was not looked for
				return a.finder.whole(a.x.resource, a.x.Start), nil
			}
			return a.x.cached.whole, nil
		}
	}
	s := a.x.walker().selectFrom(a.lists, a.windows.Plan, w, a.x.Start)
	if page, ok := render.NewPage(a.windows.Plan.Page, s.Entries); ok {
		return page, &s
	}
	return a.x.cached.whole, nil
}

// cut cuts the page, after windows that do not belong together were fetched anew,
// as far as the quota allows.
func (a *assembly) cut() decision {
	plan, walker, now := a.windows.Plan, a.x.walker(), a.x.Start
	s := walker.selectFrom(a.lists, plan, a.windows.Entries, now)
	for range collection.MaxWindows {
		if s.Renew < 0 || a.fetched[s.Renew] || !a.renew(s.Renew) {
			break
		}
		s = walker.selectFrom(a.lists, plan, a.windows.Entries, now)
	}
	page, ok := render.NewPage(plan.Page, s.Entries)
	if !ok {
		return a.fetchWhole(a.x, a.out)
	}
	if a.handling.FwdStatus == 0 { // others had fetched all of it meanwhile
		a.handling = respond.Handling{Outcome: respond.Hit, TTL: page.Oldest().FreshUntil.Sub(now)}
		if a.handling.TTL < 0 {
			a.handling.Outcome = respond.Stale
		}
	}
	return decision{source: page, handling: a.handling, selection: &s}
}

// renew fetches a window that is cached once more. It reports whether it got one.
func (a *assembly) renew(i int) bool {
	w := a.x.waiter(a.patience)
	w.Priority, w.Deadline = quota.Stale, a.x.Start.Add(stalePatience)
	f := a.ask(a.x, a.out, &a.windows.Plan.Windows[i], fetch.Request{Waiter: w, NewerThan: a.windows.Entries[i].Answered})
	a.note(f)
	if !f.good() || render.WindowOf(f.result.Entry) == nil {
		return false
	}
	a.windows.Entries[i], a.fetched[i] = f.result.Entry, true
	return true
}

// pageLog tells what becomes of pages that are cut.
type pageLog struct {
	lists    *collection.Collections
	observer Observer
	log      *slog.Logger
}

// answered notes that a client is given a page cut from a selection, and returns the
// detail that Cache-Status has for it: whether its parts belong together.
func (p *pageLog) answered(x *exchange, d decision) (detail string) {
	s := d.selection
	p.lists.Answered(x.plan, *s, x.client.ID, x.Start)
	p.observer.PageCut(len(s.Entries) > 1, s.Mixed)
	switch {
	case s.Mixed:
		return "mixed-generations"
	case s.Left && d.handling.Detail == "":
		return "new-generation"
	}
	return d.handling.Detail
}

// reject notes that an answer is not the window that was asked for.
func (p *pageLog) reject(window *ll2.Resource, e *cache.Entry) {
	b, most := render.Of(e), 0
	why := b.Rejection
	switch why {
	case body.NotRejected:
		why = body.RejectedShape
	case body.RejectedShort:
		most = len(b.Layout.Results)
	}
	p.observer.WindowRejected(string(why))
	if p.lists.Rejected(window, most, time.Now()) {
		p.log.Warn("an answer is not the wide page that was asked for: such lists are cut from narrower ones, or not at all, for a while",
			"key", window.Key, "reason", string(why))
	}
}

// tooWide notes that a page worked where its window did not.
func (p *pageLog) tooWide(window *ll2.Resource) {
	if p.lists.TooWide(window, time.Now()) {
		p.log.Warn("a wide page fails although a small one works: those of this list are narrower for a while", "key", window.Key)
	}
}
