package plain

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
)

// send carries a request out, and stores what came back before anyone sees it.
func (f *fetcher) send(a *ask) (*landing, error) {
	defer a.leave()
	// Look again. A client may look up (1) before another's flight stores (2) and
	// join (3) after that flight has landed: without this look it would ask again.
	if a.again {
		if e, _ := f.handler.shelf.find(a.target, a.client); e != nil && e != a.held && e.State(time.Now()) == cache.Fresh {
			a.cancel(nil)
			return &landing{entry: e, request: a.client}, nil
		}
	}
	timer := time.AfterFunc(f.timeout, func() { a.cancel(context.DeadlineExceeded) })
	resp, err := f.exchange(a)
	if err != nil {
		timer.Stop()
		a.cancel(nil)
		f.pauses.fail(a.target, time.Now())
		return nil, err
	}
	land, err := f.receive(a, resp)
	// A response that is handed on may take as long as it likes, and ends with
	// the one who takes it; all others have been read.
	timer.Stop()
	if err != nil || land.resp == nil {
		a.cancel(nil)
		return land, err
	}
	land.resp.Body = &ending{ReadCloser: land.resp.Body, end: func() { a.cancel(nil) }}
	a.offer(land.resp)
	land.resp = nil
	return land, nil
}

// exchange sends the request. If one of several variants was to be confirmed and
// the answer does not say which, it asks once more, for the whole.
func (f *fetcher) exchange(a *ask) (*http.Response, error) {
	resp, err := f.once(a)
	if err != nil || resp.StatusCode != http.StatusNotModified || len(a.nominees) == 0 {
		return resp, err
	}
	if a.held = a.elect(resp.Header); a.held != nil {
		return resp, nil
	}
	resp.Body.Close()
	delete(a.out.Header, "If-None-Match")
	a.nominees = nil
	return f.once(a)
}

func (f *fetcher) once(a *ask) (*http.Response, error) {
	a.told.Asked = time.Now()
	resp, err := f.handler.transport.RoundTrip(a.out)
	a.told.Answered = time.Now()
	status := 0
	if err == nil {
		status = resp.StatusCode
		stampDate(resp.Header, a.told.Answered)
		a.told.Status, a.told.Response = status, resp.Header
	}
	f.handler.observer.UpstreamAnswered(endpoint, status, a.told.Answered.Sub(a.told.Asked))
	if status == http.StatusNotModified && a.out.Header["If-None-Match"] == nil && a.out.Header["If-Modified-Since"] == nil {
		resp.Body.Close() // it confirms nothing, and whoever got it would have nothing
		return nil, errUnasked
	}
	if cause := context.Cause(a.out.Context()); err != nil && cause != nil {
		return nil, fmt.Errorf("fetch: %w", cause)
	}
	return resp, err
}

// errUnasked is what becomes of a 304 that no condition asked for.
var errUnasked = errors.New("fetch: 304 to a request without conditions")

// receive judges a response, and reads it if it may be kept.
func (f *fetcher) receive(a *ask, resp *http.Response) (*landing, error) {
	land := &landing{request: a.client, status: resp.StatusCode, asked: true}
	if land.reason = failure(resp.StatusCode); land.reason != "" {
		land.failed = true
		f.pauses.note(a.target, a.client, resp, a.told.Answered)
	} else {
		f.pauses.clear(a.target)
	}
	if resp.StatusCode == http.StatusNotModified && a.held != nil {
		resp.Body.Close()
		f.confirm(a, land)
		return land, nil
	}
	j := f.handler.rules.Decide(&a.told)
	land.why = j.Reason
	switch {
	case land.failed && a.held != nil && (&rfc9111.RequestDirectives{}).ReuseOnError(a.held, a.traits, a.told.Answered):
		land.why = "worse"
	case resp.StatusCode == http.StatusPartialContent:
		return f.receivePart(a, land, resp, &j)
	case j.Store && f.takes(resp):
		return f.keep(a, land, resp, &j)
	case j.Store:
		land.why = "too-large"
	case !land.failed && a.held != nil:
		f.handler.shelf.drop(a.held) // it is not what upstream says any more
	}
	f.loners.add(a.target, a.told.Answered)
	land.resp = resp
	return land, nil
}

// keep reads a response whole and stores it.
func (f *fetcher) keep(a *ask, land *landing, resp *http.Response, j *rfc9111.StoreDecision) (*landing, error) {
	body, whole, err := f.read(resp)
	switch {
	case err != nil:
		f.pauses.fail(a.target, time.Now())
		if cause := context.Cause(a.out.Context()); cause != nil {
			err = cause
		}
		return nil, fmt.Errorf("fetch: %w", err)
	case !whole:
		land.why, land.resp = "too-large", resp
		f.loners.add(a.target, a.told.Answered)
		return land, nil
	}
	land.entry = entryOf(&a.told, j, body)
	land.personal = personal(&a.told, j)
	f.shelve(a, land)
	return land, nil
}

// shelve stores the entry, and notes whether others can share such answers.
func (f *fetcher) shelve(a *ask, land *landing) {
	land.stored = f.handler.shelf.put(a.tenure, a.client, land.entry)
	if land.entry.State(a.told.Answered) == cache.Fresh {
		f.loners.remove(a.target)
	} else {
		f.loners.add(a.target, a.told.Answered)
	}
}

// confirm puts what is held and a 304 together (RFC 9111, section 4.3.4).
func (f *fetcher) confirm(a *ask, land *landing) {
	e, j := f.handler.freshen(a.held, &a.told)
	land.entry, land.validated, land.why = e, true, j.Reason
	if !j.Store {
		f.handler.shelf.drop(a.held)
		return
	}
	f.shelve(a, land)
}

// freshen returns the stored answer with the news that told brings.
func (h *Handler) freshen(held *cache.Entry, told *rfc9111.Exchange) (*cache.Entry, rfc9111.StoreDecision) {
	merged := *told
	merged.Method, merged.Status = http.MethodGet, held.Status
	merged.Response = rfc9111.Freshen(held.Header, told.Response, nil)
	if age := told.Response["Age"]; age != nil {
		merged.Response["Age"] = age
	}
	j := h.rules.Decide(&merged)
	return entryOf(&merged, &j, held.Body), j
}

// entryOf makes the entry of an answer.
func entryOf(told *rfc9111.Exchange, j *rfc9111.StoreDecision, body []byte) *cache.Entry {
	return &cache.Entry{
		Status: told.Status, Header: rfc9111.Storable(told.Response, j.Omit), Body: body,
		Asked: told.Asked, Answered: told.Answered, Age: j.Age, Date: j.Date,
		FreshUntil: j.FreshUntil, StaleWhileRevalidateUntil: j.StaleWhileRevalidateUntil,
		StaleIfErrorUntil: j.StaleIfErrorUntil, Digest: sha256.Sum256(body), Derived: j.ReuseRules,
	}
}

// traits are those of a stored answer. They are read again where the tier has
// forgotten them.
func (h *Handler) traits(e *cache.Entry) rfc9111.ReuseRules {
	if t, ok := e.Derived.(rfc9111.ReuseRules); ok {
		return t
	}
	return h.rules.ReuseRules(e.Header)
}

// personal returns the fields that only the one who caused the fetch gets.
func personal(told *rfc9111.Exchange, j *rfc9111.StoreDecision) http.Header {
	fields := make(http.Header, len(j.Omit))
	for _, name := range j.Omit {
		if values := told.Response[name]; values != nil {
			fields[name] = values
		}
	}
	return fields
}

// failure names what is wrong with a status, if it is one that a stale answer is
// better than: those of RFC 5861, section 4, and being throttled.
func failure(status int) string {
	switch status {
	case http.StatusTooManyRequests:
		return "throttled"
	case http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return "upstream-status"
	}
	return ""
}

// stampDate gives a response without a date the time it came (RFC 9110, section
// 6.6.1): its age counts from there.
func stampDate(h http.Header, now time.Time) {
	if _, ok := rfc9111.ParseHTTPDate(h.Get("Date"), now); !ok {
		h["Date"] = []string{now.UTC().Format(http.TimeFormat)}
	}
}
