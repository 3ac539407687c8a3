package proxy

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"perigee/cache"
	"perigee/proxy/ll2"
)

// ErrTarget is returned, wrapped, for what cannot be the target of a request.
var ErrTarget = errors.New("not a path, with or without a query, that can be asked for")

// Purge forgets all that could answer a request for target: the page itself as JSON,
// indented or not, and as HTML, the windows that it is cut from, and where in a list
// an object stands. Whoever asks for it next has upstream asked. What a fetch brings
// that is under way is as new as anything, and stays.
//
// It returns what was cached here. The error is ErrTarget, or the first of the store:
// after that, something may come back, and Purge has to be called again. It spends
// nothing.
func (h *Handler) Purge(target string) (purged []*cache.Entry, err error) {
	keys, err := h.keysFor(target)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if e, ok := h.store.Get(key); ok {
			purged = append(purged, e)
		}
		h.Forget(key)
		if fault := h.store.Delete(key); err == nil { // what ails it ails it for all
			err = fault
		}
	}
	return purged, err
}

// Forget forgets what is known of an entry beside the store, which has lost it.
// Another replica may have purged it.
func (h *Handler) Forget(key string) { h.lists.Forget(key) }

// keysFor returns the keys under which a request for target is looked for.
func (h *Handler) keysFor(target string) (keys []string, err error) {
	for _, accept := range representations() {
		q, err := h.purging(target, accept)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrTarget, err)
		}
		if !isUnacceptable(q.resource) {
			keys = append(keys, h.lookedFor(q)...)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// representations are the values of Accept that have the framework choose each of
// the forms in which it writes an answer.
func representations() []string {
	all := []string{"*/*", "text/html"}
	for indent := 1; indent <= ll2.MaxIndent; indent++ {
		all = append(all, "application/json; indent="+strconv.Itoa(indent))
	}
	return all
}

// purging resolves a request for target, from nobody.
func (h *Handler) purging(target, accept string) (question, error) {
	u, err := url.ParseRequestURI(target)
	if err != nil || !strings.HasPrefix(target, "/") {
		return question{}, errors.New("it does not begin with a slash, or is not escaped as a URL is")
	}
	r := &http.Request{
		Method: http.MethodGet, URL: u, RequestURI: target, Host: "localhost",
		Header: http.Header{"Accept": {accept}},
	}
	if p := admit(r, true); p != nil {
		return question{}, p
	}
	return h.resolver.resolve(r, time.Now())
}

// lookedFor returns the keys under which what answers a question is looked for.
func (h *Handler) lookedFor(q question) []string {
	keys := []string{q.resource.Key}
	for _, plan := range append(q.plan.Narrower(q.resource), q.plan, h.lists.Plan(q.resource, q.plan, time.Now())) {
		if plan == nil {
			continue
		}
		for i := range plan.Windows {
			keys = append(keys, plan.Windows[i].Key)
		}
		if beyond := h.lists.LookUp(plan).Beyond; beyond != nil {
			keys = append(keys, beyond.Key)
		}
	}
	return keys
}
